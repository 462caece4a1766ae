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
		{args: "help help", stdout: "usage: finsdk COMMAND"},
		{args: "help sandbox", stdout: "usage: finsdk sandbox"},
		{args: "help nonsense", code: 2, stderr: `there is no command "nonsense"`},
		{args: "version", stdout: "finsdk "},
		{args: "--version", stdout: "finsdk "},
		{args: "version -h", stdout: "usage: finsdk version"},
		{args: "version now", code: 2, stderr: `takes no arguments but flags: ["now"]`},
		{args: "demo -h", stdout: "usage: finsdk demo"},
		{args: "demo -fast", code: 2, stderr: "finsdk demo: flag provided but not defined: -fast\nfinsdk demo -h lists its flags.\n"},
		{args: "demo twice", code: 2, stderr: `takes no arguments but flags: ["twice"]`},
		{args: "sandbox -h", stdout: "-addr host:port"},
		{args: "sandbox -print-config", stdout: `"sti-client"`},
		{args: "sandbox -adr :0", code: 2, stderr: "finsdk sandbox: flag provided but not defined: -adr\nfinsdk sandbox -h lists its flags.\n"},
		{args: "sandbox -addr nonsense", code: 2, stderr: "-addr nonsense is no host:port"},
		{args: "sandbox -addr 127.0.0.1:99999", code: 1, stderr: "invalid port"},
		{args: "sandbox -lifetime soon", code: 2, stderr: `invalid value "soon" for flag -lifetime`},
		{args: "sandbox -addr 127.0.0.1:0 -lifetime -1s", code: 2, stderr: "-lifetime -1s is negative"},
		{args: "sandbox -addr 127.0.0.1:0 -host https://x", code: 2, stderr: `"https://x" is neither a host name nor an IP address`},
		{args: "sandbox -addr 127.0.0.1:0 -tls-cert x", code: 2, stderr: "-tls-cert and -tls-key go together"},
		{args: "sandbox -addr 127.0.0.1:0 -tls-cert x -tls-key y -cert z", code: 2, stderr: "with -tls-cert none is made"},
		{args: "sandbox -addr 127.0.0.1:0 -tls-cert x -tls-key y", code: 1, stderr: "finsdk: open x"},
		{args: "sandbox -addr 127.0.0.1:0 -tls -cert /nowhere/at/all.pem", code: 1, stderr: "-cert names another file: open /nowhere/at/all.pem"},
		{args: "sandbox -addr 127.0.0.1:0 -config nothing.json", code: 1, stderr: "open nothing.json"},
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
