package fleet

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/filestore"
)

// replicaMark in the environment makes a process one replica of a real fleet.
const replicaMark = "FINSDK_BENCH_REPLICA"

// order is what a replica's process is started for.
type order struct {
	Scenario Scenario
	Index    int
	URL      string
	Store    string // as for Real
	Callers  int    // so many goroutines make one call each, at once; 0: the scenario
}

// report is what a replica's process says at its end.
type report struct {
	Calls, Failed int
	Longest       time.Duration
}

// Real lets the scenario happen with a process for each replica, by this machine's clock, over a
// socket. store is "", "file:DIR" or "redis:ADDRESS/PREFIX".
func Real(s Scenario, store string) (Result, error) {
	f := &fleet{Scenario: s}
	vendor := httptest.NewServer(f)
	defer vendor.Close()
	_, err := f.spawn(vendor.URL, store, 0)
	return f.end(time.Since(f.start)), err
}

// A Wave is what came of processes that started together.
type Wave struct {
	Requests int           // to the vendor
	Last     time.Duration // until the last caller was served
}

// Waves starts processes with so many callers each, which all want a token at the same moment, and
// then others, which find what the first left in the store.
func Waves(processes, callers int, store string, latency time.Duration) (cold, warm Wave, err error) {
	s := usual(processes)
	s.Latency, s.Limit, s.Store = latency, 1_000_000, store != ""
	f := &fleet{Scenario: s}
	vendor := httptest.NewServer(f)
	defer vendor.Close()
	for _, w := range []*Wave{&cold, &warm} {
		before := f.result.Requests
		if w.Last, err = f.spawn(vendor.URL, store, callers); err != nil {
			return cold, warm, err
		}
		r := f.end(0)
		w.Requests = r.Requests - before
		if r.Failed > 0 {
			return cold, warm, fmt.Errorf("%d calls failed", r.Failed)
		}
	}
	return cold, warm, nil
}

// spawn starts a process for each replica, and returns when all have ended.
func (f *fleet) spawn(url, store string, callers int) (last time.Duration, err error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	replicas := make([]*replica, f.Replicas)
	defer func() {
		for _, r := range replicas {
			if r != nil {
				_ = r.cmd.Process.Kill()
				_ = r.cmd.Wait()
			}
		}
	}()
	for i := range replicas {
		if replicas[i], err = startReplica(program, order{f.Scenario, i, url, store, callers}); err != nil {
			return 0, err
		}
	}
	for _, r := range replicas {
		if line, err := r.out.ReadString('\n'); err != nil || line != "ready\n" {
			return 0, fmt.Errorf("a replica said %q, %v", line, err)
		}
	}
	f.begin()
	for _, r := range replicas {
		if _, err := io.WriteString(r.in, "go\n"); err != nil {
			return 0, err
		}
	}
	for _, r := range replicas {
		var said report
		if err := json.NewDecoder(r.out).Decode(&said); err != nil {
			return 0, err
		}
		f.mu.Lock()
		f.result.Calls += said.Calls
		f.result.Failed += said.Failed
		f.mu.Unlock()
		last = max(last, said.Longest)
	}
	for _, r := range replicas {
		if err := r.cmd.Wait(); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// replica is the process of one.
type replica struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startReplica(program string, o order) (*replica, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), replicaMark+"="+string(text), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &replica{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

// beReplica does what the process was started for.
func beReplica(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	f := &fleet{Scenario: o.Scenario, url: o.URL, base: &http.Transport{DisableKeepAlives: true}}
	if o.Store != "" {
		store, err := openStore(o.Store)
		if err != nil {
			return err
		}
		f.store = store
	}
	source := f.source()
	fmt.Println("ready")
	if _, err := fmt.Scanln(new(string)); err != nil {
		return err
	}
	f.begin()
	var longest time.Duration
	if o.Callers == 0 {
		f.replica(o.Index)
	} else {
		var done sync.WaitGroup
		for range o.Callers {
			done.Go(func() { f.call(source) })
		}
		done.Wait()
		longest = f.since()
	}
	if err := json.NewEncoder(os.Stdout).Encode(report{f.result.Calls, f.result.Failed, longest}); err != nil {
		return err
	}
	// A service lives on, and saves its token.
	time.Sleep(time.Second)
	return nil
}

func openStore(name string) (auth.Store, error) {
	kind, where, _ := strings.Cut(name, ":")
	switch kind {
	case "file":
		return filestore.New(where), nil
	case "redis":
		return openRedis(where)
	}
	return nil, errors.New("no such store: " + name)
}
