package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{args: "", code: 2, stderr: "usage: finsdk COMMAND"},
		{args: "help", stdout: "usage: finsdk COMMAND"},
		{args: "--help", stdout: "usage: finsdk COMMAND"},
		{args: "version", stdout: "finsdk "},
		{args: "--version", stdout: "finsdk "},
		{args: "version now", code: 2, stderr: `takes no arguments but flags: ["now"]`},
		{args: "demo -h", stderr: "Usage of demo"},
		{args: "demo -fast", code: 2, stderr: "flag provided but not defined: -fast"},
		{args: "demo twice", code: 2, stderr: `takes no arguments but flags: ["twice"]`},
		{args: "sandbox -h", stderr: "-addr"},
		{args: "sandbox -addr nonsense", code: 1, stderr: "nonsense"},
		{args: "sandbox -addr 127.0.0.1:0 -lifetime -1s", code: 1, stderr: "negative"},
		{args: "nonsense", code: 2, stderr: `there is no command "nonsense"`},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			err := run(context.Background(), strings.Fields(c.args), &stdout, &stderr)
			if code := exitCode(err, &stderr); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(stdout.String(), c.stdout) || (c.stdout == "" && stdout.Len() > 0) {
				t.Errorf("stdout is %q, want %q in it", stdout.String(), c.stdout)
			}
			if !strings.Contains(stderr.String(), c.stderr) || (c.stderr == "" && stderr.Len() > 0) {
				t.Errorf("stderr is %q, want %q in it", stderr.String(), c.stderr)
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	for err, want := range map[error]int{nil: 0, flag.ErrHelp: 0, errUsage: 2, errors.New("some step failed"): 1} {
		if got := exitCode(err, new(bytes.Buffer)); got != want {
			t.Errorf("exit code %d for %v, want %d", got, err, want)
		}
	}
}
