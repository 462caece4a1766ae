package auth

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"
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

// sharing is one flight's use of the store. It asks for the lease, with one of three answers: the
// record saves the request, this process has the lease and asks the vendor for all of them, or
// another process is doing so. If the store is broken, the flight asks the vendor as if there were
// no store, except that it leaves a refresh token alone that others may be using.
type sharing struct {
	source *TokenSource
	ctx    context.Context // has no end of its own
	flight *flight
	keyed  // the secret to send, and the key of its record

	record *shared // what the store has, or nil
	grip   *grip   // the lease, or nil while this process does not have it
}

// verdict is what follows from a look at the store.
type verdict int

const (
	ask   verdict = iota // ask the vendor
	taken                // use the record's token
	told                 // return the record's refusal
	leave                // do nothing: no caller waits, or a token has come another way
)

// run sets o to what the flight brings.
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
			*o = outcome{entry: sh.record.entry}
			return
		case told:
			*o = outcome{sent: s.now(), err: sh.record.refusal.failure(s), told: true}
			return
		case leave:
			*o = outcome{left: true}
			return
		}
		if s.ask(o, sh.ctx, sh.flight, sh); !errors.Is(o.err, ErrLeaseLost) {
			return
		}
		sh.grip = nil // and nothing was sent
	}
}

// identify reads the secret, from which the key follows. It reports whether the key has changed.
func (sh *sharing) identify(o *outcome) (changed bool) {
	s := sh.source
	s.mu.Lock()
	known := s.keyed
	s.mu.Unlock()
	if s.secret != nil {
		secret, err := Secret{}, errors.New("the SecretSource panicked")
		ctx, cancel := context.WithTimeout(sh.ctx, s.requestTimeout/2) // the Grant may ask again
		guard(func() { secret, err = s.secret(ctx) })
		cancel()
		// Without the secret, go on with the last one: a refresh does not need it, and a Grant that
		// does says what is wrong.
		if print := fingerprint(secret.Reveal()); err == nil && print != known.print {
			known = keyed{print, keyOf(s.storeKey, secret)}
		}
	}
	changed = sh.key != known.key
	if changed && sh.key != "" {
		sh.settle(o) // tell those who still have the secret of before
	}
	s.mu.Lock()
	if s.keyed != known {
		s.keyed, s.have = known, 0
	}
	s.mu.Unlock()
	sh.keyed = known
	return changed
}

// seek looks at the store until it knows what to do. While another process has the lease, it waits
// for what that process saves, as long as somebody waits for this flight, and at most for the time
// of a request: a process that takes longer counts as dead.
func (sh *sharing) seek() verdict {
	s := sh.source
	if s.alone() || sh.key == "" {
		return ask
	}
	start, looks, pause, woken := time.Now(), 0, firstPoll, false
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
			return ask // the lease's holder takes longer than a request may
		case busy <= 0:
			if looks++; looks == maxLooks {
				return ask
			}
			continue // the record cannot be used, which the next acquire knows
		}
		looks, busy = 0, min(busy, s.requestTimeout-time.Since(start))
		if !woken && sh.watch(sh.flight.wanted, min(busy, watchLimit)) == nil {
			woken = true // look at once; if nothing has changed, sleep before the next watch
			continue
		}
		woken = false
		sleep(sh.flight.wanted, min(pause, busy))
		pause = min(2*pause, lastPoll)
	}
}

// acquire asks for the lease, and reads the record.
func (sh *sharing) acquire() (busy time.Duration, v verdict, err error) {
	s := sh.source
	s.mu.Lock()
	have, key := s.have, sh.key
	s.mu.Unlock()
	asked := s.now()
	sh.record, sh.grip = nil, nil
	var fence uint64
	at, err := s.use(sh.ctx, "acquire", storeLimit, func(ctx context.Context) (Attempt, error) {
		at, err := s.store.Acquire(ctx, key, have, leaseTTL)
		if err == nil && at.Lease != nil {
			fence = at.Lease.Fence()
		}
		return at, err
	})
	if err != nil {
		return 0, ask, err
	}
	if at.Lease != nil {
		sh.grip = &grip{source: s, lease: at.Lease, fence: fence, slow: asked.until(s.now()) > saveMoment, until: asked.add(leaseTTL), doubtful: at.Lost}
	}
	return at.Busy, sh.read(at.Record, asked), nil
}

// read decodes the record and returns what follows from it.
func (sh *sharing) read(r Record, asked instant) verdict {
	s, now := sh.source, sh.source.now()
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
	if record != nil && record.refusal != nil {
		s.adopt(record.refusal, sh.print)
	}
	s.mu.Unlock()
	if spoilt {
		s.report(sh.ctx, Event{Kind: EventStore, Op: "decode", Err: err})
	}
	if sh.record = record; record == nil {
		return ask
	}
	if record.token != nil && r.Fresh && !s.refused.has(record.token.AccessToken) {
		if record.entry, err = s.newEntry(record.token, record.sent, now); err == nil {
			record.entry.fence, record.entry.replaces, record.entry.minted = r.Fence, record.replaces, record.sent
		}
	}
	switch {
	case s.prefers(record.entry, now):
		return taken
	case record.refusal != nil && now.until(record.refusal.until) > 0:
		return told
	}
	return ask
}

// prefers reports whether a token from the store, if there is one, is better than the source's own.
func (s *TokenSource) prefers(e *entry, now instant) bool {
	current := s.current.Load()
	if e == nil || current == nil || !now.before(current.dead) {
		return e != nil
	}
	// The source's own token is as good, unless this one lives longer.
	return e.token.AccessToken != current.token.AccessToken && now.before(e.stale) && e.sent.mono > current.sent.mono
}

// adopt makes a refusal that another process got the source's own. The caller holds mu.
func (s *TokenSource) adopt(r *refusal, print string) {
	switch {
	case !r.err.Is(ErrInvalidCredentials):
		// A record counts at most a hundred failures, and one of a later version may count none. Its
		// pause holds all the same.
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

// alone reports whether the source ignores the store. It does if the Grant's secret is unknown and
// was refused: the record's refusal would keep the Grant from sending a new one.
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

// last returns the token to give to the Grant. It has a refresh token only if the record vouches
// for it: this process has the lease, and no other may have used it.
func (sh *sharing) last() *oauth2.Token {
	s := sh.source
	s.mu.Lock()
	last, sent := s.last.Load(), s.lastSent
	s.mu.Unlock()
	if r := sh.record; r != nil && r.token != nil && (last == nil || r.token.AccessToken == last.AccessToken || r.sent.mono >= sent) {
		if last = r.token; sh.grip != nil && !sh.grip.doubtful {
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
