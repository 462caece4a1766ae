package auth

import (
	"context"
	"errors"
	"math"
	"time"
)

// grip is a lease that this process has or had.
type grip struct {
	source   *TokenSource
	lease    Lease
	fence    uint64
	slow     bool    // the store took longer to grant it than callers wait for a save
	until    instant // when the lease runs out; guarded by the source's mu
	doubtful bool    // the holder before may have used the record's refresh token
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
	_, err := s.use(ctx, "extend", storeLimit, func(ctx context.Context) (Attempt, error) {
		return Attempt{}, g.lease.Extend(ctx, leaseTTL)
	})
	if err == nil {
		s.mu.Lock()
		g.until = asked.add(leaseTTL)
		s.mu.Unlock()
	}
	return err
}

// check returns an error if the lease may be lost. It is called just before a request is sent,
// because this process may have been stopped since it got the lease.
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
	return &Error{Op: "request a token", Kind: ErrUnavailable, Err: ErrLeaseLost, clean: true}
}

// settleSoon starts to settle the lease, and callers go on when it returns. If the store is fast,
// it waits a moment: a process that ends right after its first call has then shared the token.
func (sh *sharing) settleSoon(o *outcome) {
	if sh.grip == nil {
		return
	}
	limit := saveMoment
	if sh.grip.slow {
		limit = 0
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sh.settle(o)
	}()
	moment := time.NewTimer(limit)
	defer moment.Stop()
	select {
	case <-done:
	case <-moment.C:
	}
}

// settle ends the lease: it saves the token or the refusal that o has, or gives the lease back.
func (sh *sharing) settle(o *outcome) {
	if sh.grip == nil {
		return
	}
	s, g, ctx := sh.source, sh.grip, context.WithoutCancel(sh.ctx)
	w := sh.write(o)
	sh.grip = nil
	if w == nil {
		_, _ = s.use(ctx, "release", saveLimit, func(ctx context.Context) (Attempt, error) {
			return Attempt{}, giveBack(ctx, g.lease, g.doubtful)
		})
		return
	}
	s.mu.Lock()
	s.have = g.fence
	s.mu.Unlock()
	_, err := s.use(ctx, "save", saveLimit, func(ctx context.Context) (Attempt, error) {
		return Attempt{}, g.lease.Save(ctx, *w)
	})
	if !errors.Is(err, ErrLeaseLost) {
		return
	}
	// Others went on. Use what they use, now or as soon as they have it.
	if _, err := sh.load(); err == nil && sh.record != nil && sh.record.entry != nil {
		s.receive(sh.ctx, sh.record.entry)
	} else if o.entry != nil {
		s.doubt(o.entry)
	}
}

// doubt makes e due for renewal if it is the current token. The source then looks for the token
// that others use and prefers it. Callers use e in the meantime.
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

// write returns the record to save for others, or nil if o has nothing for them.
func (sh *sharing) write(o *outcome) *Write {
	s := sh.source
	now := s.now()
	if o.attempt == nil || (o.attempt.fingerprint != "" && sh.print != "" && o.attempt.fingerprint != sh.print) {
		return nil // it came from the store, or belongs to another key
	}
	w, told, usable := &Write{}, &shared{}, true
	if e := o.entry; e != nil {
		told.token, told.sent, told.expiry, told.replaces = e.token, e.sent, e.expiry, e.replaces
		w.Fresh = now.until(e.dead)
	} else if told.refusal = s.refusalOf(o, now); told.refusal != nil {
		w.Fresh = now.until(told.refusal.until)
		w.TTL = w.Fresh + maxPause // the next pause follows from this one
		if old := sh.record; old != nil && old.token != nil {
			told.token, told.sent, told.expiry, told.replaces = old.token, old.sent, old.expiry, old.replaces
			if sh.grip.doubtful {
				told.token = withoutRefresh(old.token)
			}
			if usable = old.entry != nil && !s.refused.has(old.token.AccessToken); usable {
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

// refusalOf returns the refusal in o that others must heed, or nil. A failure without an answer
// concerns this process alone.
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
