// Command finsdk shows what finsdk-go does, and runs the four vendors' sandbox by hand.
//
//	finsdk demo       a tour: tokens, calls, renewals and refused mistakes, for all four vendors
//	finsdk sandbox    the four vendors on one port of this machine, to develop against
//	finsdk version    the versions of this command and of Go
//
// The exit status is 0 after success or when it was asked to stop, 1 after a failure, and 2 for a
// wrong command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `finsdk shows what finsdk-go does, and runs the four vendors' sandbox by hand.

usage: finsdk COMMAND [FLAGS]

  demo       a tour: tokens, calls, renewals and refused mistakes, for all four vendors
  sandbox    the four vendors on one port of this machine, to develop against
  version    the versions of this command and of Go

finsdk COMMAND -h lists the command's flags.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(exitCode(err, os.Stderr))
}

// errUsage means a wrong command line, which has been explained already.
var errUsage = errors.New("wrong usage")

func exitCode(err error, stderr io.Writer) int {
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(stderr, "finsdk: %v\n", err)
	return 1
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return errUsage
	}
	switch name, rest := args[0], args[1:]; name {
	case "demo":
		return runDemo(ctx, rest, stdout, stderr)
	case "sandbox":
		return runSandbox(ctx, rest, stdout, stderr)
	case "version", "-version", "--version":
		return runVersion(rest, stdout, stderr)
	case "help", "-h", "-help", "--help":
		// "help" may stand alone or before a command. There is no help on "help" itself.
		if len(rest) == 1 && rest[0] != "help" {
			return run(ctx, []string{rest[0], "-h"}, stdout, stderr)
		}
		fmt.Fprint(stdout, usage)
		return nil
	default:
		fmt.Fprintf(stderr, "finsdk: there is no command %q\n\n%s", name, usage)
		return errUsage
	}
}

// parse parses a command's flags and allows no further arguments. Help prints about, then the
// flags.
func parse(flags *flag.FlagSet, about string, args []string, stdout, stderr io.Writer) error {
	// Package flag would print its message and then the whole list of flags, which hides the
	// message.
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, about)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
		return misused(flags, stderr, "%v", err)
	case flags.NArg() > 0:
		return misused(flags, stderr, "it takes no arguments but flags: %q", flags.Args())
	}
	return nil
}

// misused explains what is wrong with a command line.
func misused(flags *flag.FlagSet, stderr io.Writer, format string, args ...any) error {
	fmt.Fprintf(stderr, "finsdk %s: %s\nfinsdk %[1]s -h lists its flags.\n", flags.Name(), fmt.Sprintf(format, args...))
	return errUsage
}
