package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/origin"
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

// api is a resource server that notes what it was sent and takes the tokens that accept names.
type api struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []string // Authorization headers
	bodies []string
	accept func(token string) bool
}

func newAPI(t *testing.T, accept func(token string) bool) *api {
	t.Helper()
	a := &api{accept: accept}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.seen = append(a.seen, r.Header.Get("Authorization"))
		a.bodies = append(a.bodies, string(body))
		a.mu.Unlock()
		if !a.accept(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprintf(w, "body %d", len(body))
	}))
	t.Cleanup(a.Close)
	return a
}

func anyToken(string) bool { return true }

// bodyOf counts how often a body is closed.
type bodyOf struct {
	io.Reader
	closed atomic.Int64
}

func (b *bodyOf) Close() error { b.closed.Add(1); return nil }

func do(t *testing.T, c *http.Client, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Request.Header.Get("Authorization") != "" {
		t.Error("the response's request shows the token")
	}
	return resp.StatusCode, string(b)
}

func newRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// withRefused keeps the token from rawURL, as the vendors' packages do for their token endpoints.
func withRefused(t *testing.T, rawURL, hint string) Option {
	t.Helper()
	base, err := origin.ParseBase(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	var site Site
	site.Hosts.Refuse(base.Origin, base.Path(), hint)
	return WithSite(site)
}

type nilFunc func() (*oauth2.Token, error)

func (f nilFunc) Token() (*oauth2.Token, error) { return f() }

func warmSource(tb testing.TB, opts ...Option) *TokenSource {
	tb.Helper()
	s, err := NewTokenSource(GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: strings.Repeat("a", 1200), TokenType: "Bearer", Expiry: time.Now().Add(time.Hour)}, nil
	}), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.Token(); err != nil {
		tb.Fatal(err)
	}
	return s
}

var sink atomic.Pointer[oauth2.Token]

// roundTripperFunc answers without a network, so that only the Transport's own cost shows.
type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func canned() (http.RoundTripper, *http.Request) {
	resp := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(""))}
	req := httptest.NewRequest(http.MethodGet, "https://api.example.com/v1/things", nil)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bench")
	return roundTripperFunc(func(*http.Request) (*http.Response, error) { return resp, nil }), req
}

const quarterHour = 15 * time.Minute

func unsigned(claims string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + b64([]byte(claims)) + ".c2ln"
}

// recorder is an Observer that keeps what it is told.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) Observe(_ context.Context, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) kinds() (kinds []EventKind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		kinds = append(kinds, e.Kind)
	}
	r.events = nil
	return kinds
}

const (
	hush      = `p&=+% ü"'<\s3cr3t`
	hushToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodXNoIn0.c2lnbmF0dXJl"
)

// shows reports whether text shows secret in any spelling that fmt or an encoder would give it.
func shows(text, secret string) bool {
	quoted, _ := json.Marshal(secret)
	for _, form := range []string{secret, strings.Trim(string(quoted), `"`), strings.Trim(fmt.Sprintf("%q", secret), `"`),
		fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint([]byte(secret)), url.QueryEscape(secret)} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func wantHushed(t *testing.T, name string, v any) {
	t.Helper()
	for how, text := range renderings(v) {
		if shows(text, hush) || shows(text, hushToken) || strings.Contains(text, "s3cr3t") {
			t.Errorf("%s shows a secret by %s: %s", name, how, text)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// vault is a vendor that knows which secrets it takes, and a Grant that reads its secret at each
// request.
type vault struct {
	source   SecretSource
	takes    atomic.Pointer[map[string]bool]
	lifetime time.Duration
	sent     atomic.Int64 // requests that left
	read     atomic.Int64 // times that the secret was read
}

func (v *vault) accept(secrets ...string) {
	m := map[string]bool{}
	for _, s := range secrets {
		m[s] = true
	}
	v.takes.Store(&m)
}

func (v *vault) RequestToken(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	v.read.Add(1)
	secret, err := v.source(ctx)
	if err != nil {
		return nil, err
	}
	if err := UseSecret(ctx, secret); err != nil {
		return nil, err
	}
	v.sent.Add(1)
	if !(*v.takes.Load())[secret.Reveal()] {
		return nil, &Error{StatusCode: 401, Code: "unauthorized_client", Description: "no such secret " + secret.Reveal()}
	}
	return &oauth2.Token{AccessToken: "for-" + secret.Reveal(), Expiry: time.Now().Add(v.lifetime)}, nil
}

// shelf is a store in memory with a hook before each operation. An error of the hook is that of the
// operation.
type shelf struct {
	*memoryStore
	hook func(ctx context.Context, op string) error
	mu   sync.Mutex
	ops  []string
	last Write
}

func newShelf() *shelf {
	return &shelf{memoryStore: MemoryStore().(*memoryStore), hook: func(context.Context, string) error { return nil }}
}

func (s *shelf) begin(ctx context.Context, op string) error {
	s.mu.Lock()
	s.ops = append(s.ops, op)
	s.mu.Unlock()
	return s.hook(ctx, op)
}

// operations returns what was asked of the store, and forgets it.
func (s *shelf) operations() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ops := s.ops
	s.ops = nil
	return strings.Join(ops, " ")
}

func (s *shelf) Load(ctx context.Context, key string) (Record, error) {
	if err := s.begin(ctx, "load"); err != nil {
		return Record{}, err
	}
	return s.memoryStore.Load(ctx, key)
}

func (s *shelf) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (Attempt, error) {
	if err := s.begin(ctx, "acquire"); err != nil {
		return Attempt{}, err
	}
	at, err := s.memoryStore.Acquire(ctx, key, have, ttl)
	if at.Lease != nil {
		at.Lease = &shelfLease{at.Lease, s}
	}
	return at, err
}

func (s *shelf) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	if err := s.begin(ctx, "drop"); err != nil {
		return false, err
	}
	return s.memoryStore.Drop(ctx, key, fence)
}

func (s *shelf) Watch(ctx context.Context, key string, after uint64) error {
	if err := s.begin(ctx, "watch"); err != nil {
		return err
	}
	return s.memoryStore.Watch(ctx, key, after)
}

// put saves data as the record of key k.
func (s *shelf) put(t *testing.T, data []byte, w Write) {
	t.Helper()
	r, _ := s.memoryStore.Load(t.Context(), "k")
	at, err := s.memoryStore.Acquire(t.Context(), "k", r.Fence, time.Minute)
	if err != nil || at.Lease == nil {
		t.Fatal(at, err)
	}
	w.Data = data
	if err := at.Lease.Save(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

// grantFunc makes a Grant of a function that asks for a token with the source's client.
func grantFunc(ask func(*http.Client) (string, error)) Grant {
	return GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		text, err := ask(HTTPClient(ctx))
		if err != nil {
			return nil, err
		}
		return &oauth2.Token{AccessToken: text, ExpiresIn: 3600}, nil
	})
}

func mustToken(t *testing.T, s *TokenSource) *oauth2.Token {
	t.Helper()
	tok, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// sendsThrough reports whether the token requests of c go to base.
func sendsThrough(c *http.Client, base http.RoundTripper) bool {
	t, ok := c.Transport.(*tokenTransport)
	return ok && t.base == base
}
