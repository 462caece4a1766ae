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

// TokenSource returns one vendor's access token and renews it before it expires. It is safe for use
// by several goroutines. It needs no Close: it has goroutines only while a request is out, and
// until its answer is stored.
//
// While a token is valid, no call waits. Inside the refresh window, calls return the old token
// while one request renews it in the background. A token counts as expired when less than 10 s are
// left, or a fifth of its lifetime if that is less, by the wall clock or by the monotonic one.
//
// Without a valid token, all callers wait for one request. The request belongs to none of them. It
// keeps the values of the first caller's context, without its end and its httptrace hooks, and has
// the whole request timeout. Each caller stops waiting when its own context ends.
//
// So a request may go on, and read those values, after the call that started it has returned. Some
// web frameworks use one context for one HTTP request after another: pass the Context of their
// http.Request instead.
//
// All callers that wait for a request share its failure. A caller without a deadline gets the error
// at once. A caller with a deadline goes on waiting if the failure may pass and the next attempt
// would start before the deadline. However many callers there are, attempts keep a distance, which
// grows from 1 s to 60 s and is lengthened by up to a quarter at random. If the vendor sends
// Retry-After, they keep that instead, up to an hour. A caller that comes during such a pause waits
// for its end if its deadline allows or, without a deadline, if the request timeout does. Otherwise
// it gets the last failure. It gets [ErrInvalidConfig] and [ErrHostNotAllowed] at once, since no
// waiting mends them.
//
// Credentials that the vendor has refused ([ErrInvalidCredentials]) are not sent again for a
// minute, then two, up to 16, unless they change: a Grant that reads its secret from a
// [SecretSource] sends a new one at once.
//
// With a [Store], all of this holds for all sources that share a record, as if they were one: they
// make one request, wait for its token, and keep the pauses that the vendor's answer to it asks
// for. A store that is slow or broken costs a call without a token at most 300 ms, once. A refresh
// token is then left alone, and the source logs in.
type TokenSource struct {
	// Only atomic pointers hold tokens, even if mu guards them: fmt and dumpers follow any other
	// pointer, but find no token in these.

	*settings
	grant  Grant
	born   time.Time      // the zero of the monotonic clock
	jitter float64        // in [0, 1): this source's share of the jitter
	clock  func() instant // nil: the machine's clocks

	current atomic.Pointer[entry] // nil if there is none, or an API refused it
	quiet   atomic.Int64          // no background renewal starts before this monotonic time
	history history               // the tokens so far
	drifted atomic.Bool           // EventDrift has been reported
	waiting atomic.Int64          // how many callers wait
	stuck   atomic.Int64          // how many operations of the store were given up and still run

	mu       sync.Mutex                   // guards the fields below; never held while other code runs
	flight   *flight                      // the request that is running, or nil
	last     atomic.Pointer[oauth2.Token] // the newest token, even if expired: it may be refreshed
	lastSeq  uint64                       // the flight that brought last
	lastSent int64                        // when last was requested, by the monotonic clock
	seq      uint64                       // the newest flight
	late     chan struct{}                // closed and replaced when a late token comes
	refused  history                      // the tokens that APIs refused: a store may still have one
	refusals int                          // how many tokens in a row APIs have refused
	backoff  backoff
	rejected rejection
	keyed    keyed   // the secret read last, and the store's key for it
	have     uint64  // the fence of the record seen last
	spoilt   uint64  // the fence of the last record that could not be read
	breaker  breaker // of the store
	failures int     // how many requests in a row have failed, for Snapshot
	failure  *Error  // the last of these failures
}

var _ oauth2.TokenSource = (*TokenSource)(nil)

// NewTokenSource returns a TokenSource for g. It requests no token before the first call. It
// returns [ErrInvalidConfig] if g is nil or an option has an invalid value.
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
	source := &TokenSource{settings: s, grant: g, born: time.Now(), jitter: rand.Float64(), clock: s.testClock, late: make(chan struct{})}
	if s.secret == nil {
		source.keyed.key = s.storeKey
	}
	return source, nil
}

// Format prints the source's vendor and name. It prints no fields, because they hold tokens.
func (s *TokenSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.text()) }

// LogValue keeps the fields out of log/slog too.
func (s *TokenSource) LogValue() slog.Value { return slog.StringValue(s.text()) }

func (s *TokenSource) text() string {
	if s.name == "" || s.name == s.vendor {
		return "auth.TokenSource(" + s.vendor + ")"
	}
	return "auth.TokenSource(" + s.vendor + ", " + s.name + ")"
}

// Token returns a valid token, like [TokenSource.TokenContext] with a context that never ends. The
// token is the caller's own copy: wrappers such as oauth2.ReuseTokenSource write to the token that
// they get.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	t, err := s.TokenContext(context.Background())
	if err != nil {
		return nil, err
	}
	c := *t
	return &c, nil
}

// TokenContext returns a valid token. If there is one, it returns at once, even if ctx has ended,
// at the cost of an atomic load and a clock read. Otherwise it waits as [TokenSource] describes, at
// most until ctx ends.
//
// The token is shared and must not be modified. Errors are of type [*Error]. If ctx ended first,
// they also wrap its error.
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

// slowEntry serves a call that finds no fresh token.
func (s *TokenSource) slowEntry(ctx context.Context, e *entry, now instant) (*entry, error) {
	if ctx == nil {
		ctx = context.Background() // with a fresh token, a nil ctx would do no harm
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

// renew starts a background request unless one is running or it is too early for one.
func (s *TokenSource) renew(ctx context.Context, now instant) {
	// The holder of the lock is already renewing. A caller with a valid token does not wait for it.
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	e := s.current.Load()
	switch {
	case s.flight != nil:
	case e == nil || now.before(e.stale): // another caller was faster
	case s.backoff.wait(now) > 0:
		s.quiet.Store(s.backoff.until.mono)
	case s.rejected.refusal("", now) != nil:
		s.quiet.Store(s.rejected.until.mono)
	default:
		s.launch(ctx, now, true)
	}
}

// Invalidate replaces the token rejected after an API has refused it with 401. It does nothing
// unless rejected is the current token, so that many refusals of one token lead to one new token.
//
// It also does nothing for a while if the current token has itself replaced a refused one:
// otherwise an API that refuses every token would cost a new one for every call. Such a token is
// replaced a minute after its arrival at the earliest. If a call through [TokenSource.Transport]
// has used it with success, it is replaced at once the first time, and then after 10 s. These times
// double with each refusal in a row, up to 16 minutes.
//
// With a store, Invalidate also tells other processes, which takes 250 ms at most.
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
		s.refused.add(e.token.AccessToken)
		s.refusals = e.replaces + 1
	}
	s.mu.Unlock()
	if swapped {
		s.report(context.Background(), Event{Kind: EventInvalidate, ExpiresIn: now.until(e.expiry)})
	}
	if swapped && e.fence != 0 {
		s.drop(e.fence)
	}
}
