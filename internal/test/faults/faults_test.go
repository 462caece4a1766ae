package faults_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/faults"
)

const (
	hangTimeout = 300 * time.Millisecond // for the cases that only this ends
	warmTimeout = 2 * time.Second
	longTimeout = 30 * time.Second // for the others, which must not need it
	tooLong     = 20 * time.Second // no case may take as long, however slow the machine

	mostConnections = 3 // for one request over HTTP/2
)

var ran atomic.Int64

func TestMain(m *testing.M) {
	// The cases spend most of their time waiting.
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	// net/http writes to the standard log without being asked.
	var std buffer
	log.SetOutput(&std)
	code := m.Run()
	if mark := faults.Leak(std.String()); mark != "" {
		fmt.Printf("FAIL: a secret (%s) is in the standard log:\n%s\n", mark, std.String())
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Println("FAIL:", err)
		code = 1
	}
	fmt.Printf("faults: %d distinct cases, %d runs over %d clients\n", len(faults.Cases()), ran.Load(), len(clients))
	os.Exit(code)
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestFaultCasesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range faults.Cases() {
		if seen[c.Name] {
			t.Errorf("two cases are called %q", c.Name)
		}
		seen[c.Name] = true
	}
	if len(seen) < 100 {
		t.Errorf("%d cases, want at least 100", len(seen))
	}
}

// TestFault plays every case to every client.
func TestFault(t *testing.T) {
	for _, c := range faults.Cases() {
		for _, cl := range clients {
			if c.Only != "" && c.Only != cl.name {
				continue
			}
			t.Run(c.Name+"/"+cl.name, func(t *testing.T) {
				t.Parallel()
				ran.Add(1)
				play(t, c, cl)
			})
		}
	}
}

// play runs one case with one client and judges every result.
func play(t *testing.T, c faults.Case, cl client) {
	elsewhere := serve(t, faults.Plan{Script: faults.Good()})
	plan := faults.Plan{Shape: cl.shape, Warm: c.Warm, Script: c.Script, TLS: c.TLS, Words: map[string]string{"elsewhere": elsewhere.URL()}}
	if cl.warm && c.Warm == nil {
		plan.Warm = faults.Good()
	}
	server := serve(t, plan)

	var (
		logged buffer
		mu     sync.Mutex
		events []auth.Event
	)
	opts := []auth.Option{
		auth.WithLogger(slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		})),
	}
	timeout := longTimeout
	switch {
	case c.Hangs && cl.warm:
		timeout = warmTimeout // a busy machine needs time for the answer before the case
	case c.Hangs:
		timeout = hangTimeout
	}
	opts = append(opts, auth.WithRequestTimeout(timeout))
	if c.TLS != nil {
		opts = append(opts, auth.WithHTTPClient(secureClient(t, c.HTTP2)))
	}
	secret := c.Secret
	if secret == "" {
		secret = faults.PlainSecret
	}
	source, err := cl.open(server.URL(), auth.NewSecret(secret), opts...)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Warm != nil {
		warmUp(t, source)
		server.Begin()
	}
	start := time.Now()
	token, err := source.TokenContext(context.Background())
	if took := time.Since(start); took > tooLong {
		t.Errorf("it took %s", took)
	}

	want := c.For(cl.name)
	switch {
	case want.Anything():
	case want.Token && err != nil:
		t.Errorf("got error %v, want a token", err)
	case want.Token:
		if faults.Leak(token.AccessToken) == "" || !token.Expiry.After(time.Now()) {
			t.Error("the token is not the one that the vendor gave")
		}
	case err == nil:
		t.Errorf("got a token, want an error of %v", want.Kinds)
	default:
		judge(t, err, want)
		var timeout interface{ Timeout() bool }
		// If no stream is allowed, net/http waits, dials again, or gives up.
		bounded := strings.Contains(err.Error(), "a third one is not tried") || strings.Contains(err.Error(), "cannot rewind body")
		if c.Hangs && !bounded && (!errors.As(err, &timeout) || !timeout.Timeout()) {
			t.Errorf("Timeout is false: %v", err)
		}
	}
	shown := []faults.Shown{{Where: "the log", Text: logged.String()}}
	if err != nil {
		act(t, err)
		shown = append(shown, faults.Sinks(err)...)
	}
	mu.Lock()
	seen := map[error]bool{nil: true, err: true}
	for _, e := range events {
		shown = append(shown, faults.EventSinks(e)...)
		if !seen[e.Err] {
			shown = append(shown, faults.Sinks(e.Err)...)
		}
		seen[e.Err] = true
	}
	mu.Unlock()
	noLeak(t, shown)
	if n := elsewhere.Accepted(); n != 0 {
		t.Errorf("%d connections went to the server that a redirect names", n)
	}
	// finAPI's source logs in after a refused refresh.
	flights := 1
	if cl.warm {
		flights = 2
	}
	bound(t, server, flights, c.HTTP2)
	for _, r := range server.Requests() {
		if len(r.Body) == 0 || r.Header.Get("Authorization") != "" {
			t.Errorf("a %s with a body of %d bytes, and header Authorization %q", r.Method, len(r.Body), r.Header.Get("Authorization"))
		}
	}
}

