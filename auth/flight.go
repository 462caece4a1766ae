package auth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/drift"
	"github.com/finsdk/finsdk-go/internal/wire"
)

// abandonAfter is how long past its timeout a Grant may run before its callers stop waiting for it.
// A Grant that heeds its context returns long before.
const abandonAfter = 50 * time.Millisecond

// flight is one request for a token and its result. entry and failure are set before done is
// closed. Without either, nothing was asked for.
type flight struct {
	done       chan struct{}
	seq        uint64
	background bool            // nobody waits for it; guarded by the source's mu
	waiters    int             // callers that wait for it; guarded by the source's mu
	wanted     context.Context // ends when the last of them leaves; nil without a store
	unwanted   context.CancelFunc
	guard      *time.Timer           // lands the flight if it takes too long
	entry      atomic.Pointer[entry] // as in a TokenSource
	failure    *Error
}

// outcome is what a flight brings: a token, a failure, or neither.
type outcome struct {
	attempt *attempt // nil if nobody asked the vendor
	token   *oauth2.Token
	sent    instant // when the request was sent
	err     error
	spent   bool   // the request used up its whole timeout
	told    bool   // err is another process's
	left    bool   // there is nothing to tell
	fence   uint64 // of the record that has or gets the token; 0 if there is none

	// The landing sets these.
	entry   *entry
	failure *Error
}

// wait returns a valid entry. It waits for requests and pauses as long as ctx allows.
func (s *TokenSource) wait(ctx context.Context) (*entry, error) {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	var last error
	for {
		if ctx.Err() != nil {
			return nil, s.gaveUp(ctx, last)
		}
		f, pause, late, err := s.join(ctx)
		switch {
		case err != nil:
			return nil, err
		case f == nil && pause == 0:
			if e := s.current.Load(); e != nil {
				return e, nil
			}
			continue // an API refused the token at this moment
		case f == nil:
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-late:
				timer.Stop()
			case <-ctx.Done():
				timer.Stop()
			}
			continue
		}
		select {
		case <-f.done:
		case <-late:
			s.leave(f)
			continue
		case <-ctx.Done():
			s.leave(f)
			return nil, s.gaveUp(ctx, last)
		}
		if e := f.entry.Load(); e != nil {
			return e, nil
		}
		if f.failure == nil {
			continue
		}
		last = f.failure
		if _, ok := ctx.Deadline(); !ok || !passing(f.failure) {
			return nil, f.failure
		}
	}
}

// join returns the flight to wait for, and starts one if needed. Otherwise it returns how long to
// pause before the next flight can start, or neither if there is a valid token. Either wait also
// ends when the returned channel is closed: a token came late.
func (s *TokenSource) join(ctx context.Context) (*flight, time.Duration, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if e := s.current.Load(); e != nil && now.before(e.dead) {
		return nil, 0, nil, nil
	}
	if s.flight != nil {
		s.flight.background = false // the token has expired: a caller now waits
		s.flight.waiters++
		return s.flight, 0, s.late, nil
	}
	if err := s.rejected.refusal("", now); err != nil {
		return nil, 0, nil, err
	}
	pause := s.backoff.wait(now)
	if pause <= 0 {
		f := s.launch(ctx, now, false)
		f.waiters++
		return f, 0, s.late, nil
	}
	if definite(s.backoff.err) {
		return nil, 0, nil, s.postponed(pause)
	}
	patience := s.requestTimeout
	if deadline, ok := ctx.Deadline(); ok {
		patience = time.Until(deadline)
	}
	if pause >= patience {
		return nil, 0, nil, s.postponed(pause)
	}
	return nil, pause, s.late, nil
}

// leave is called for each caller that no longer waits for f.
func (s *TokenSource) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		f.unwanted()
	}
}

// launch starts a flight. The caller holds mu.
func (s *TokenSource) launch(ctx context.Context, now instant, background bool) *flight {
	ctx = s.detach(ctx)
	s.seq++
	f := &flight{done: make(chan struct{}), seq: s.seq, background: background}
	f.unwanted = func() {}
	if s.store != nil { // only sharing asks whether somebody waits
		// Without the caller's values, which a dumper of the source could find.
		f.wanted, f.unwanted = context.WithCancel(context.WithValue(context.Background(), insideKey{s}, true))
	}
	if background {
		f.unwanted()
	}
	s.flight = f
	s.quiet.Store(math.MaxInt64) // until it lands
	// A Grant that ignores its context must not hold its callers.
	limit := s.requestTimeout + abandonAfter
	if s.store != nil {
		limit += 2 * storeLimit
	}
	f.guard = time.AfterFunc(limit, func() {
		s.land(ctx, f, &outcome{sent: now, spent: true, err: &Error{Op: "request a token", Kind: ErrUnavailable, Err: context.DeadlineExceeded,
			Hint: "the Grant, or the SecretSource or http.Client that it uses, did not return in time"}}, nil)
	})
	go func() {
		growStack()
		defer f.unwanted()
		defer f.guard.Stop()
		s.fly(ctx, f)
	}()
	return f
}

