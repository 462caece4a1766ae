package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// TokenSource hands out one vendor's access token, renews it before it expires, and is safe for use by any
// number of goroutines. It needs no Close: it has no goroutine but the one that runs while a request is out.
//
// While a token is valid, no call waits: inside the refresh window the old token is returned and one request
// renews it in the background. A token counts as expired with less than 10 s left, or a fifth of its lifetime
// where that is less, by the wall clock or by the monotonic one.
//
// When there is no valid token, all callers wait for one request. The request belongs to none of them: it keeps
// the values of the first caller's context, but neither its end nor its httptrace hooks, and has the request timeout
// for itself. Each caller stops waiting when its own context ends.
//
// A failed request is shared by all who waited for it. A caller whose context has a deadline stays, as long as the
// failure is one that may pass and the next attempt would start before the deadline; one without a deadline gets
// the error at once. Attempts keep a distance that grows from 1 s to 60 s and is lengthened by up to a quarter at
// random, or as long as the vendor asked with Retry-After (at most an hour), however many callers there are. A
// caller that comes during such a pause waits for its end if its deadline allows (without a deadline: if that is
// within the request timeout), and gets the last failure otherwise. It gets it at once when that is
// [ErrInvalidConfig] or [ErrHostNotAllowed], which no waiting mends.
//
// Credentials that the vendor has refused ([ErrInvalidCredentials]) are not sent again for a minute, then two,
// up to 16, unless they change: a Grant that reads its secret from a [SecretSource] sends a new one at once.
type TokenSource struct {
	// Tokens are held in atomic pointers only, also where mu guards them: fmt and dumpers, which follow any other
	// pointer, find no token in those.

	*settings
	grant  Grant
	born   time.Time      // where the monotonic clock counts from
	jitter float64        // in [0, 1), this source's share of the jitter
	clock  func() instant // nil: the machine's clocks

	current atomic.Pointer[entry] // nil: none, or refused by an API
	quiet   atomic.Int64          // monotonic time before which no background renewal starts
	history history               // which tokens there have been
	drifted atomic.Bool           // EventDrift has been told

	mu       sync.Mutex                   // guards what follows; never held while a Grant, Store, Observer or log runs
	flight   *flight                      // the request that is out, or nil
	last     atomic.Pointer[oauth2.Token] // the most recent token, valid or not: its refresh token may still serve
	lastSeq  uint64                       // the flight that brought last
	lastSent int64                        // when last was asked for, by the wall clock
	seq      uint64                       // of the newest flight
	late     chan struct{}                // closed, and made anew, when a flight that was given up brings a token after all
	refused  string                       // fingerprint of the access token that an API refused last; a store may still have it
	refusals int                          // how many tokens in a row an API has refused, which the next one comes in place of
	backoff  backoff
	rejected rejection
}

var _ oauth2.TokenSource = (*TokenSource)(nil)

// NewTokenSource builds a TokenSource on g. It asks for no token before one is wanted. A nil Grant or an
// option's impossible value is [ErrInvalidConfig].
func NewTokenSource(g Grant, opts ...Option) (*TokenSource, error) {
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	invalid := func(text string) error {
		return s.own(&Error{Op: "configure the token source", Kind: ErrInvalidConfig, Err: errors.New(text)})
	}
	if isNil(g) {
		return nil, invalid("the Grant is nil")
	}
	if s.store != nil && s.storeKey == "" {
		return nil, invalid("WithStore needs WithName, which tells this source's entry from others")
	}
	return &TokenSource{settings: s, grant: g, born: time.Now(), jitter: rand.Float64(), clock: s.testClock, late: make(chan struct{})}, nil
}

// Format prints the source's vendor and name, and nothing else: the fields hold tokens.
func (s *TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.text()) }

// LogValue keeps the fields out of log/slog too.
func (s *TokenSource) LogValue() slog.Value { return slog.StringValue(s.text()) }

func (s *TokenSource) text() string {
	if s.name == "" || s.name == s.vendor {
		return "auth.TokenSource(" + s.vendor + ")"
	}
	return "auth.TokenSource(" + s.vendor + ", " + s.name + ")"
}

