//go:build linux

package fleet

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(setupVariable); config != "" {
		if err := replicaMain(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// process is a replica.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// launch starts n replicas, and returns when all of them are ready.
func launch(t *testing.T, n int, s setup) []*process {
	t.Helper()
	setups := make([]setup, n)
	for i := range setups {
		setups[i] = s
	}
	return launchEach(t, setups...)
}

func launchEach(t *testing.T, setups ...setup) []*process {
	t.Helper()
	fleet := make([]*process, len(setups))
	for i, s := range setups {
		config, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), setupVariable+"="+string(config), "GOMAXPROCS=2", "GOCOVERDIR="+t.TempDir(),
			"GORACE=atexit_sleep_ms=10") // instead of a second
		cmd.SysProcAttr = redistest.DieWithParent()
		var stderr strings.Builder
		cmd.Stderr = &stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p := &process{t: t, cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}
		fleet[i] = p
		t.Cleanup(func() {
			_ = in.Close()
			p.signal(syscall.SIGCONT)
			end := time.AfterFunc(10*time.Second, func() { p.signal(syscall.SIGKILL) })
			defer end.Stop()
			if err := cmd.Wait(); err != nil && stderr.Len() > 0 {
				t.Errorf("a replica failed: %v\n%s", err, stderr.String())
			}
		})
	}
	for _, p := range fleet {
		p.answer()
	}
	return fleet
}

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// send gives the replica a command, and does not wait for the result.
func (p *process) send(c command) {
	p.t.Helper()
	if err := json.NewEncoder(p.in).Encode(c); err != nil {
		p.t.Errorf("send: %v", err)
	}
}

// answer waits for the result of the command that was sent.
func (p *process) answer() result {
	p.t.Helper()
	var r result
	if err := p.out.Decode(&r); err != nil {
		p.t.Errorf("a replica ended: %v", err)
	}
	return r
}

// stopped waits until the replica has stopped itself.
func (p *process) stopped() {
	p.t.Helper()
	redistest.Eventually(p.t, "the replica stopped itself", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			p.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(rest, "T")
	})
}

// all gives each replica the command at the same time, and merges the results.
func all(fleet []*process, c command) result {
	for _, p := range fleet {
		p.send(c)
	}
	return gather(fleet)
}

// gather waits for the results of all replicas, and merges them.
func gather(fleet []*process) result {
	sum := result{Tokens: map[string]int{}, Errors: map[string]int{}}
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	events := map[string]bool{}
	for _, p := range fleet {
		wg.Go(func() {
			r := p.answer()
			mu.Lock()
			defer mu.Unlock()
			for token, n := range r.Tokens {
				sum.Tokens[token] += n
			}
			for text, n := range r.Errors {
				sum.Errors[text] += n
			}
			for _, e := range r.Events {
				events[e] = true
			}
			sum.Early += r.Early
			sum.Slowest = max(sum.Slowest, r.Slowest)
			if r.Left > 0 && (sum.Left == 0 || r.Left < sum.Left) {
				sum.Left = r.Left
			}
		})
	}
	wg.Wait()
	sum.Events = slices.Sorted(maps.Keys(events))
	return sum
}

func (r result) served() (n int) {
	for _, times := range r.Tokens {
		n += times
	}
	return n
}

func (r result) failed() (n int) {
	for _, times := range r.Errors {
		n += times
	}
	return n
}
