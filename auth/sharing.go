package auth

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

const (
	leaseTTL    = 5 * time.Second       // what a process that dies costs the others
	firstPoll   = 25 * time.Millisecond // between looks at a store that is no Watcher
	lastPoll    = 250 * time.Millisecond
	watchLimit  = time.Second            // a Watcher may miss the end of a lease
	saveMoment  = 25 * time.Millisecond  // what callers wait for a save, at most
	lookAgain   = 250 * time.Millisecond // for what another process renews
	maxLooks    = 3                      // in a row without use or wait; then the store counts as broken
	maxSecrets  = 3                      // in one flight
	followPoll  = 2 * time.Second        // between looks of Follow
	followLimit = 30 * time.Second
	keySize     = 16
)

// keyRounds makes keyOf take some 2.5 ms. It is paid once for each secret, in each of many replicas
// that start together. This package's tests lower it.
var keyRounds = 10_000

// sharing is one flight's use of the store. It asks for the lease once. The answer is one of three:
// the store has what makes a request needless, this process has the lease and asks the vendor for
// all, or another process is doing so. If the store is broken, the flight asks the vendor as if
// there were none, except that it uses no refresh token that others may be using.
type sharing struct {
	source *TokenSource
	ctx    context.Context // has no end of its own
	flight *flight
	key    string // "" if the secret is unknown
	print  string // the fingerprint of the secret that key follows from, or ""

	record *shared // what the store has, or nil
	grip   *grip   // the lease, or nil while this process does not have it
	lost   bool    // the holder before may have used the record's refresh token
}

// grip is a lease that this process has or had.
type grip struct {
	source *TokenSource
	lease  Lease
	until  instant // when the lease runs out; guarded by the source's mu
	unsent bool    // it was lost before a request was sent; guarded by the source's mu
}

// verdict is what follows from a look at the store.
type verdict int

const (
	ask   verdict = iota // nothing makes a request needless
	taken                // the record's token does
	told                 // the record's refusal does
	leave                // nobody waits for this flight, or a token has come another way
)

// run finds out what the flight brings.
func (sh *sharing) run(o *outcome) {
	s := sh.source
	for round := range maxSecrets {
		if changed := sh.identify(o); !changed && round > 0 {
			return // o has the refusal of this secret
		}
		if err := s.remembered(sh.print); err != nil {
			*o = outcome{attempt: &attempt{source: s, blocked: true}, sent: s.now(), err: err}
			return
		}
		sh.fetch(o)
		if s.secret == nil || !errors.Is(o.err, ErrInvalidCredentials) {
			return
		}
		// The secret may have been rotated since it was read.
		if o.attempt != nil && o.attempt.fingerprint == sh.print {
			o.failure = s.describe(sh.ctx, o.attempt, o.err)
			if changing := s.remember(o.attempt, o.err); changing {
				return
			}
		}
	}
}

// fetch gets a token, or a refusal, from the store or from the vendor.
func (sh *sharing) fetch(o *outcome) {
	s := sh.source
	for range maxLooks {
		switch sh.seek() {
		case taken:
			*o = outcome{token: sh.record.token, sent: sh.record.sent, fence: sh.record.fence}
			return
		case told:
			*o = outcome{sent: s.now(), err: sh.record.refusal.failure(s), told: true}
			return
		case leave:
			*o = outcome{left: true}
			return
		}
		if s.ask(o, sh.ctx, sh.flight, sh); !sh.grip.wasLost() {
			return
		}
		sh.grip = nil
	}
}

// identify finds out the key, which follows from the secret. It reports whether the key is another
// one than before.
func (sh *sharing) identify(o *outcome) (changed bool) {
	s := sh.source
	before := sh.key
	if s.secret == nil {
		sh.key = s.storeKey
		return before != sh.key
	}
	secret, err := Secret{}, errors.New("the SecretSource panicked")
	guard(func() { secret, err = s.secret(sh.ctx) })
	s.mu.Lock()
	known := s.keyed
	s.mu.Unlock()
	// Without the secret, go on with the last one: a refresh does not need it, and a Grant that
	// does says what is wrong.
	if print := fingerprint(secret.Reveal()); err == nil && print != known.print {
		known = keyed{print, keyOf(s.storeKey, secret)}
	}
	if before != "" && before != known.key {
		sh.settle(o) // others that have the secret of before need not send it
	}
	s.mu.Lock()
	if s.keyed != known {
		s.keyed, s.have = known, 0
	}
	s.mu.Unlock()
	sh.key, sh.print = known.key, known.print
	return before != sh.key
}

