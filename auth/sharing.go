package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// sharing is how one request for a token uses the store.
type sharing struct {
	source    *TokenSource
	ctx       context.Context
	unlock    func()        // nil while the lock is not held
	found     *oauth2.Token // one that another process got, which makes the request needless
	requested instant       // when that was sent
	last      *oauth2.Token // what to give the Grant
	fresh     *oauth2.Token // what the Grant got
	asked     int64         // when last was asked for, by the wall clock
}

// open looks for a token that another process got, first as it is and then again while holding the
// lock, which close gives back. Where the store fails, it is as if there were none.
func (sh *sharing) open() {
	s := sh.source
	if !sh.load() || sh.found != nil {
		return
	}
	// The holder is asking the vendor. Half of our own time is left for doing so, should it never
	// come back.
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

// read returns the store's entry, or a nil token where there is none.
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

// load takes in what the store has and reports whether the store works.
func (sh *sharing) load() bool {
	s := sh.source
	t, requested, err := sh.read(sh.ctx)
	if t == nil {
		return err == nil
	}
	// The newer token is the one that was asked for later. It may expire earlier: a vendor cuts
	// tokens short where the session ends. Refreshing with the older one instead would end the
	// session, where refresh tokens rotate.
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
		// Our own is as good. Without a valid one, any will do.
	default:
		sh.found, sh.requested = t, sent
	}
	return true
}

// save shares the token that the Grant got. What the request has left of its time does not matter:
// other processes would go on with a refresh token that is used up.
func (sh *sharing) save(t *oauth2.Token, sent instant) {
	s := sh.source
	if t == nil {
		return
	}
	ctx := context.WithoutCancel(sh.ctx)
	if sh.ctx.Err() != nil {
		// So late that others may have stopped waiting for the lock.
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
	sh.fresh = e.token
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

// storeShare is how long a use of the store may take: so little that a request has most of its time
// left even after two of them.
func (s *TokenSource) storeShare() time.Duration { return min(storeTimeout, s.requestTimeout/4) }

// use calls the store with a time limit, which holds for a store that minds no context too, and
// makes a panic in it an error. late gets what such a store returns when nobody waits any more.
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
			if p := recover(); p != nil {
				r.err = fmt.Errorf("the store panicked with a %T", p)
			}
			select {
			case done <- r:
			case <-gone:
				if late != nil && r.err == nil {
					defer func() { _ = recover() }()
					late(r.value)
				}
			}
		}()
		r.value, r.err = f(ctx)
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
	if r.err != nil {
		r.err = sh.clean(r.err)
	}
	if op != "unlock" || r.err != nil {
		sh.source.report(ctx, Event{Kind: EventStore, Op: op, Duration: time.Since(start), Err: r.err})
	}
	return r.value, r.err
}

// clean takes the tokens out of an error of the store: a driver may quote what it was given.
func (sh *sharing) clean(err error) (cleaned error) {
	defer func() {
		if recover() != nil {
			cleaned = fmt.Errorf("the store returned a %T that panics when it is read", err)
		}
	}()
	var secrets []string
	for _, t := range []*oauth2.Token{sh.last, sh.found, sh.fresh} {
		if t != nil {
			id, _ := t.Extra("id_token").(string)
			secrets = append(secrets, t.AccessToken, t.RefreshToken, id)
		}
	}
	return RedactError(err, secrets...)
}

// refreshLifetime is how long the refresh token is good for, a month where the vendor does not say.
func refreshLifetime(t *oauth2.Token) time.Duration {
	n, ok := t.Extra("refresh_expires_in").(float64)
	if text, isText := t.Extra("refresh_expires_in").(string); isText { // as proxies make of it
		var err error
		n, err = strconv.ParseFloat(text, 64)
		ok = err == nil
	}
	if ok && n > 0 && n < accesstoken.MaxLifetime.Seconds() {
		return time.Duration(n * float64(time.Second))
	}
	return accesstoken.MaxLifetime
}
