package auth

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	// EventRequest: a call of the Grant has ended, with success or with Err. Duration is how long
	// it took.
	EventRequest EventKind = "request"
	// EventRefresh: a new token is in use. ExpiresIn is its remaining lifetime.
	EventRefresh EventKind = "refresh"
	// EventFailure: a request brought no token. Failures counts the failures in a row, and RetryIn
	// says how long the source waits before the next request. Background is set if no caller was
	// affected.
	EventFailure EventKind = "failure"
	// EventWait: a caller waited for a token, for Duration, and got one or Err.
	EventWait EventKind = "wait"
	// EventReplay: an API answered 401, and the request was sent once more with a new token. Err is
	// the error of the base RoundTripper, with the token removed from its text.
	EventReplay EventKind = "replay"
	// EventRetry: a request to the API is sent again, as WithRetry asks, after a wait of Duration. Op
	// is its method, Failures counts the requests of this call that failed before, and Err is why the
	// last one did.
	EventRetry EventKind = "retry"
	// EventInvalidate: an API refused the current token, which will be replaced.
	EventInvalidate EventKind = "invalidate"
	// EventStore: the store was used. Op is "acquire", "load", "save" or "drop", or, for failures
	// only, "extend", "release", "watch" or "decode" (a record was unreadable). Err is [ErrLeaseLost]
	// if another process went on while this one was stopped or slow.
	EventStore EventKind = "store"
	// EventDrift: the vendor's answer differs from its document, in the ways that Drift lists. Each
	// source reports only the first such answer. The token is as good as any.
	EventDrift EventKind = "drift"
)

// Event is one thing that a TokenSource did. It holds no secret and no token. The log has the same
// facts, as the attributes event, vendor, name, op, duration, background, failures, retry_in,
// expires_in, drift, status, code and error. If a Grant panics, the source also logs that at error
// level, with the attributes vendor, name and stack.
type Event struct {
	Kind       EventKind
	Vendor     string
	Name       string        // from WithName; tells two sources of one vendor apart
	Time       time.Time     // when the event was reported, at its end
	Op         string        // request: "grant"; store: the operation; retry: the method
	Duration   time.Duration // request, wait, store: how long it took; retry: the wait before
	Background bool          // refresh, failure: a token was valid meanwhile, so callers did not notice
	Failures   int           // failure: how many in a row, 0 if no back-off follows; retry: of this call
	RetryIn    time.Duration // failure: how long no request is sent; 0 if the next call sends one
	ExpiresIn  time.Duration // refresh, invalidate: the token's remaining lifetime
	Drift      []string      // drift: unknown, missing and changed members, without their values
	Err        error         // failure, retry: always set; request, wait, replay, store: if they failed
}

// An Observer is told what a TokenSource does. Several goroutines may call Observe at the same
// time, and callers or the renewal wait for it, so it should return quickly. It must not ask the
// same source for a token, because the source would wait for itself: with the ctx that Observe was
// given, that returns [ErrInvalidConfig]; with any other context it may hang. The source recovers
// from a panic in Observe.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// ObserverFunc is a function that implements Observer.
type ObserverFunc func(ctx context.Context, e Event)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, e Event) { f(ctx, e) }

// report passes e to the log and to the observer.
func (s *TokenSource) report(ctx context.Context, e Event) {
	e.Vendor, e.Name, e.Time = s.vendor, s.name, time.Now()
	if s.observer != nil {
		// Deferred, because the log's handler may end the goroutine, as t.FailNow does.
		defer s.tell(ctx, func(ctx context.Context) { s.observer.Observe(ctx, e) })
	}
	if s.logger != nil {
		s.tell(ctx, func(ctx context.Context) { s.log(ctx, e) })
	}
}

// tell calls f with a context with which f cannot wait for s.
func (s *TokenSource) tell(ctx context.Context, f func(context.Context)) {
	guard(func() { f(context.WithValue(ctx, insideKey{s}, true)) })
}

// rounded rounds d for people: to a tenth of a second from ten seconds on, and to a millisecond or
// a microsecond below.
func rounded(d time.Duration) time.Duration {
	switch {
	case d.Abs() >= 10*time.Second:
		return d.Round(time.Second / 10)
	case d.Abs() >= 10*time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

func (s *TokenSource) log(ctx context.Context, e Event) {
	level := slog.LevelDebug
	switch {
	case e.Kind == EventFailure && !e.Background:
		level = slog.LevelError
	case e.Kind == EventFailure, e.Kind == EventStore && e.Err != nil, e.Kind == EventInvalidate,
		e.Kind == EventDrift, e.Kind == EventRetry:
		level = slog.LevelWarn
	}
	if !s.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	add := func(set bool, attr slog.Attr) {
		if set {
			attrs = append(attrs, attr)
		}
	}
	add(true, slog.String("event", string(e.Kind)))
	add(true, slog.String("vendor", e.Vendor))
	add(e.Name != "", slog.String("name", e.Name))
	add(e.Op != "", slog.String("op", e.Op))
	add(e.Duration != 0, slog.Duration("duration", rounded(e.Duration)))
	add(e.Background, slog.Bool("background", true))
	add(e.Failures != 0, slog.Int("failures", e.Failures))
	add(e.RetryIn != 0, slog.Duration("retry_in", rounded(e.RetryIn)))
	add(e.ExpiresIn != 0, slog.Duration("expires_in", rounded(e.ExpiresIn)))
	add(len(e.Drift) > 0, slog.String("drift", strings.Join(e.Drift, "; ")))
	if failure, ok := errors.AsType[*Error](e.Err); ok {
		add(failure.StatusCode != 0, slog.Int("status", failure.StatusCode))
		add(failure.Code != "", slog.String("code", failure.Code))
	}
	if e.Err != nil {
		add(true, slog.String("error", e.Err.Error()))
	}
	s.logger.LogAttrs(ctx, level, "finsdk token "+string(e.Kind), attrs...)
}
