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
	// EventRequest: one call of the Grant has ended, well or with Err. Duration is how long it took.
	EventRequest EventKind = "request"
	// EventRefresh: a new token is in use. ExpiresIn is what is left of it.
	EventRefresh EventKind = "refresh"
	// EventFailure: no token could be had. Failures counts the failures in a row; RetryIn says how long the
	// source waits before it asks again. Background tells that callers saw nothing of it.
	EventFailure EventKind = "failure"
	// EventWait: a caller waited for a token, for Duration, and got one or Err.
	EventWait EventKind = "wait"
	// EventReplay: an API answered 401, and the request was sent once more with a new token. Err is the base
	// RoundTripper's, with the token taken out of its text.
	EventReplay EventKind = "replay"
	// EventInvalidate: an API refused the current token, which will be replaced.
	EventInvalidate EventKind = "invalidate"
	// EventStore: the store was used. Op is "load", "lock" or "save"; "decode" where an entry could not be read, and
	// "unlock" where that failed, tell with Err of a failure only.
	EventStore EventKind = "store"
	// EventDrift: the vendor's answer differs from its document, in the ways that Drift names. It is told
	// once by each source, of the first such answer; the token is as good as any.
	EventDrift EventKind = "drift"
)

// Event is one thing that a TokenSource did. It holds no secret and no token. The log has the same facts, as
// the attributes event, vendor, name, op, duration, background, failures, retry_in, expires_in, drift, status, code and error. A
// Grant that panics is logged besides, at error level, with the attributes vendor, name and stack.
type Event struct {
	Kind       EventKind
	Vendor     string
	Name       string        // as WithName has it; tells two sources of one vendor apart
	Time       time.Time     // of the report, when it was over
	Op         string        // request: "grant"; store: what was done with it
	Duration   time.Duration // request, wait, store: how long it took
	Background bool          // refresh, failure: while a token was valid, unseen by callers
	Failures   int           // failure: how many in a row; 0 where no back-off follows from it, as for rejected credentials
	RetryIn    time.Duration // failure: how long the vendor is not asked; 0 where the next call asks at once
	ExpiresIn  time.Duration // refresh, invalidate: what is left of the token
	Drift      []string      // drift: unknown, missing and changed members, by name and without values
	Err        error         // failure always; request, wait, replay and store where they failed
}

// An Observer is told what a TokenSource does. Observe is called from whatever goroutine did it, several at a
// time, and should return quickly: a caller or the renewal waits for it. It must not ask the same source for a token, which
// would wait for itself: with the ctx that it is given that is an error ([ErrInvalidConfig]), with another one it may
// never end. A panic in it is swallowed.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// ObserverFunc is an Observer made of a function.
type ObserverFunc func(ctx context.Context, e Event)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, e Event) { f(ctx, e) }

// report tells the log and the observer.
func (s *TokenSource) report(ctx context.Context, e Event) {
	if s.logger == nil && s.observer == nil {
		return
	}
	e.Vendor, e.Name, e.Time = s.vendor, s.name, time.Now()
	ctx = context.WithValue(ctx, insideKey{s}, true)
	// Whoever wrote the handler or the observer made the mistake, but a panic here would end the process.
	if s.observer != nil {
		defer func() {
			defer func() { _ = recover() }()
			s.observer.Observe(ctx, e)
		}()
	}
	if s.logger != nil {
		defer func() { _ = recover() }()
		s.log(ctx, e)
	}
}

// rounded is a duration for people: to a tenth of a second from ten seconds on, and to a millisecond
// or a microsecond below.
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
	case e.Kind == EventFailure, e.Kind == EventStore && e.Err != nil, e.Kind == EventInvalidate, e.Kind == EventDrift:
		level = slog.LevelWarn
	}
	if !s.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("event", string(e.Kind)), slog.String("vendor", e.Vendor))
	if e.Name != "" {
		attrs = append(attrs, slog.String("name", e.Name))
	}
	if e.Op != "" {
		attrs = append(attrs, slog.String("op", e.Op))
	}
	if e.Duration != 0 {
		attrs = append(attrs, slog.Duration("duration", rounded(e.Duration)))
	}
	if e.Background {
		attrs = append(attrs, slog.Bool("background", true))
	}
	if e.Failures != 0 {
		attrs = append(attrs, slog.Int("failures", e.Failures))
	}
	if e.RetryIn != 0 {
		attrs = append(attrs, slog.Duration("retry_in", rounded(e.RetryIn)))
	}
	if e.ExpiresIn != 0 {
		attrs = append(attrs, slog.Duration("expires_in", rounded(e.ExpiresIn)))
	}
	if len(e.Drift) > 0 {
		attrs = append(attrs, slog.String("drift", strings.Join(e.Drift, "; ")))
	}
	if e.Err != nil {
		var failure *Error
		if errors.As(e.Err, &failure) {
			if failure.StatusCode != 0 {
				attrs = append(attrs, slog.Int("status", failure.StatusCode))
			}
			if failure.Code != "" {
				attrs = append(attrs, slog.String("code", failure.Code))
			}
		}
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	s.logger.LogAttrs(ctx, level, "finsdk token "+string(e.Kind), attrs...)
}
