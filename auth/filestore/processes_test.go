package filestore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// workerEnv makes the test binary a process of a service. Its value is the work.
const workerEnv = "FINSDK_FILESTORE_WORKER"

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		os.Exit(work(text))
	}
	os.Exit(m.Run())
}

type job struct{ Dir, Vendor string }

// report is what a process was told: a token or an error.
type report struct {
	Token, Err string
	Took       time.Duration
	Alone      bool // the store took too long, as on a machine that is too busy
}

// work says that it is ready, waits for a line, asks for a token, and reports. Then it waits for
// the end of its input.
func work(text string) int {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return 2
	}
	grant := auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		if err := auth.UseSecret(ctx, auth.NewSecret("secret")); err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.Vendor, nil)
		if err != nil {
			return nil, err
		}
		resp, err := auth.HTTPClient(ctx).Do(req)
		if err != nil {
			return nil, auth.NewTransportError("test", "ask", err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			return nil, &auth.Error{StatusCode: resp.StatusCode, RetryAfter: time.Minute, Err: err}
		}
		return &oauth2.Token{AccessToken: string(body), ExpiresIn: 900}, nil
	})
	var alone atomic.Bool
	source, err := auth.NewTokenSource(grant, auth.WithStore(New(j.Dir)),
		auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
			if e.Kind == auth.EventStore && errors.Is(e.Err, context.DeadlineExceeded) {
				alone.Store(true)
			}
		})),
		auth.WithSite(auth.Site{Vendor: "test", StoreKey: "k", Secret: auth.StaticSecret(auth.NewSecret("secret"))}))
	if err != nil {
		return 2
	}
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := input.ReadString('\n'); err != nil {
		return 2
	}
	var (
		wg    sync.WaitGroup
		start = time.Now()
		r     report
	)
	for i := range 20 {
		wg.Go(func() {
			t, err := source.TokenContext(context.Background())
			if i == 0 && err == nil {
				r.Token = t.AccessToken
			} else if i == 0 {
				r.Err = fmt.Sprint(errors.Is(err, auth.ErrRateLimited), err)
			}
		})
	}
	wg.Wait()
	r.Took, r.Alone = time.Since(start), alone.Load()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return 2
	}
	_, _ = io.Copy(io.Discard, input)
	return 0
}

// process is a worker, seen from the test.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, j job) *process {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(exe)}
	p.Env = append(os.Environ(), workerEnv+"="+string(text), "GOMAXPROCS=1")
	p.Stderr = os.Stderr
	in, err1 := p.StdinPipe()
	out, err2 := p.StdoutPipe()
	if err := errors.Join(err1, err2, p.Start()); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		_ = p.in.Close()
		timer := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
		defer timer.Stop()
		_ = p.Wait()
	})
	return p
}

// startAll starts n processes and lets them ask at once, at the time that it returns.
func startAll(t *testing.T, n int, j job) ([]report, time.Time) {
	t.Helper()
	var all []*process
	for range n {
		all = append(all, start(t, j))
	}
	for _, p := range all {
		if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
			t.Fatalf("a process said %q, %v", line, err)
		}
	}
	begun := time.Now()
	for _, p := range all {
		if _, err := io.WriteString(p.in, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	reports := make([]report, n)
	for i, p := range all {
		if err := json.NewDecoder(p.out).Decode(&reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	return reports, begun
}

func TestProcesses_coldOnesMakeOneRequest(t *testing.T) {
	const latency = 1500 * time.Millisecond
	var (
		requests atomic.Int64
		answered atomic.Pointer[time.Time]
	)
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := requests.Add(1)
		time.Sleep(latency)
		answered.Store(new(time.Now())) // later than that on a busy machine
		fmt.Fprint(w, "t", n)
	}))
	defer vendor.Close()
	reports, begun := startAll(t, processes, job{newDir(t), vendor.URL})
	limit := answered.Load().Sub(begun) * 6 / 5
	tokens, most := map[string]bool{}, int64(1)
	for _, r := range reports {
		switch {
		case r.Alone:
			most++
		case r.Token == "" || r.Took > limit:
			t.Errorf("got %+v, want a token within %s", r, limit)
		default:
			tokens[r.Token] = true
		}
	}
	if n := requests.Load(); n > most || len(tokens) != 1 {
		t.Errorf("%d requests, tokens %v; %d processes went alone", n, tokens, most-1)
	}
}

func TestProcesses_shareARateLimit(t *testing.T) {
	var requests atomic.Int64
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer vendor.Close()
	reports, _ := startAll(t, 20, job{newDir(t), vendor.URL})
	for _, r := range reports {
		if r.Token != "" || len(r.Err) < 4 || r.Err[:4] != "true" {
			t.Errorf("got %+v, want the rate limit", r)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestProcesses_oneThatIsKilledHoldsUpTheOthersForOneLease(t *testing.T) {
	var requests atomic.Int64
	asked := make(chan struct{})
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		if n == 1 {
			close(asked)
			<-r.Context().Done()
			return
		}
		fmt.Fprint(w, "t", n)
	}))
	defer vendor.Close()
	j := job{newDir(t), vendor.URL}
	victim := start(t, j)
	if _, err := victim.out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(victim.in, "go\n"); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	reports, _ := startAll(t, 5, j)
	for _, r := range reports {
		if r.Token != "t2" || r.Took > 6*time.Second {
			t.Errorf("got %+v", r)
		}
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}
