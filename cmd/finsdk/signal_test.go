//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary run as the command, for tests that need a separate process.
func TestMain(m *testing.M) {
	if os.Getenv("FINSDK_TEST_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSandboxStopsWithoutAnErrorWhenAskedTo(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "sandbox", "-addr", "127.0.0.1:0")
			cmd.Env = append(os.Environ(), "FINSDK_TEST_MAIN=1")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			last, asked := "", false
			for lines.Scan() {
				if last = lines.Text(); !asked && strings.HasPrefix(last, "The four vendors are at") {
					asked = true
					if err := cmd.Process.Signal(signal); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := cmd.Wait(); err != nil || last != "Stopped." {
				t.Errorf("it ends with %v, saying %q", err, last)
			}
		})
	}
}
