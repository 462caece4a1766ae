package repo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fuzzingGo replaces the go command. It lists one target, FuzzField, and ends its run with $OUTPUT
// and $STATUS.
const fuzzingGo = `#!/bin/sh
case "$*" in
*-list*) printf 'FuzzField\nok\texample.com/module\t0.1s\n' ;;
*) printf %s "$OUTPUT"; exit "$STATUS" ;;
esac
`

func TestFuzzingFailsOnFindingsAndNotOnTheEndOfItsTime(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is missing, which tools/fuzz.sh needs: every Unix has it, and Git for Windows brings it")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(fuzzingGo), 0o700); err != nil {
		t.Fatal(err)
	}
	const (
		progress = "fuzz: elapsed: 5s, execs: 6697 (3089/sec), new interesting: 12 (total: 276)\n"
		deadline = "--- FAIL: FuzzField (5.16s)\n    context deadline exceeded\n"
		end      = "FAIL\nexit status 1\nFAIL\texample.com/module\t5.188s\n"
		finding  = "--- FAIL: FuzzField (0.10s)\n    --- FAIL: FuzzField (0.00s)\n        field_test.go:7: context deadline exceeded\n"
		written  = "    \n    Failing input written to testdata/fuzz/FuzzField/771e938e4458e983\n"
	)
	for _, tt := range []struct {
		name, output, status string
		fails                bool
	}{
		{"nothing found", progress + "PASS\nok  \texample.com/module\t5.1s\n", "0", false},
		{"the end of the time told as an error", progress + deadline + end, "1", false},
		{"an input found", progress + finding + written + end, "1", true},
		{"an input found as the time ended", progress + deadline + written + end, "1", true},
		{"a failure before the end of the time", progress + finding + deadline + end, "1", true},
		{"a worker that died", progress + "--- FAIL: FuzzField (3.00s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\n" + end, "1", true},
		{"code that does not compile", "# example.com/module\n./field.go:3:1: syntax error\nFAIL\texample.com/module [build failed]\n", "1", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command("sh", filepath.Join(root, "tools", "fuzz.sh"), "5s")
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "OUTPUT="+tt.output, "STATUS="+tt.status)
			out, err := cmd.CombinedOutput()
			if fails := err != nil; fails != tt.fails || !strings.Contains(string(out), tt.output) {
				t.Errorf("fails: %v, want %v, and all of the run's output to be shown:\n%s", fails, tt.fails, out)
			}
		})
	}
}
