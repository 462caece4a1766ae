package soak

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
)

// outcome is how the vendor answers one token request.
type outcome int

const (
	granted outcome = iota
	slow            // granted, but late
	limited
	down
	torn    // the connection is reset
	stuck   // no answer before the client's patience ends
	refused // the secret is no longer valid
)

var outcomeNames = [...]string{"granted", "slow", "limited", "down", "reset", "stuck", "refused"}

func (o outcome) String() string { return outcomeNames[o] }

// tokenRequest is one line of the vendor's ledger.
type tokenRequest struct {
	at         time.Time
	outcome    outcome
	lifetime   time.Duration // of the token, if one was granted
	retryAfter time.Duration
	secret     string
}

// issued is a token in the vendor's ledger.
type issued struct {
	at, expiry time.Time
	lifetime   time.Duration
}

// vendor is the token endpoint and the API of one vendor.
type vendor struct {
	mu       sync.Mutex
	random   *rand.Rand
	secret   string
	rotated  bool // the next request with the new secret gets a token
	ledger   []tokenRequest
	tokens   map[string]issued
	unlawful int // API calls with an unknown or expired token

	connections atomic.Int64 // to the token endpoint

	ctx  <-chan struct{} // closed when the run is over
	auth *http.Server
	api  *http.Server

	authURL, apiURL string
}

// tokenPath is the path of OneFinOps's token endpoint.
var tokenPath = docpath.Of(onefinopsserver.Document, "IssueToken")

const (
	minLifetime = 3 * time.Second
	maxLifetime = 7 * time.Second
	fastest     = 600 * time.Millisecond // of the slow answers
	slowest     = 1200 * time.Millisecond

	// apiGrace is how long a request may be on its way to the API: the token was valid when it
	// left.
	apiGrace = 2 * time.Second
)

func newVendor(seed uint64, secret string, over <-chan struct{}) (*vendor, error) {
	v := &vendor{random: rand.New(rand.NewPCG(seed, 1)), secret: secret, tokens: map[string]issued{}, ctx: over}
	var err error
	if v.auth, v.authURL, err = serve(http.HandlerFunc(v.token), v.connected); err != nil {
		return nil, err
	}
	if v.api, v.apiURL, err = serve(http.HandlerFunc(v.call), nil); err != nil {
		_ = v.auth.Close()
		return nil, err
	}
	return v, nil
}

// connected counts the connections to the token endpoint.
func (v *vendor) connected(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		v.connections.Add(1)
	}
}

func serve(h http.Handler, connState func(net.Conn, http.ConnState)) (*http.Server, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ConnState: connState}
	go func() { _ = s.Serve(l) }()
	return s, "http://" + l.Addr().String(), nil
}

func (v *vendor) close() {
	_ = v.auth.Close()
	_ = v.api.Close()
}

// rotate makes secret the only valid one.
func (v *vendor) rotate(secret string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secret, v.rotated = secret, true
}

// token answers a token request with the outcome that draw picks.
func (v *vendor) token(w http.ResponseWriter, r *http.Request) {
	secret := ""
	if err := r.ParseForm(); err == nil && r.URL.Path == tokenPath {
		secret = r.PostForm.Get("client_secret")
	}
	v.mu.Lock()
	line := tokenRequest{at: time.Now(), outcome: v.draw(), secret: secret}
	delay := fastest + time.Duration(v.random.Int64N(int64(slowest-fastest)))
	switch {
	case secret != v.secret:
		line.outcome = refused
	case v.rotated:
		v.rotated, line.outcome = false, granted
	case line.outcome == limited:
		line.retryAfter = time.Duration(1+v.random.IntN(2)) * time.Second
	}
	if line.outcome == granted || line.outcome == slow {
		line.lifetime = (minLifetime + time.Duration(v.random.Int64N(int64(maxLifetime-minLifetime)))).Truncate(time.Second)
	}
	name := fmt.Sprintf("soak-%d-%s", len(v.ledger), strings.Repeat("x", 200))
	v.ledger = append(v.ledger, line)
	if line.lifetime > 0 {
		v.tokens[name] = issued{at: line.at, expiry: line.at.Add(line.lifetime), lifetime: line.lifetime}
	}
	v.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	switch line.outcome {
	case slow:
		v.pause(r, delay)
		fallthrough
	case granted:
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, name, int(line.lifetime.Seconds()))
	case limited:
		w.Header().Set("Retry-After", fmt.Sprint(int(line.retryAfter.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
	case down:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("<h1>down</h1>"))
	case torn:
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	case stuck:
		v.pause(r, time.Minute)
	case refused:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials (%s)"}`, url.QueryEscape(secret))
	}
}

// draw picks what happens to the next request. The caller holds mu.
func (v *vendor) draw() outcome {
	switch n := v.random.IntN(100); {
	case n < 45:
		return granted
	case n < 60:
		return slow
	case n < 72:
		return limited
	case n < 84:
		return down
	case n < 95:
		return torn
	}
	return stuck
}

// pause waits for d, or until the client leaves or the run ends.
func (v *vendor) pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-v.ctx:
	}
}

// call is the API: it accepts a token that is valid in the ledger.
func (v *vendor) call(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	v.mu.Lock()
	t, ok := v.tokens[token]
	ok = ok && time.Now().Before(t.expiry.Add(apiGrace))
	if !ok {
		v.unlawful++
	}
	v.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// lookup returns the ledger's entry for a token.
func (v *vendor) lookup(token string) (issued, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t, ok := v.tokens[token]
	return t, ok
}