// keyed is a secret and the key that follows from it.
type keyed struct{ print, key string }

// keyOf returns the key of a record that was got with secret. It takes a while, so that the name of a
// key does not help to guess the secret. It returns "" if this system forbids the hash.
func keyOf(name string, secret Secret) string {
	print := fingerprint(secret.Reveal())
	if last := lastKey.Load(); last != nil && last.print == print && len(last.key) == len(name)+len(":")+2*keySize && strings.HasPrefix(last.key, name+":") {
		return last.key
	}
	salt := sha256.Sum256([]byte(name))
	sum, err := pbkdf2.Key(sha256.New, secret.Reveal(), salt[:], keyRounds, keySize)
	if err != nil {
		return ""
	}
	key := name + ":" + hex.EncodeToString(sum)
	lastKey.Store(&keyed{print, key})
	return key
}

// lastKey is the key worked out last: several sources of a process often have the same one.
var lastKey atomic.Pointer[keyed]

// seek looks at the store until it knows what to do. While another process has the lease, it waits
// for what that process saves, as long as somebody waits for this flight, and at most for the time
// of a request: a process that takes longer counts as dead.
func (sh *sharing) seek() verdict {
	s := sh.source
	if s.alone() || sh.key == "" {
		return ask
	}
	start, looks, pause, limit, woken := time.Now(), 0, firstPoll, lastPoll, false
	for {
		if e := s.current.Load(); e != nil && s.now().before(e.stale) {
			return leave
		}
		busy, verdict, err := sh.acquire()
		switch {
		case err != nil:
			return ask
		case verdict != ask || sh.grip != nil:
			return verdict
		case busy > 0 && sh.flight.wanted.Err() != nil:
			return leave
		case time.Since(start) >= s.requestTimeout:
			return ask // whoever has the lease takes longer than a request may
		case busy <= 0:
			if looks++; looks == maxLooks {
				return ask
			}
			continue // the record is of no use, and is known from now on
		}
		looks, busy = 0, min(busy, s.requestTimeout-time.Since(start))
		if !woken && sh.watch(sh.flight.wanted, min(busy, limit)) == nil {
			woken = true // look at once; but if that was in vain, do not watch at once
			continue
		}
		woken, limit = false, watchLimit
		sleep(sh.flight.wanted, min(pause, busy))
		pause = min(2*pause, lastPoll)
	}
}

// acquire asks for the lease. The verdict is ask unless the record makes a request needless.
func (sh *sharing) acquire() (busy time.Duration, v verdict, err error) {
	s := sh.source
	s.mu.Lock()
	have, key := s.have, sh.key
	s.mu.Unlock()
	asked := s.now()
	sh.record, sh.grip = nil, nil
	at, err := use(s, sh.ctx, "acquire", storeLimit, func(ctx context.Context) (Attempt, error) {
		return s.store.Acquire(ctx, key, have, leaseTTL)
	}, func(at Attempt) {
		if at.Lease != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(sh.ctx), saveLimit)
			defer cancel()
			_ = at.Lease.Release(ctx)
		}
	})
	if err != nil {
		return 0, ask, err
	}
	if sh.lost = at.Lost; at.Lease != nil {
		sh.grip = &grip{source: s, lease: at.Lease, until: asked.add(leaseTTL)}
	}
	return at.Busy, sh.read(at.Record, asked), nil
}

