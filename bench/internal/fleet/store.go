package fleet

import (
	"context"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// options returns the options of a replica's source.
func (f *fleet) options() []auth.Option {
	if !f.Store {
		return nil
	}
	if f.StoreFails[1] == 0 {
		return []auth.Option{auth.WithStore(f.store)}
	}
	return []auth.Option{auth.WithStore(&failing{f.store, f})}
}

// failing is a store that fails for a while. Each method then takes as long as the source lets it.
type failing struct {
	auth.Store
	fleet *fleet
}

func (s *failing) down(ctx context.Context) error {
	if !s.fleet.within(s.fleet.StoreFails) {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *failing) Load(ctx context.Context, key string) (auth.Record, error) {
	if err := s.down(ctx); err != nil {
		return auth.Record{}, err
	}
	return s.Store.Load(ctx, key)
}

func (s *failing) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	if err := s.down(ctx); err != nil {
		return auth.Attempt{}, err
	}
	a, err := s.Store.Acquire(ctx, key, have, ttl)
	if a.Lease != nil {
		a.Lease = &failingLease{a.Lease, s}
	}
	return a, err
}

func (s *failing) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	if err := s.down(ctx); err != nil {
		return false, err
	}
	return s.Store.Drop(ctx, key, fence)
}

// Watch implements auth.Watcher.
func (s *failing) Watch(ctx context.Context, key string, after uint64) error {
	if err := s.down(ctx); err != nil {
		return err
	}
	return s.Store.(auth.Watcher).Watch(ctx, key, after)
}

type failingLease struct {
	auth.Lease
	store *failing
}

func (l *failingLease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := l.store.down(ctx); err != nil {
		return err
	}
	return l.Lease.Extend(ctx, ttl)
}

func (l *failingLease) Save(ctx context.Context, w auth.Write) error {
	if err := l.store.down(ctx); err != nil {
		return err
	}
	return l.Lease.Save(ctx, w)
}

func (l *failingLease) Release(ctx context.Context) error {
	if err := l.store.down(ctx); err != nil {
		return err
	}
	return l.Lease.Release(ctx)
}