// bound checks that at most this many requests were sent, each once and over one connection. An
// HTTP/2 server may say only after the connection is made that it takes no request.
func bound(t *testing.T, server *faults.Server, most int, http2 bool) {
	t.Helper()
	if n := len(server.Requests()); n > most {
		t.Errorf("%d requests arrived, want %d at most", n, most)
	}
	if http2 {
		most *= mostConnections
	}
	if n := server.Accepted(); n > most {
		t.Errorf("%d connections, want %d at most", n, most)
	}
}

// judge compares an error with the wanted outcome.
func judge(t *testing.T, err error, want faults.Want) {
	t.Helper()
	for _, kind := range faults.Kinds {
		wanted := false
		for _, k := range want.Kinds {
			wanted = wanted || k == kind
		}
		if got := errors.Is(err, kind); got != wanted {
			t.Errorf("errors.Is(err, %q) is %t: %v", kind, got, err)
		}
	}
	var failure *auth.Error
	if !errors.As(err, &failure) {
		return
	}
	if want.Status >= 0 && failure.StatusCode != want.Status {
		t.Errorf("status %d, want %d: %v", failure.StatusCode, want.Status, err)
	}
	if failure.Temporary() != want.Temporary {
		t.Errorf("Temporary is %t: %v", failure.Temporary(), err)
	}
	if d := want.RetryAfter - failure.RetryAfter; d < 0 || d > 3*time.Second {
		t.Errorf("RetryAfter %s, want %s: %v", failure.RetryAfter, want.RetryAfter, err)
	}
}

// act checks that the error says what a person can do.
func act(t *testing.T, err error) {
	t.Helper()
	var failure *auth.Error
	if !errors.As(err, &failure) {
		t.Errorf("a %T, want *auth.Error: %v", err, err)
		return
	}
	if failure.Vendor == "" || failure.Op == "" || failure.Hint == "" {
		t.Errorf("Vendor %q, Op %q, Hint %q: none should be empty", failure.Vendor, failure.Op, failure.Hint)
	}
}

func noLeak(t *testing.T, shown []faults.Shown) {
	t.Helper()
	var leaks []string
	for _, s := range shown {
		mark := faults.Leak(s.Text)
		if mark == "" {
			continue
		}
		if len(leaks) == 0 {
			t.Errorf("a secret (%s) shows in %s: %.500s", mark, s.Where, s.Text)
		}
		leaks = append(leaks, s.Where)
	}
	if len(leaks) > 1 {
		t.Errorf("… and in %d other places, such as %s", len(leaks)-1, leaks[len(leaks)-1])
	}
}

// serve starts a server that must have no connections at the end of the test.
func serve(t *testing.T, plan faults.Plan) *faults.Server {
	t.Helper()
	var s *faults.Server
	t.Cleanup(func() { // after the server is closed
		if n := s.Stuck(); n > 0 {
			t.Errorf("the client held on to %d connections", n)
		}
	})
	s = listen(t, plan)
	return s
}

// listen starts a server.
func listen(t *testing.T, plan faults.Plan) *faults.Server {
	t.Helper()
	s, err := faults.Listen(plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