// read notes what the record tells.
func (sh *sharing) read(r Record, asked instant) verdict {
	s := sh.source
	now := s.now()
	record, err := (*shared)(nil), r.Err
	if err == nil && r.Fence != 0 {
		record, err = decodeRecord(sh.key, r.Data, r.Age, asked, now)
	}
	s.mu.Lock()
	s.have = r.Fence
	spoilt := err != nil && s.spoilt != r.Fence
	if spoilt {
		s.spoilt = r.Fence // tell once
	}
	s.mu.Unlock()
	if spoilt {
		s.report(sh.ctx, Event{Kind: EventStore, Op: "decode", Err: err})
	}
	if record == nil {
		return ask
	}
	record.fence, record.fresh = r.Fence, r.Fresh
	sh.record = record
	usable := r.Fresh && record.token != nil && s.prefers(record, now)
	if record.refusal == nil {
		if usable {
			return taken
		}
		return ask
	}
	s.mu.Lock()
	s.adopt(record.refusal, sh.print)
	s.mu.Unlock()
	switch {
	case usable:
		return taken
	case now.until(record.refusal.until) > 0:
		return told
	}
	return ask
}

// prefers reports whether a token from the store is better than the source's own.
func (s *TokenSource) prefers(r *shared, now instant) bool {
	e, err := s.newEntry(r.token, r.sent, now)
	if err != nil || !now.before(e.dead) {
		return false
	}
	current := s.current.Load()
	switch {
	case s.refused.has(r.token.AccessToken):
		return false
	case current == nil || !now.before(current.dead):
		return true
	}
	// The source's own token is as good, unless this one lives longer.
	return r.token.AccessToken != current.token.AccessToken && now.before(e.stale) && r.sent.mono > current.sent.mono
}

// adopt makes a refusal that another process got the source's own. The caller holds mu.
func (s *TokenSource) adopt(r *refusal, print string) {
	switch {
	case !r.err.Is(ErrInvalidCredentials):
		// A record does not count beyond a hundred failures, nor one of a later version perhaps at
		// all. What it tells must be waited for even so.
		if r.failures >= s.backoff.failures || r.until.mono > s.backoff.until.mono {
			s.backoff = backoff{failures: max(r.failures, s.backoff.failures, 1), until: r.until, err: r.failure(s)}
		}
	case s.rejected.err == nil || s.rejected.fingerprint != print || r.until.mono > s.rejected.until.mono:
		s.rejected = rejection{fingerprint: print, pause: r.pause, until: r.until, err: r.failure(s), changes: s.rejected.changes}
	}
}

// failure returns the error for this source's callers.
func (r *refusal) failure(s *TokenSource) *Error {
	e := *r.err
	e.RetryAfter = max(s.now().until(r.until), 0)
	return s.own(&e)
}

// alone reports whether the source goes past the store: its secret is unknown and was refused, so
// that the record would hide from the Grant that there is a new one.
func (s *TokenSource) alone() bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret == nil && s.rejected.err != nil && now.until(s.rejected.until) > 0
}

// remembered returns the error with which the vendor refused the secret with that fingerprint, or
// nil if the secret may be sent.
func (s *TokenSource) remembered(print string) error {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rejected.refusal(print, now); err != nil && print != "" {
		return err
	}
	return nil
}

// last returns the token to give to the Grant. It has a refresh token only if the record vouches for
// it: this process has the lease, and no other may have used it.
func (sh *sharing) last() *oauth2.Token {
	s := sh.source
	s.mu.Lock()
	last, sent := s.last.Load(), s.lastSent
	s.mu.Unlock()
	if r := sh.record; r != nil && r.token != nil && (last == nil || r.token.AccessToken == last.AccessToken || r.sent.mono >= sent) {
		if last = r.token; sh.grip != nil && !sh.lost {
			return last
		}
	}
	return withoutRefresh(last)
}

func withoutRefresh(t *oauth2.Token) *oauth2.Token {
	if t == nil || t.RefreshToken == "" {
		return t
	}
	c := *t
	c.RefreshToken = ""
	return &c
}

// hold keeps the lease while a request is out, until ctx or stop ends it.
func (g *grip) hold(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	if g == nil {
		return stop
	}
	go func() {
		tick := time.NewTicker(leaseTTL / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if errors.Is(g.extend(ctx), ErrLeaseLost) {
					return
				}
			}
		}
	}()
	return stop
}

func (g *grip) extend(ctx context.Context) error {
	s := g.source
	asked := s.now()
	_, err := use(s, ctx, "extend", storeLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, g.lease.Extend(ctx, leaseTTL)
	}, nil)
	if err == nil {
		s.mu.Lock()
		g.until = asked.add(leaseTTL)
		s.mu.Unlock()
	}
	return err
}