// growStack makes room on a new goroutine's stack for a request, in one step, while there is little
// to copy. Left alone, the stack would grow twice on the way, deep in net/http, which takes a
// twentieth of the request's processor time.
//
//go:noinline
func growStack() {
	var room [5 << 10]byte
	touch(&room)
}

//go:noinline
func touch(*[5 << 10]byte) {}

// insideKey marks the contexts of the Grant, Store and Observer that a source waits for. They must
// not wait for the source.
type insideKey struct{ source *TokenSource }

// detach returns a context with the values of the caller's, without its end and its httptrace
// hooks. The hooks belong to a request that may be over long before the flight is.
func (s *TokenSource) detach(ctx context.Context) context.Context {
	return context.WithValue(wire.Detach(ctx), insideKey{s}, true)
}

// fly runs a flight to its landing, even if the Grant ends the goroutine.
func (s *TokenSource) fly(ctx context.Context, f *flight) {
	o := &outcome{sent: s.now(), err: errEnded}
	var sh *sharing
	if s.store != nil {
		sh = &sharing{source: s, ctx: ctx, flight: f}
	}
	defer func() {
		if o.err == errEnded {
			o.attempt = &attempt{source: s}
			o.err = o.attempt.failure("the Grant ended its goroutine")
		}
		s.land(ctx, f, o, sh)
	}()
	if sh == nil {
		s.ask(o, ctx, f, nil)
		return
	}
	sh.run(o)
}

// errEnded is the error of an outcome that nobody has set.
var errEnded = errors.New("the flight ended without a result")

