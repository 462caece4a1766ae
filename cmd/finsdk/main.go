// Command finsdk shows what finsdk-go does, and runs the four vendors' sandbox by hand.
//
//	finsdk demo       a tour: tokens, calls, renewals and refused mistakes, for all four vendors
//	finsdk sandbox    the four vendors on one port of this machine, to develop against
//	finsdk version    the versions of this command and of Go
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

// errUsage is a wrong command line that has been explained already.
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
		fmt.Fprint(stdout, usage)
		return nil
	default:
		fmt.Fprintf(stderr, "finsdk: there is no command %q\n\n%s", name, usage)
		return errUsage
	}
}

// parse reads a command's flags, of which none may be left over.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "finsdk %s takes no arguments but flags: %q\n", flags.Name(), flags.Args())
		return errUsage
	}
	return nil
}
