package auth

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// mint is a Grant that makes tokens t1, t2, … and counts its calls and how many run at once.
type mint struct {
	lifetime time.Duration
	latency  time.Duration
	before   func(ctx context.Context, n int64, last *oauth2.Token) error

	calls, running, most atomic.Int64
}

func (m *mint) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	n := m.calls.Add(1)
	if r := m.running.Add(1); r > m.most.Load() {
		m.most.Store(r)
	}
	defer m.running.Add(-1)
	sent := time.Now()
	if m.latency > 0 {
		select {
		case <-time.After(m.latency):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if m.before != nil {
		if err := m.before(ctx, n, last); err != nil {
			return nil, err
		}
	}
	return &oauth2.Token{AccessToken: fmt.Sprintf("t%d", n), TokenType: "Bearer", Expiry: sent.Add(m.lifetime)}, nil
}

func (m *mint) want(t *testing.T, calls int64) {
	t.Helper()
	if n := m.calls.Load(); n != calls {
		t.Errorf("%d requests to the vendor, want %d", n, calls)
	}
}

func newSource(t testing.TB, g Grant, opts ...Option) *TokenSource {
	t.Helper()
	s, err := NewTokenSource(g, append([]Option{WithSite(Site{Vendor: "test"})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantToken asks for a token and compares it.
func wantToken(t *testing.T, s *TokenSource, want string) {
	t.Helper()
	tok, err := s.TokenContext(context.Background())
	if err != nil {
		t.Errorf("got error %v, want token %s", err, want)
	} else if tok.AccessToken != want {
		t.Errorf("got token %s, want %s", tok.AccessToken, want)
	}
}

// together runs n callers at once and returns what each got.
func together(n int, call func(i int) (*oauth2.Token, error)) (tokens map[string]int, errs []error) {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	tokens = map[string]int{}
	for i := range n {
		wg.Go(func() {
			tok, err := call(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				tokens[tok.AccessToken]++
			}
		})
	}
	wg.Wait()
	return tokens, errs
}

// failing is a before that returns err for the calls from first to last.
func failing(first, last int64, err error) func(context.Context, int64, *oauth2.Token) error {
	return func(_ context.Context, n int64, _ *oauth2.Token) error {
		if n >= first && n <= last {
			return err
		}
		return nil
	}
}

// twoClocks is a machine whose wall clock and monotonic clock move apart.
type twoClocks struct {
	mu         sync.Mutex
	wall, mono time.Duration
	start      time.Time
}

func newTwoClocks() *twoClocks { return &twoClocks{start: time.Now()} }

func (c *twoClocks) move(wall, mono time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += wall
	c.mono += mono
}

func (c *twoClocks) now() instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return instant{wall: c.start.Add(c.wall).UnixNano(), mono: int64(c.mono)}
}

func (c *twoClocks) wallTime() time.Time { return c.now().time() }

func withTestClock(now func() instant) Option {
	return optionFunc(func(s *settings) { s.testClock = now })
}