// ask asks the vendor. It has the whole request timeout, however long the store took. sh is nil
// without a store.
func (s *TokenSource) ask(o *outcome, ctx context.Context, f *flight, sh *sharing) {
	if !f.guard.Stop() {
		*o = outcome{left: true} // the flight was given up
		return
	}
	f.guard.Reset(s.requestTimeout + abandonAfter)
	ctx, cancel := context.WithTimeout(ctx, s.requestTimeout)
	defer cancel()
	var last *oauth2.Token
	client := s.tokenClient()
	if sh == nil {
		s.mu.Lock()
		last = s.last.Load()
		s.mu.Unlock()
	} else {
		last = sh.last()
		stop := sh.grip.hold(ctx)
		defer stop()
		checked := *client.Transport.(*tokenTransport)
		checked.check = sh.grip.check
		client.Transport = &checked
		if err := sh.grip.check(ctx); err != nil {
			*o = outcome{sent: s.now(), err: err}
			return
		}
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	o.attempt = &attempt{source: s}
	if s.secret != nil && sh != nil {
		o.token, o.sent, o.err = s.request(ctx, o.attempt, last) // another secret has a record of its own
	} else {
		o.token, o.sent, o.err = s.obtain(ctx, o.attempt, last)
	}
	if o.spent = ctx.Err() != nil; sh != nil && sh.grip != nil {
		o.fence = sh.grip.fence
	}
}

// obtain gets a token from the Grant. sent is when its request was sent.
func (s *TokenSource) obtain(ctx context.Context, a *attempt, last *oauth2.Token) (t *oauth2.Token, sent instant, err error) {
	t, sent, err = s.request(ctx, a, last)
	if a.fingerprint == "" || a.blocked || !errors.Is(err, ErrInvalidCredentials) {
		return t, sent, err
	}
	// The secret may have been rotated since it was read. Asking the Grant again reads it again.
	// The secret that was just refused is not sent a second time.
	if changing := s.remember(a, err); changing {
		return t, sent, err
	}
	again := &attempt{source: s}
	if t2, sent2, err2 := s.request(ctx, again, last); again.fingerprint != "" && !again.blocked {
		*a = *again
		return t2, sent2, err2
	}
	return t, sent, err
}

// request calls the Grant once.
func (s *TokenSource) request(ctx context.Context, a *attempt, last *oauth2.Token) (*oauth2.Token, instant, error) {
	sent, start := s.now(), time.Now()
	t, err := a.call(ctx, last)
	if !a.blocked {
		s.report(ctx, Event{Kind: EventRequest, Op: "grant", Duration: time.Since(start), Err: err})
	}
	if err == nil {
		if differences := drift.Of(t); len(differences) > 0 && s.drifted.CompareAndSwap(false, true) {
			s.report(ctx, Event{Kind: EventDrift, Drift: differences})
		}
	}
	return t, sent, err
}

// remember records that the vendor refused the credentials of a. It reports whether the vendor
// keeps refusing new ones.
func (s *TokenSource) remember(a *attempt, err error) (changing bool) {
	failure := s.describe(context.Background(), a, err)
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejected.remember(a.fingerprint, failure, now)
	return s.rejected.changing()
}

// land ends a flight: it stores the token or records the failure, and releases the callers. A
// flight that was given up lands a second time, which a nil or different s.flight shows. Its token
// is still used unless a newer one has come. sh is nil for one that was given up.
func (s *TokenSource) land(ctx context.Context, f *flight, o *outcome, sh *sharing) {
	now := s.now()
	a, err := o.attempt, o.err
	if err == nil && !o.left && o.entry == nil {
		if o.entry, err = s.newEntry(o.token, o.sent, now); err == nil {
			o.entry.fence = o.fence
		}
	}
	if err != nil && o.failure == nil {
		o.failure = s.describe(context.Background(), a, err)
	}
	e, failure := o.entry, o.failure

	failures := 0
	s.mu.Lock()
	own := s.flight == f
	if own {
		s.flight = nil
		s.quiet.Store(0)
	}
	installed := false
	switch {
	case e != nil:
		if installed = s.install(e, f.seq, now); installed && !own {
			close(s.late)
			s.late = make(chan struct{})
		}
	case !own:
	case failure == nil:
		s.quiet.Store(now.add(lookAgain + rand.N(lookAgain)).mono)
	default:
		failure.spent = o.spent
		if a == nil || !a.blocked {
			s.failures, s.failure = s.failures+1, failure
		}
		before := s.backoff.failures
		if o.told {
			before = 0
			s.hush(failure, now)
		} else {
			s.note(failure, a, o.sent, now)
		}
		if s.backoff.failures > before {
			failures = s.backoff.failures
		}
	}
	if own {
		f.entry.Store(e)
		f.failure = failure
	}
	background := f.background
	retryIn := max(s.backoff.wait(now), now.until(s.rejected.until), 0)
	s.mu.Unlock()

	if own {
		// Closed last, so that the log has the result before the callers go on, and deferred, in
		// case an Observer ends the goroutine.
		defer close(f.done)
	}
	if sh != nil {
		defer sh.settleSoon(o)
	}
	switch {
	case installed:
		s.report(ctx, Event{Kind: EventRefresh, Background: background, ExpiresIn: now.until(e.expiry)})
	case own && failure != nil && (a == nil || !a.blocked): // no remembered refusal
		s.report(ctx, Event{Kind: EventFailure, Background: background, Failures: failures, RetryIn: retryIn, Err: failure})
	}
}

// install makes e the current token unless a later flight's token is in place. The caller holds mu.
func (s *TokenSource) install(e *entry, seq uint64, now instant) bool {
	if seq < s.lastSeq {
		return false
	}
	e.replaces = max(e.replaces, s.refusals)
	s.refusals = 0
	s.last.Store(e.token)
	s.lastSeq, s.lastSent = seq, e.sent.mono
	s.history.add(e.token.AccessToken)
	s.current.Store(e)
	s.backoff = backoff{}
	s.rejected = rejection{}
	s.failures, s.failure = 0, nil
	s.quiet.Store(0)
	if !now.before(e.stale) {
		// A Grant may return a token that is already due for renewal. Not every call may ask it
		// again.
		s.quiet.Store(now.add(firstBackoff).mono)
	}
	return true
}

// note records a failure, from which the time of the next attempt follows. The caller holds mu.
func (s *TokenSource) note(failure *Error, a *attempt, sent, now instant) {
	switch {
	case a != nil && a.blocked:
		// Nothing was sent. Reading the secret again is cheap, but while a token is valid not every
		// call should.
		s.quiet.Store(now.add(firstBackoff).mono)
	case a != nil && failure.Is(ErrInvalidCredentials):
		if s.rejected.err == nil || s.rejected.fingerprint != a.fingerprint || now.until(s.rejected.until) <= 0 {
			s.rejected.remember(a.fingerprint, failure, now)
		}
		if s.rejected.changing() {
			s.backoff.fail(failure, sent, now, failure.RetryAfter)
		}
		s.hush(failure, now)
	case failure.local():
		s.quiet.Store(now.add(firstBackoff).mono)
	default:
		s.backoff.fail(failure, sent, now, failure.RetryAfter)
		s.hush(failure, now)
	}
}

// hush keeps the background quiet after a failure. Rejected credentials may change at any time. The
// caller holds mu.
func (s *TokenSource) hush(failure *Error, now instant) {
	until := now.add(firstBackoff).mono
	if !failure.Is(ErrInvalidCredentials) || s.rejected.changing() {
		until = s.backoff.until.mono
	}
	s.quiet.Store(until)
}

// postponed returns the last failure, for a caller that cannot wait for the next attempt. The
// caller holds mu.
func (s *TokenSource) postponed(pause time.Duration) error {
	e := *s.backoff.err
	e.RetryAfter = pause
	return &e
}

// gaveUp returns the error for a caller whose context ended. last is the failure that it saw
// before.
func (s *TokenSource) gaveUp(ctx context.Context, last error) error {
	ended := ctx.Err()
	cause := ended
	if c := context.Cause(ctx); c != nil && !errors.Is(c, cause) {
		cause = fmt.Errorf("%w: %w", cause, c)
	}
	if last != nil {
		cause = fmt.Errorf("%w; before that: %w", cause, last)
	}
	return s.own(&Error{Op: "wait for a token", Err: cause, ended: ended,
		Hint: "give the call a later deadline; the request to the vendor goes on and will serve the next one"})
}
