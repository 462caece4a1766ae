package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/redact"
)

// sharing is how one request for a token uses the store.
type sharing struct {
	source    *TokenSource
	ctx       context.Context
	unlock    func()        // nil while the lock is not held
	found     *oauth2.Token // a token of another process, which makes the request needless
	requested instant       // when found was requested
	last      *oauth2.Token // the token to give to the Grant
	asked     int64         // when last was requested, by the wall clock
}

// open looks for a token of another process, first without the lock and then while holding it.
// close releases the lock. If the store fails, open goes on without it.
func (sh *sharing) open() {
	s := sh.source
	if !sh.load() || sh.found != nil {
		return
	}
	// The holder of the lock is asking the vendor. If it never comes back, half of our own time is
	// left to do so.
	unlock, err := use(sh, sh.ctx, "lock", s.requestTimeout/2, func(ctx context.Context) (func(), error) {
		return s.store.Lock(ctx, s.storeKey)
	}, func(unlock func()) {
		if unlock != nil {
			unlock()
		}
	})
	if sh.unlock = unlock; err == nil {
		sh.load()
	}
}

// read returns the token in the store's entry, or nil if there is none.
func (sh *sharing) read(ctx context.Context) (*oauth2.Token, time.Time, error) {
	s := sh.source
	entry, err := use(sh, ctx, "load", s.storeShare(), func(ctx context.Context) ([]byte, error) {
		return s.store.Load(ctx, s.storeKey)
	}, nil)
	if err != nil || len(entry) == 0 {
		return nil, time.Time{}, err
	}
	t, requested, err := decodeToken(entry)
	if err != nil {
		s.report(ctx, Event{Kind: EventStore, Op: "decode", Err: err})
		return nil, time.Time{}, nil
	}
	return t, requested, nil
}

// load reads the store's entry into sh. It reports whether the store works.
func (sh *sharing) load() bool {
	s := sh.source
	t, requested, err := sh.read(sh.ctx)
	if t == nil {
		return err == nil
	}
	// The token that was requested later is the newer one. It may expire earlier: a vendor shortens
	// tokens when the session is about to end. If refresh tokens rotate, refreshing with the older
	// token would end the session.
	if sh.last == nil || (t.AccessToken != sh.last.AccessToken && requested.UnixNano() > sh.asked) {
		sh.last, sh.asked = t, requested.UnixNano()
	}
	now := s.now()
	sent := now.add(-max(now.time().Sub(requested), 0))
	e, err := s.newEntry(t, sent, now)
	if err != nil || !now.before(e.dead) {
		return true
	}
	s.mu.Lock()
	refused := fingerprint(t.AccessToken) == s.refused
	s.mu.Unlock()
	current := s.current.Load()
	switch {
	case refused:
	case current != nil && t.AccessToken == current.token.AccessToken:
	case current != nil && now.before(current.dead) && (!now.before(e.stale) || sent.wall <= current.sent.wall):
		// Our own token is as good. Without a valid one, use any.
	default:
		sh.found, sh.requested = t, sent
	}
	return true
}

// save shares the token that the Grant returned, even if the request's time is up: otherwise other
// processes would go on with a refresh token that is used up.
func (sh *sharing) save(t *oauth2.Token, sent instant) {
	s := sh.source
	if t == nil {
		return
	}
	ctx := context.WithoutCancel(sh.ctx)
	if sh.ctx.Err() != nil {
		// It is late: others may have stopped waiting for the lock, and saved a newer token.
		if _, stored, _ := sh.read(ctx); stored.UnixNano() > sent.wall {
			return
		}
	}
	now := s.now()
	e, err := s.newEntry(t, sent, now)
	if err != nil {
		return
	}
	ttl := now.until(e.expiry)
	if t.RefreshToken != "" {
		ttl = max(ttl, refreshLifetime(t))
	}
	entry, err := encodeToken(e.token, sent.time(), s.storedExtras)
	_, _ = use(sh, ctx, "save", s.storeShare(), func(ctx context.Context) (struct{}, error) {
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.store.Save(ctx, s.storeKey, entry, ttl)
	}, nil)
}

func (sh *sharing) close() {
	if sh.unlock != nil {
		_, _ = use(sh, context.WithoutCancel(sh.ctx), "unlock", storeTimeout, func(context.Context) (struct{}, error) {
			sh.unlock()
			return struct{}{}, nil
		}, nil)
	}
}

// storeShare bounds one use of the store, so that two of them still leave a request most of its
// time.
func (s *TokenSource) storeShare() time.Duration { return min(storeTimeout, s.requestTimeout/4) }

// use calls the store with a time limit, even if the store ignores its context, and turns a panic
// in it into an error. late gets the result if the store returns after the limit.
func use[T any](sh *sharing, ctx context.Context, op string, limit time.Duration, f func(context.Context) (T, error), late func(T)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	start := time.Now()
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
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		patience := time.NewTimer(abandonAfter)
		select {
		case r = <-done:
			patience.Stop()
		case <-patience.C:
			close(gone)
			r.err = fmt.Errorf("the store did not return in time: %w", ctx.Err())
		}
	}
	if op != "unlock" || r.err != nil {
		sh.source.report(ctx, Event{Kind: EventStore, Op: op, Duration: time.Since(start), Err: r.err})
	}
	return r.value, r.err
}

// storeError returns err with a text that cannot quote an entry: the text of an [*Error], of the
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
		case errors.Is(err, context.DeadlineExceeded):
			return context.DeadlineExceeded.Error()
		case errors.Is(err, context.Canceled):
			return context.Canceled.Error()
		}
		return fmt.Sprintf("the store returned a %T", err)
	})
}

// refreshLifetime returns the lifetime of the refresh token, or a month if the vendor does not say.
func refreshLifetime(t *oauth2.Token) time.Duration {
	n, ok := t.Extra("refresh_expires_in").(float64)
	if text, isText := t.Extra("refresh_expires_in").(string); isText { // from some proxies
		var err error
		n, err = strconv.ParseFloat(text, 64)
		ok = err == nil
	}
	if ok && n > 0 && n < accesstoken.MaxLifetime.Seconds() {
		return time.Duration(n * float64(time.Second))
	}
	return accesstoken.MaxLifetime
}