// check returns an error if the lease may be lost, just before a request is sent: this process may
// have been stopped in the meantime.
func (g *grip) check(ctx context.Context) error {
	if g == nil {
		return nil
	}
	s := g.source
	now := s.now()
	s.mu.Lock()
	held := now.before(g.until)
	s.mu.Unlock()
	if held || g.extend(ctx) == nil {
		return nil
	}
	s.mu.Lock()
	g.unsent = true
	s.mu.Unlock()
	return &Error{Op: "request a token", Kind: ErrUnavailable, Err: ErrLeaseLost, clean: true}
}

// wasLost reports whether check has kept a request from being sent.
func (g *grip) wasLost() bool {
	if g == nil {
		return false
	}
	g.source.mu.Lock()
	defer g.source.mu.Unlock()
	return g.unsent
}

// settleSoon ends the lease, and waits a moment for that, but no longer: callers go on when it
// returns. So a process that ends right after its first call has shared the token, if the store is
// fast.
func (sh *sharing) settleSoon(o *outcome) {
	if sh.grip == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sh.settle(o)
	}()
	moment := time.NewTimer(saveMoment)
	defer moment.Stop()
	select {
	case <-done:
	case <-moment.C:
	}
}

// settle ends the lease: it saves the token or the refusal that o has, or releases the lease.
func (sh *sharing) settle(o *outcome) {
	if sh.grip == nil {
		return
	}
	s, lease, ctx := sh.source, sh.grip.lease, context.WithoutCancel(sh.ctx)
	sh.grip = nil
	w := sh.write(o)
	if w == nil {
		_, _ = use(s, ctx, "release", saveLimit, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, lease.Release(ctx)
		}, nil)
		return
	}
	s.mu.Lock()
	s.have = lease.Fence()
	s.mu.Unlock()
	_, err := use(s, ctx, "save", saveLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, lease.Save(ctx, *w)
	}, nil)
	if !errors.Is(err, ErrLeaseLost) {
		return
	}
	// Others went on. Use what they use, now or as soon as they have it.
	if sh.load() == nil && sh.record != nil && sh.record.fresh {
		s.receive(sh.ctx, sh.record)
	} else if o.entry != nil {
		s.doubt(o.entry)
	}
}

// doubt makes e due for renewal if it is the current token, so that the source looks for what others
// use and prefers that. Callers meanwhile go on with e.
func (s *TokenSource) doubt(e *entry) {
	now := s.now()
	due, err := s.newEntry(e.token, e.sent, now)
	if err != nil {
		return
	}
	due.stale, due.minted, due.replaces = now, e.minted, e.replaces
	due.sent.mono = math.MinInt64 // anything else is newer
	due.accepted.Store(e.accepted.Load())
	if s.current.CompareAndSwap(e, due) {
		s.quiet.Store(now.add(lookAgain).mono)
	}
}

// write returns what o has for others, or nil.
func (sh *sharing) write(o *outcome) *Write {
	s := sh.source
	now := s.now()
	if o.attempt == nil || (o.attempt.fingerprint != "" && sh.print != "" && o.attempt.fingerprint != sh.print) {
		return nil // it came from the store, or belongs to another key
	}
	w, told, usable := &Write{}, &shared{}, true
	if e := o.entry; e != nil {
		told.token, told.sent, told.expiry = e.token, e.sent, e.expiry
		w.Fresh = now.until(e.dead)
	} else if told.refusal = s.refusalOf(o, now); told.refusal != nil {
		w.Fresh = now.until(told.refusal.until)
		w.TTL = w.Fresh + maxPause // the next pause follows from this one
		if old := sh.record; old != nil && old.token != nil {
			told.token, told.sent, told.expiry = old.token, old.sent, old.expiry
			if sh.lost {
				told.token = withoutRefresh(old.token)
			}
			if usable = old.fresh && !s.refused.has(old.token.AccessToken); usable {
				w.Fresh = max(w.Fresh, now.until(old.expiry))
			}
		}
	} else {
		return nil
	}
	if t := told.token; t != nil {
		w.TTL = max(w.TTL, now.until(told.expiry))
		if t.RefreshToken != "" {
			w.TTL = max(w.TTL, refreshLifetime(t))
		}
	}
	w.Data = told.encode(sh.key, now, usable, s.storedExtras)
	return w
}

