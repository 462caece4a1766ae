package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/finsdk/finsdk-go/internal/redact"
)

const (
	storeLimit = 250 * time.Millisecond // for an operation that a caller waits for
	saveLimit  = 2 * time.Second        // for one that nobody waits for
	storeGrace = 20 * time.Millisecond  // for a store that returns late
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
// in it into an error. late gets the result if the store returns after the limit.
func use[T any](s *TokenSource, ctx context.Context, op string, limit time.Duration, f func(context.Context) (T, error), late func(T)) (T, error) {
	// What ends a lease is worth a try. To wait is not to fail.
	if watching := op == "watch"; !watching && limit == storeLimit {
		now := s.now()
		s.mu.Lock()
		admitted := s.breaker.admits(now)
		s.mu.Unlock()
		if !admitted {
			return *new(T), errOpen
		}
	}
	ended := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	value, err := bounded(ctx, f, late)
	if ended.Err() != nil && err != nil || op == "watch" && ctx.Err() != nil {
		return value, err // the caller's doing, not the store's
	}
	broken := err != nil && !errors.Is(err, ErrLeaseLost)
	now := s.now()
	s.mu.Lock()
	s.breaker.note(!broken, now)
	s.mu.Unlock()
	if err != nil || op == "acquire" || op == "load" || op == "save" || op == "drop" {
		s.report(ended, Event{Kind: EventStore, Op: op, Duration: time.Since(start), Err: err})
	}
	return value, err
}

// bounded calls f in a goroutine, and gives up on it soon after ctx has ended.
func bounded[T any](ctx context.Context, f func(context.Context) (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done, gone := make(chan result), make(chan struct{})
	go func() {
		r := result{err: errors.New("the store ended its goroutine")}
		defer func() {
			select {
			case done <- r:
			case <-gone:
				if late != nil && r.err == nil {
					guard(func() { late(r.value) })
				}
			}
		}()
		p := guard(func() {
			value, err := f(ctx)
			r = result{value, storeError(err)}
		})
		if p != nil {
			r.err = errors.New(p.text("the store"))
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	patience := time.NewTimer(storeGrace)
	defer patience.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-patience.C:
		close(gone)
		return *new(T), fmt.Errorf("the store did not return in time: %w", ctx.Err())
	}
}

// storeError returns err with a text that cannot quote a record: the text of an [*Error], of the
// operating system or of a context, or else the type of err.
func storeError(err error) error {
	return redact.Error(err, func(string) string {
		var (
			own     *Error
			network *net.OpError
			lookup  *net.DNSError
			file    *fs.PathError
			link    *os.LinkError
		)
		switch {
		case errors.As(err, &own):
			return own.Error()
		case errors.As(err, &network):
			return network.Error()
		case errors.As(err, &lookup):
			return lookup.Error()
		case errors.As(err, &file):
			return file.Error()
		case errors.As(err, &link):
			return link.Error()
		case errors.Is(err, ErrLeaseLost):
			return ErrLeaseLost.Error()
		case errors.Is(err, context.DeadlineExceeded):
			return context.DeadlineExceeded.Error()
		case errors.Is(err, context.Canceled):
			return context.Canceled.Error()
		}
		return fmt.Sprintf("the store returned a %T", err)
	})
}
