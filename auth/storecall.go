package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/finsdk/finsdk-go/internal/errortext"
)

const (
	storeLimit = 250 * time.Millisecond // for an operation that a caller waits for
	saveLimit  = 2 * time.Second        // for one that nobody waits for
	storeGrace = 20 * time.Millisecond  // for a store that returns late
	maxStuck   = 8                      // operations of a source that do not return
)

// breaker keeps a broken store from delaying every request. It opens after three failures in a row,
// for 1 s at first and twice as long after each further failure, up to 30 s. Then one operation
// tries whether the store works again.
type breaker struct {
	failures int
	until    instant
}

const (
	tolerated  = 3
	firstBreak = time.Second
	lastBreak  = 30 * time.Second
)

// admits reports whether the store may be used now. The others wait while one operation tries.
func (b *breaker) admits(now instant) bool {
	if b.failures < tolerated {
		return true
	}
	if now.until(b.until) > 0 {
		return false
	}
	b.until = now.add(saveLimit) // this one tries
	return true
}

func (b *breaker) note(ok bool, now instant) {
	if ok {
		*b = breaker{}
		return
	}
	if b.failures++; b.failures >= tolerated {
		b.until = now.add(min(firstBreak<<min(b.failures-tolerated, 5), lastBreak))
	}
}

// errOpen is the error of an operation that the breaker does not admit.
var errOpen = errors.New("the store has failed, and is not used for a while")

// use calls the store with a time limit, even if the store ignores its context, and turns a panic
// in it into an error.
func (s *TokenSource) use(ctx context.Context, op string, limit time.Duration, f func(context.Context) (Attempt, error)) (Attempt, error) {
	// Each of them has a goroutine, and perhaps a thread.
	if s.stuck.Load() >= maxStuck {
		return Attempt{}, errOpen
	}
	// What ends a lease is worth a try. To wait is not to fail.
	if op != "watch" && limit == storeLimit {
		now := s.now()
		s.mu.Lock()
		admitted := s.breaker.admits(now)
		s.mu.Unlock()
		if !admitted {
			return Attempt{}, errOpen
		}
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	at, err := s.bounded(limited, f)
	if ctx.Err() != nil && err != nil || op == "watch" && limited.Err() != nil {
		return at, err // the caller's doing, not the store's
	}
	now := s.now()
	s.mu.Lock()
	s.breaker.note(err == nil || errors.Is(err, ErrLeaseLost), now)
	s.mu.Unlock()
	if err != nil || op == "acquire" || op == "load" || op == "save" || op == "drop" {
		s.report(ctx, Event{Kind: EventStore, Op: op, Duration: time.Since(start), Err: err})
	}
	return at, err
}

// bounded calls f in a goroutine, and gives up on it soon after ctx has ended. It gives back a lease
// that comes too late.
func (s *TokenSource) bounded(ctx context.Context, f func(context.Context) (Attempt, error)) (Attempt, error) {
	at, err := Attempt{}, errors.New("the store ended its goroutine")
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer func() {
			select {
			case done <- struct{}{}:
			case <-gone:
				defer s.stuck.Add(-1)
				if err == nil && at.Lease != nil {
					ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
					defer cancel()
					guard(func() { _ = giveBack(ctx, at.Lease, at.Lost) })
				}
			}
		}()
		if p := guard(func() {
			at, err = f(ctx)
			err, at.Record.Err = storeError(err), storeError(at.Record.Err)
		}); p != nil {
			err = errors.New(p.text("the store"))
		}
	}()
	select {
	case <-done:
		return at, err
	case <-ctx.Done():
	}
	patience := time.NewTimer(storeGrace)
	defer patience.Stop()
	select {
	case <-done:
		return at, err
	case <-patience.C:
		s.stuck.Add(1)
		close(gone)
		return Attempt{}, fmt.Errorf("the store did not return in time: %w", ctx.Err())
	}
}

// giveBack ends a lease with which nothing was saved. If the lease before it got lost, it lets this
// one run out instead: the next holder must learn of the loss too.
func giveBack(ctx context.Context, l Lease, lost bool) error {
	if lost {
		return l.Extend(ctx, time.Millisecond)
	}
	return l.Release(ctx)
}

// storeError returns err with a text that cannot quote a record: the text of an [*Error], of the
// operating system or of a context, or else the type of err.
func storeError(err error) error {
	text := cmp.Or(textOf[*Error](err), textOf[*net.OpError](err), textOf[*net.DNSError](err), textOf[*fs.PathError](err), textOf[*os.LinkError](err))
	for _, known := range []error{ErrLeaseLost, context.DeadlineExceeded, context.Canceled} {
		if text == "" && errors.Is(err, known) {
			text = known.Error()
		}
	}
	return errortext.Retell(err, func(string) string { return cmp.Or(text, fmt.Sprintf("the store returned a %T", err)) })
}

// textOf returns the text of the E that err is or wraps, or "".
func textOf[E error](err error) string {
	if e, ok := errors.AsType[E](err); ok {
		return e.Error()
	}
	return ""
}