// Token returns a valid token, like [TokenSource.TokenContext] with a context that never ends. The token is the
// caller's own copy: wrappers such as oauth2.ReuseTokenSource write to what they get.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	t, err := s.TokenContext(context.Background())
	if err != nil {
		return nil, err
	}
	c := *t
	return &c, nil
}

// TokenContext returns a valid token. With one at hand it returns at once, whatever ctx says, at the cost of an
// atomic load and a clock read; otherwise it waits as [TokenSource] describes, until ctx ends at the latest.
//
// The token is shared and must not be modified. Errors are [*Error]; where ctx ended first they also wrap its
// error.
func (s *TokenSource) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	e := s.current.Load()
	if now := s.now(); e == nil || !now.before(e.stale) {
		var err error
		if e, err = s.slowEntry(ctx, e, now); err != nil {
			return nil, err
		}
	}
	return e.token, nil
}

// validEntry is TokenContext for this package's own use.
func (s *TokenSource) validEntry(ctx context.Context) (*entry, error) {
	e := s.current.Load()
	if now := s.now(); e == nil || !now.before(e.stale) {
		return s.slowEntry(ctx, e, now)
	}
	return e, nil
}

// slowEntry serves whoever does not find a fresh token.
func (s *TokenSource) slowEntry(ctx context.Context, e *entry, now instant) (*entry, error) {
	if ctx == nil {
		ctx = context.Background() // a fresh token would have hidden the slip
	}
	if e != nil && now.before(e.dead) {
		if now.mono >= s.quiet.Load() {
			s.renew(ctx, now)
		}
		return e, nil
	}
	if ctx.Value(insideKey{s}) != nil {
		return nil, s.own(&Error{Op: "wait for a token", Kind: ErrInvalidConfig,
			Err:  errors.New("the source was asked for a token by what it is waiting for itself: its SecretSource, Grant, http.Client, Store, Observer or log handler"),
			Hint: "what these send needs a client of its own"})
	}
	start := time.Now()
	e, err := s.wait(ctx)
	s.report(ctx, Event{Kind: EventWait, Duration: time.Since(start), Err: err})
	return e, err
}

// renew starts a background request unless one is out already or it is too early for one.
func (s *TokenSource) renew(ctx context.Context, now instant) {
	// Whoever holds the lock is at it already; a caller with a valid token waits for nobody.
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	e := s.current.Load()
	switch {
	case s.flight != nil:
	case e == nil || now.before(e.stale): // somebody was faster
	case s.backoff.wait(now) > 0:
		s.quiet.Store(s.backoff.until.mono)
	case s.rejected.refusal("", now) != nil:
		s.quiet.Store(s.rejected.until.mono)
	default:
		s.launch(ctx, now, true)
	}
}

// Invalidate makes the source replace rejected, which an API has refused with 401. It does nothing unless
// rejected is the token that the source would hand out now, so that many refusals of one token lead to one new
// token. It does nothing either for a while after a refused token was replaced by one that is refused too: an API
// that refuses every token would otherwise have a new one minted for every call. Such a token is replaced a minute
// after its arrival at the earliest; one that a call through [TokenSource.Transport] has used with success, at once
// the first time and then after 10 s. Those times double with each refusal in a row, up to 16 minutes.
func (s *TokenSource) Invalidate(rejected *oauth2.Token) {
	e := s.current.Load()
	if rejected == nil || e == nil || e.token.AccessToken != rejected.AccessToken {
		return
	}
	now := s.now()
	s.mu.Lock()
	if now.until(e.minted.add(e.pause())) > 0 {
		s.mu.Unlock()
		return
	}
	swapped := s.current.CompareAndSwap(e, nil)
	if swapped {
		s.refused = fingerprint(e.token.AccessToken)
		s.refusals = e.replaces + 1
	}
	s.mu.Unlock()
	if swapped {
		s.report(context.Background(), Event{Kind: EventInvalidate, ExpiresIn: now.until(e.expiry)})
	}
}
