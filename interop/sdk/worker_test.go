package sdk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/filestore"
	"github.com/finsdk/finsdk-go/finapi"
)

// workerEnv makes the test binary a worker: one of several processes of a service that share a
// filestore.
const workerEnv = "FINSDK_INTEROP_WORKER"

// A job says how many goroutines of a worker ask for tokens, and for how long.
type job struct {
	AuthURL, Mandator, Username, Password string
	Store                                 string
	Goroutines                            int
	Duration                              time.Duration
}

// A result is a worker's report at its end.
type result struct {
	Calls    int
	Tokens   []string // a fingerprint of each token that it got
	Requests int      // logins and refreshes that it sent
	Failures []string // errors that callers saw
	Troubles []string // failures that callers did not see, including the store's
}

// traffic counts requests on their way out, and those whose answer has not been read to its end.
type traffic struct {
	sent, open atomic.Int64
}

func (t *traffic) RoundTrip(r *http.Request) (*http.Response, error) {
	t.sent.Add(1)
	t.open.Add(1)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.open.Add(-1)
		return nil, err
	}
	resp.Body = &openBody{resp.Body, sync.OnceFunc(func() { t.open.Add(-1) })}
	return resp, nil
}

type openBody struct {
	io.ReadCloser
	closed func()
}

func (b *openBody) Close() error {
	defer b.closed()
	return b.ReadCloser.Close()
}

// work is the worker's main function. It says when it is ready, starts when it reads a line, says
// when its time is over, and reports when it reads another line: a process that ended in the middle
// of a refresh would take the new refresh token with it. It ends when its input does, as that does
// when the parent dies.
func work(spec string) int {
	var j job
	if err := json.Unmarshal([]byte(spec), &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var (
		mu     sync.Mutex
		r      result
		tokens = map[string]bool{}
		out    traffic
	)
	source, err := finapi.NewTokenSource(
		finapi.Config{Mandator: j.Mandator, Username: j.Username, Password: auth.NewSecret(j.Password), AuthURL: j.AuthURL, APIURL: anyAPI},
		auth.WithStore(filestore.New(j.Store)),
		auth.WithHTTPClient(&http.Client{Transport: &out}),
		auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == auth.EventFailure || (e.Kind == auth.EventStore && e.Err != nil) {
				r.Troubles = append(r.Troubles, fmt.Sprintf("%s %s: %v", e.Kind, e.Op, e.Err))
			}
		})))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}

	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := input.ReadString('\n'); err != nil {
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), j.Duration)
	defer cancel()
	report := make(chan error, 1)
	go func() {
		_, err := input.ReadString('\n')
		report <- err
		cancel()
	}()
	var done sync.WaitGroup
	for range j.Goroutines {
		done.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				began := time.Now()
				token, err := source.TokenContext(context.Background())
				mu.Lock()
				r.Calls++
				switch {
				case err != nil:
					r.Failures = append(r.Failures, err.Error())
				case !began.Before(token.Expiry):
					r.Failures = append(r.Failures, fmt.Sprintf("an expired token was handed out, %s late", began.Sub(token.Expiry)))
				default:
					tokens[fingerprint(token.AccessToken)] = true
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	fmt.Println("done")
	if err := <-report; err != nil {
		return 1
	}
	for out.open.Load() > 0 {
		time.Sleep(pace)
	}
	mu.Lock()
	defer mu.Unlock()
	r.Requests = int(out.sent.Load())
	for t := range tokens {
		r.Tokens = append(r.Tokens, t)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A worker is the test's handle of a worker process.
type worker struct {
	cmd    *exec.Cmd
	wait   func() error
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *os.File
}

// hire starts a worker. It ends with the test at the latest.
func hire(t *testing.T, j job) *worker {
	t.Helper()
	spec, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{cmd: exec.Command(exe)}
	w.cmd.Env = append(os.Environ(), workerEnv+"="+string(spec), "GOMAXPROCS=1")
	if w.stderr, err = os.CreateTemp(t.TempDir(), "stderr"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.stderr.Close() })
	w.cmd.Stderr = w.stderr
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.stdout = bufio.NewReader(out)
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.wait = sync.OnceValue(w.cmd.Wait)
	t.Cleanup(w.kill)
	return w
}

// hear waits until the worker prints word.
func (w *worker) hear(t *testing.T, word string) {
	t.Helper()
	if line, err := w.stdout.ReadString('\n'); err != nil || line != word+"\n" {
		t.Fatalf("a worker said %q, %v; want %q\n%s", line, err, word, w.errors())
	}
}

// tell makes the worker go on.
func (w *worker) tell(t *testing.T, word string) {
	t.Helper()
	if _, err := io.WriteString(w.stdin, word+"\n"); err != nil {
		t.Fatalf("a worker is gone: %v\n%s", err, w.errors())
	}
}

// result reads the worker's report and waits for its end.
func (w *worker) result(t *testing.T) result {
	t.Helper()
	var r result
	decodeErr := json.NewDecoder(w.stdout).Decode(&r)
	_ = w.stdin.Close()
	if err := w.wait(); err != nil || decodeErr != nil {
		t.Fatalf("a worker ended with %v, %v\n%s", err, decodeErr, w.errors())
	}
	return r
}

// kill ends the worker as a crash would.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.wait() // the error says that it was killed
}

func (w *worker) errors() string {
	data, _ := os.ReadFile(w.stderr.Name())
	return string(data)
}
