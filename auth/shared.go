package auth

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// shared is one use of the store around one request.
type shared struct {
	source    *TokenSource
	ctx       context.Context
	unlock    func()
	found     *oauth2.Token // one that another process got, which makes the request needless
	requested instant       // when that was sent
	last      *oauth2.Token // what to give the Grant
	asked     int64         // when last was asked for, by the wall clock
}

// openStore looks for a token that another process got, first as it is and then again while holding the lock,
// which close gives back. Where the store fails, it is as if there were none.
func (s *TokenSource) openStore(ctx context.Context, last *oauth2.Token, asked int64) *shared {
	sh := &shared{source: s, ctx: ctx, last: last, asked: asked}
	if !sh.load() || sh.found != nil {
		return sh
	}
	// The holder is asking the vendor. Half of our own time is left for doing so, should it never come back.
	err := sh.use("lock", s.requestTimeout/2, func(ctx context.Context) (err error) {
		sh.unlock, err = s.store.Lock(ctx, s.storeKey)
		return err
	})
	if err == nil {
		sh.load()
	}
	return sh
}

// load reads the entry and reports whether the store works.
func (sh *shared) load() bool {
	s := sh.source
	var entry []byte
	err := sh.use("load", storeTimeout, func(ctx context.Context) (err error) {
		entry, err = s.store.Load(ctx, s.storeKey)
		return err
	})
	if err != nil || len(entry) == 0 {
		return err == nil
	}
	t, requested, err := decodeToken(entry)
	if err != nil {
		s.report(sh.ctx, Event{Kind: EventStore, Op: "decode", Err: err})
		return true
	}
	// The newer token is the one that was asked for later. It may expire earlier: a vendor cuts tokens short where the
	// session ends. Refreshing with the older one instead would end the session, where refresh tokens rotate.
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
	refused := Secret(t.AccessToken).fingerprint() == s.refused
	s.mu.Unlock()
	current := s.current.Load()
	if refused {
		return true
	}
	if current != nil && (!now.before(e.stale) || t.AccessToken == current.token.AccessToken || sent.wall <= current.sent.wall) {
		return true
	}
	sh.found, sh.requested = t, sent
	return true
}

// save shares the token that the Grant got.
func (sh *shared) save(t *oauth2.Token, sent instant) {
	s := sh.source
	if t == nil {
		return
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
	_ = sh.use("save", storeTimeout, func(ctx context.Context) error {
		if err != nil {
			return err
		}
		return s.store.Save(ctx, s.storeKey, entry, ttl)
	})
}

func (sh *shared) close() {
	if sh.unlock != nil {
		_ = sh.use("unlock", storeTimeout, func(context.Context) error { sh.unlock(); return nil })
	}
}

// use calls the store with a time limit, and makes a panic in it an error.
func (sh *shared) use(op string, limit time.Duration, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(sh.ctx, limit)
	defer cancel()
	start := time.Now()
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the store panicked with a %T", p)
			}
		}()
		err = f(ctx)
	}()
	if op != "unlock" || err != nil {
		sh.source.report(sh.ctx, Event{Kind: EventStore, Op: op, Duration: time.Since(start), Err: err})
	}
	return err
}

// refreshLifetime is how long the refresh token is good for, a month where the vendor does not say.
func refreshLifetime(t *oauth2.Token) time.Duration {
	if n, ok := t.Extra("refresh_expires_in").(float64); ok && n > 0 && n < maxLifetime.Seconds() {
		return time.Duration(n * float64(time.Second))
	}
	return maxLifetime
}
