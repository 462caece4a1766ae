package auth

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Follow takes up what other processes save as soon as they save it, until ctx ends, and returns
// the error of ctx. Without Follow, a source looks at the store when it needs a token: call Follow
// where a renewed token or a refusal must reach every process at once. It asks the vendor for
// nothing. It returns [ErrInvalidConfig] at once if the source has no store.
func (s *TokenSource) Follow(ctx context.Context) error {
	if s.store == nil {
		return s.own(&Error{Op: "follow the store", Kind: ErrInvalidConfig, Err: errors.New("the source has no store"), Hint: "add auth.WithStore"})
	}
	sh := &sharing{source: s, ctx: context.WithValue(ctx, insideKey{s}, true)}
	for ctx.Err() == nil {
		sh.identify(nil)
		verdict, err := ask, error(nil)
		if sh.key != "" {
			verdict, err = sh.load()
		}
		if verdict == taken {
			s.receive(ctx, sh.record.entry)
		}
		if sh.key == "" || err != nil || sh.watch(ctx, followLimit) != nil {
			sleep(ctx, followPoll)
		}
	}
	return ctx.Err()
}

// load looks at the record alone.
func (sh *sharing) load() (verdict, error) {
	s, asked, key := sh.source, sh.source.now(), sh.key
	sh.record = nil
	at, err := s.use(sh.ctx, "load", storeLimit, func(ctx context.Context) (at Attempt, err error) {
		at.Record, err = s.store.Load(ctx, key)
		return at, err
	})
	if err != nil {
		return ask, err
	}
	return sh.read(at.Record, asked), nil
}

// receive makes e, which came from the store, the current token outside a flight.
func (s *TokenSource) receive(ctx context.Context, e *entry) {
	now := s.now()
	s.mu.Lock()
	s.install(e, s.lastSeq, now)
	close(s.late)
	s.late = make(chan struct{})
	s.mu.Unlock()
	s.report(ctx, Event{Kind: EventRefresh, Background: true, ExpiresIn: now.until(e.expiry)})
}

// drop makes the record stale after an API has refused its token.
func (s *TokenSource) drop(fence uint64) {
	s.mu.Lock()
	key := s.keyed.key
	s.mu.Unlock()
	ctx := context.WithValue(context.Background(), insideKey{s}, true)
	_, _ = s.use(ctx, "drop", storeLimit, func(ctx context.Context) (Attempt, error) {
		_, err := s.store.Drop(ctx, key, fence)
		return Attempt{}, err
	})
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
	_, err := s.use(ctx, "watch", limit, func(ctx context.Context) (Attempt, error) { return Attempt{}, w.Watch(ctx, key, have) })
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
