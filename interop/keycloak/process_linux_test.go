package keycloak

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const orphanMaker = "FINSDK_TEST_ORPHAN_MAKER"

// TestMain lets the test binary play a test process that is killed while its server runs.
func TestMain(m *testing.M) {
	if os.Getenv(orphanMaker) != "" {
		p, err := launch(exec.Command("sleep", "300"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(p.cmd.Process.Pid)
		select {}
	}
	os.Exit(m.Run())
}

func TestServerDiesWithItsTestProcess(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), orphanMaker+"=1")
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if !alive(child) {
		t.Fatal("the child is gone before its parent")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	parent.Wait() // says that it was killed
	for deadline := time.Now().Add(10 * time.Second); alive(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the child outlived its parent")
		}
	}
}

// alive reports whether a process runs; a zombie that nobody waits for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func TestEnd(t *testing.T) {
	p, err := launch(exec.Command("sleep", "300"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if alive(p.cmd.Process.Pid) {
		t.Error("still there")
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("ending it again: %v", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var kept tail
	for i := range 10_000 {
		fmt.Fprintf(&kept, "line %d of many\n", i)
	}
	if got := kept.String(); len(got) != tailSize || !strings.HasSuffix(got, "line 9999 of many\n") {
		t.Errorf("kept %d bytes, ending in %q", len(got), got[len(got)-20:])
	}
}