// refusalOf returns the refusal that o has for others, or nil. Others have no use for a failure that
// came before the vendor, or something in between, answered.
func (s *TokenSource) refusalOf(o *outcome, now instant) *refusal {
	f := o.failure
	if f == nil || o.attempt.blocked || f.broken || (f.StatusCode == 0 && f.Code == "" && f.kind() != ErrMalformedResponse) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &refusal{err: f, until: s.backoff.until, failures: s.backoff.failures}
	if f.Is(ErrInvalidCredentials) {
		r = &refusal{err: f, until: s.rejected.until, pause: s.rejected.pause}
	}
	if now.until(r.until) <= 0 {
		return nil
	}
	return r
}

// load looks at the record alone.
func (sh *sharing) load() error {
	s := sh.source
	asked, key := s.now(), sh.key
	sh.record = nil
	r, err := use(s, sh.ctx, "load", storeLimit, func(ctx context.Context) (Record, error) { return s.store.Load(ctx, key) }, nil)
	if err == nil {
		sh.read(r, asked)
	}
	return err
}

// receive makes the record's token the current one, outside a flight.
func (s *TokenSource) receive(ctx context.Context, r *shared) {
	now := s.now()
	if r.token == nil || s.refused.has(r.token.AccessToken) {
		return
	}
	e, err := s.newEntry(r.token, r.sent, now)
	if err != nil {
		return
	}
	e.fence = r.fence
	s.mu.Lock()
	s.install(e, s.lastSeq, now)
	close(s.late)
	s.late = make(chan struct{})
	s.mu.Unlock()
	s.report(ctx, Event{Kind: EventRefresh, Background: true, ExpiresIn: now.until(e.expiry)})
}

// drop makes the record stale that an API refused the token of.
func (s *TokenSource) drop(fence uint64) {
	s.mu.Lock()
	key := s.keyed.key
	s.mu.Unlock()
	if s.secret == nil {
		key = s.storeKey
	}
	ctx := context.WithValue(context.Background(), insideKey{s}, true)
	_, _ = use(s, ctx, "drop", storeLimit, func(ctx context.Context) (bool, error) { return s.store.Drop(ctx, key, fence) }, nil)
}

// watch waits for a change of the record or the lease. It returns nil if there may have been one.
func (sh *sharing) watch(ctx context.Context, limit time.Duration) error {
	s := sh.source
	w, ok := s.store.(Watcher)
	if !ok {
		return errors.ErrUnsupported
	}
	s.mu.Lock()
	have, key := s.have, sh.key
	s.mu.Unlock()
	_, err := use(s, ctx, "watch", limit, func(ctx context.Context) (struct{}, error) { return struct{}{}, w.Watch(ctx, key, have) }, nil)
	return err
}

// sleep waits for d, from half to all of it, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) {
	d = max(d, time.Millisecond)
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Follow takes up what other processes save as soon as they do, until ctx ends, and returns the
// error of ctx. Without Follow, a source looks at the store when it needs a token. So Follow is of
// use where a renewed token or a refusal must reach every process at once. It asks the vendor for
// nothing. It returns [ErrInvalidConfig] at once if the source has no store.
func (s *TokenSource) Follow(ctx context.Context) error {
	if s.store == nil {
		return s.own(&Error{Op: "follow the store", Kind: ErrInvalidConfig, Err: errors.New("the source has no store"), Hint: "add auth.WithStore"})
	}
	sh := &sharing{source: s, ctx: context.WithValue(ctx, insideKey{s}, true)}
	for ctx.Err() == nil {
		sh.identify(nil)
		if sh.key == "" || sh.load() != nil {
			sleep(ctx, followPoll)
			continue
		}
		if r := sh.record; r != nil && r.fresh && r.token != nil && s.prefers(r, s.now()) {
			s.receive(ctx, r)
		}
		if sh.watch(ctx, followLimit) != nil {
			sleep(ctx, followPoll)
		}
	}
	return ctx.Err()
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
