package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// A wrong is a MemoryStore with some of its methods replaced.
type wrong struct {
	auth.Store
	name    func(key string) string
	read    func(r auth.Record) auth.Record // what Load and Acquire return
	load    func(ctx context.Context, key string) (auth.Record, error)
	acquire func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error)
	lease   func(key string, l *wrongLease)
	drop    func(ctx context.Context, key string, fence uint64) (bool, error)
	watch   func(ctx context.Context, key string, after uint64) error
}

func (s *wrong) Load(ctx context.Context, key string) (auth.Record, error) {
	if s.name != nil {
		key = s.name(key)
	}
	load := s.Store.Load
	if s.load != nil {
		load = s.load
	}
	r, err := load(ctx, key)
	if s.read != nil {
		r = s.read(r)
	}
	return r, err
}

func (s *wrong) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	if s.name != nil {
		key = s.name(key)
	}
	acquire := s.Store.Acquire
	if s.acquire != nil {
		acquire = s.acquire
	}
	a, err := acquire(ctx, key, have, ttl)
	if s.read != nil {
		a.Record = s.read(a.Record)
	}
	if a.Lease != nil && s.lease != nil {
		l := &wrongLease{Lease: a.Lease, extend: a.Lease.Extend, save: a.Lease.Save, release: a.Lease.Release, fence: a.Lease.Fence}
		s.lease(key, l)
		a.Lease = l
	}
	return a, err
}

func (s *wrong) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	if s.drop != nil {
		return s.drop(ctx, key, fence)
	}
	return s.Store.Drop(ctx, key, fence)
}

func (s *wrong) Watch(ctx context.Context, key string, after uint64) error {
	if s.watch != nil {
		return s.watch(ctx, key, after)
	}
	return s.await(ctx, key, after)
}

// await is Watch as it should be.
func (s *wrong) await(ctx context.Context, key string, after uint64) error {
	return s.Store.(auth.Watcher).Watch(ctx, key, after)
}

// current returns the record as it should be.
func (s *wrong) current(key string) auth.Record {
	r, _ := s.Store.Load(context.Background(), key)
	return r
}

type wrongLease struct {
	auth.Lease
	fence   func() uint64
	extend  func(ctx context.Context, ttl time.Duration) error
	save    func(ctx context.Context, w auth.Write) error
	release func(ctx context.Context) error
}

func (l *wrongLease) Fence() uint64                                       { return l.fence() }
func (l *wrongLease) Extend(ctx context.Context, ttl time.Duration) error { return l.extend(ctx, ttl) }
func (l *wrongLease) Save(ctx context.Context, w auth.Write) error        { return l.save(ctx, w) }
func (l *wrongLease) Release(ctx context.Context) error                   { return l.release(ctx) }

// edits changes each Write before it is saved.
func edits(s *wrong, edit func(w *auth.Write)) {
	s.lease = func(_ string, l *wrongLease) {
		l.save = func(ctx context.Context, w auth.Write) error {
			edit(&w)
			return l.Lease.Save(ctx, w)
		}
	}
}

// wrongStores are stores that break one sentence each, by the name of the case that must fail.
var wrongStores = []struct {
	fails string
	store func(s *wrong)
}{
	{"a key without a record has the zero Record", func(s *wrong) {
		s.read = func(r auth.Record) auth.Record { r.Age++; return r }
	}},
	{"a record is loaded as it was saved", func(s *wrong) {
		edits(s, func(w *auth.Write) { w.Data = []byte(strings.TrimSpace(string(w.Data))) })
	}},
	{"a record without data is a record", func(s *wrong) {
		s.read = func(r auth.Record) auth.Record {
			if len(r.Data) == 0 {
				return auth.Record{}
			}
			return r
		}
	}},
	{"a record keeps what it was saved with when the caller reuses the bytes", func(s *wrong) {
		var data []byte
		edits(s, func(w *auth.Write) { data = w.Data })
		s.read = func(r auth.Record) auth.Record { r.Data = data; return r }
	}},
	{"keys are told apart", func(s *wrong) { s.name = strings.ToLower }},
	{"keys are told apart", func(s *wrong) {
		s.name = func(key string) string { return key[:min(len(key), 300)] }
	}},
	{"the age grows by the clock", func(s *wrong) {
		s.read = func(r auth.Record) auth.Record { r.Age = r.Age.Truncate(time.Second); return r }
	}},
	{"a record is gone after its TTL", func(s *wrong) { edits(s, func(w *auth.Write) { w.TTL += long }) }},
	{"a record is stale after its Fresh time and is kept", func(s *wrong) { edits(s, func(w *auth.Write) { w.Fresh = w.TTL }) }},
	{"a record is stale after its Fresh time and is kept", func(s *wrong) { edits(s, func(w *auth.Write) { w.TTL = w.Fresh }) }},
	{"a record with no Fresh time is never fresh", func(s *wrong) { edits(s, func(w *auth.Write) { w.Fresh = max(w.Fresh, short) }) }},
	{"loading a record does not make it younger", func(s *wrong) {
		last := time.Now()
		s.read = func(r auth.Record) auth.Record { r.Age, last = min(r.Age, time.Since(last)), time.Now(); return r }
	}},

	{"a free lease is granted", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			a.Lost = true
			return a, err
		}
	}},
	{"a free lease is granted to a caller that knows a record that is gone", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			if r := s.current(key); r.Fence != have {
				return auth.Attempt{Record: r}, nil
			}
			return s.Store.Acquire(ctx, key, have, ttl)
		}
	}},
	{"a lease that is held makes others busy for its rest", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			if a.Busy > 0 {
				a.Busy = ttl
			}
			return a, err
		}
	}},
	{"a lease that is held does not hold up the caller", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			for {
				a, err := s.Store.Acquire(ctx, key, have, ttl)
				if a.Busy == 0 || ctx.Err() != nil {
					return a, err
				}
				time.Sleep(time.Second)
			}
		}
	}},
	{"a lease that is held concerns its key alone", func(s *wrong) {
		s.name = func(key string) string { return strings.TrimSuffix(key, "/other") }
	}},
	{"a busy caller gets the stale record", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			if a.Busy > 0 {
				a.Record = auth.Record{}
			}
			return a, err
		}
	}},
	{"a fresh record comes instead of the lease", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, _ uint64, ttl time.Duration) (auth.Attempt, error) {
			return s.Store.Acquire(ctx, key, s.current(key).Fence, ttl)
		}
	}},
	{"a fresh record comes even while the lease is held", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, s.current(key).Fence, ttl)
			if a.Busy > 0 || s.current(key).Fence == have {
				return a, err
			}
			_ = a.Lease.Release(ctx)
			return s.Store.Acquire(ctx, key, have, ttl)
		}
	}},
	{"a fresh record that the caller has comes with the lease", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, _ uint64, ttl time.Duration) (auth.Attempt, error) {
			return s.Store.Acquire(ctx, key, 0, ttl)
		}
	}},
	{"one of many callers gets the lease", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			if a.Busy > 0 {
				a.Busy, a.Lease = 0, &wrongLease{}
			}
			return a, err
		}
	}},
	{"no update is lost", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			before := s.current(key)
			time.Sleep(time.Millisecond)
			a, err := s.Store.Acquire(ctx, key, s.current(key).Fence, ttl)
			a.Record = before
			return a, err
		}
	}},
	{"fences grow", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) { l.fence = func() uint64 { return min(l.Lease.Fence(), 5) } }
	}},
	{"a fence does not change", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) {
			fence := l.Lease.Fence()
			l.fence = func() uint64 { fence++; return fence }
		}
	}},

	{"a released lease is free", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) { l.release = func(context.Context) error { return nil } }
	}},
	{"a release leaves the record alone", func(s *wrong) {
		s.lease = func(key string, l *wrongLease) {
			l.release = func(ctx context.Context) error { return l.Lease.Save(ctx, write(string(s.current(key).Data))) }
		}
	}},
	{"a saved lease is free", func(s *wrong) {
		s.lease = func(key string, l *wrongLease) {
			l.save = func(ctx context.Context, w auth.Write) error {
				err := l.Lease.Save(ctx, w)
				_, _ = s.Store.Acquire(ctx, key, l.Lease.Fence(), long)
				return err
			}
		}
	}},
	{"a save replaces all of the record", func(s *wrong) {
		var first auth.Write
		edits(s, func(w *auth.Write) {
			if first.Data == nil {
				first = *w
			}
			w.TTL = first.TTL
		})
	}},
	{"a lease runs out after its ttl", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			return s.Store.Acquire(ctx, key, have, ttl/2)
		}
	}},
	{"a lost lease is told once", func(s *wrong) {
		lost := false
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			lost = lost || a.Lost
			a.Lost = lost
			return a, err
		}
	}},
	{"a lost lease is told with the record that it was for", func(s *wrong) {
		s.acquire = func(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
			a, err := s.Store.Acquire(ctx, key, have, ttl)
			if a.Lost {
				a.Record = auth.Record{}
			}
			return a, err
		}
	}},
	{"a lease is extended from now", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) { l.extend = func(context.Context, time.Duration) error { return nil } }
	}},
	{"a lease may be extended for less than it had", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) {
			l.extend = func(ctx context.Context, ttl time.Duration) error { return l.Lease.Extend(ctx, max(ttl, long)) }
		}
	}},
	{"a lease that ran out is good until the next one", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) {
			granted := time.Now()
			l.extend = func(ctx context.Context, ttl time.Duration) error {
				if time.Since(granted) > 50*time.Millisecond {
					return auth.ErrLeaseLost
				}
				return l.Lease.Extend(ctx, ttl)
			}
		}
	}},
	{"a lost lease can do nothing", func(s *wrong) {
		s.lease = func(key string, l *wrongLease) {
			l.save = func(ctx context.Context, w auth.Write) error {
				err := l.Lease.Save(ctx, w)
				if errors.Is(err, auth.ErrLeaseLost) {
					_, _ = s.Store.Drop(ctx, key, s.current(key).Fence)
					return nil
				}
				return err
			}
		}
	}},
	{"a saved lease can do nothing more", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) {
			l.save = func(ctx context.Context, w auth.Write) error { _ = l.Lease.Save(ctx, w); return nil }
		}
	}},
	{"a released lease can do nothing more", func(s *wrong) {
		s.lease = func(_ string, l *wrongLease) {
			l.release = func(ctx context.Context) error { _ = l.Lease.Release(ctx); return nil }
		}
	}},

	{"a dropped record is stale and is kept", func(s *wrong) {
		gone := false
		s.drop = func(ctx context.Context, key string, fence uint64) (ok bool, err error) {
			gone, err = s.Store.Drop(ctx, key, fence)
			return gone, err
		}
		s.read = func(r auth.Record) auth.Record {
			if gone {
				return auth.Record{}
			}
			return r
		}
	}},
	{"a drop does not make the record younger", func(s *wrong) {
		var dropped time.Time
		s.drop = func(ctx context.Context, key string, fence uint64) (bool, error) {
			dropped = time.Now()
			return s.Store.Drop(ctx, key, fence)
		}
		s.read = func(r auth.Record) auth.Record { r.Age = min(r.Age, time.Since(dropped)); return r }
	}},
	{"a drop of an older record does nothing", func(s *wrong) {
		s.drop = func(ctx context.Context, key string, _ uint64) (bool, error) {
			return s.Store.Drop(ctx, key, s.current(key).Fence)
		}
	}},
	{"a drop of no record does nothing", func(s *wrong) {
		s.drop = func(ctx context.Context, key string, fence uint64) (bool, error) {
			_, err := s.Store.Drop(ctx, key, fence)
			return true, err
		}
	}},
	{"a drop does not disturb a lease", func(s *wrong) {
		var held auth.Lease
		s.lease = func(_ string, l *wrongLease) { held = l.Lease }
		s.drop = func(ctx context.Context, key string, fence uint64) (bool, error) {
			_ = held.Release(ctx)
			return s.Store.Drop(ctx, key, fence)
		}
	}},
	{"a record saved after a drop is fresh", func(s *wrong) {
		dropped := false
		s.drop = func(ctx context.Context, key string, fence uint64) (bool, error) {
			dropped = true
			return s.Store.Drop(ctx, key, fence)
		}
		s.read = func(r auth.Record) auth.Record { r.Fresh = r.Fresh && !dropped; return r }
	}},

	{"no call goes on after its context has ended", func(s *wrong) {
		s.load = func(ctx context.Context, key string) (auth.Record, error) {
			time.Sleep(limit)
			return s.Store.Load(ctx, key)
		}
	}},

	{"a watch ends at once if the record is another one", func(s *wrong) {
		s.watch = func(ctx context.Context, key string, _ uint64) error { return s.await(ctx, key, s.current(key).Fence) }
	}},
	{"a watch waits no longer than its context", func(s *wrong) {
		s.watch = func(_ context.Context, key string, after uint64) error {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			return s.await(ctx, key, after)
		}
	}},
	{"a watch does not spin", func(s *wrong) {
		s.watch = func(context.Context, string, uint64) error { return nil }
	}},
	{"all who watch are woken soon after a save", func(s *wrong) {
		s.watch = func(ctx context.Context, key string, after uint64) error {
			err := s.await(ctx, key, after)
			time.Sleep(3 * time.Second)
			return err
		}
	}},
	{"a watch misses no save", func(s *wrong) {
		s.watch = func(ctx context.Context, key string, after uint64) error {
			if s.current(key).Fence != after {
				return nil
			}
			time.Sleep(time.Millisecond)
			return s.await(ctx, key, s.current(key).Fence)
		}
	}},
	{"a released lease can be taken while others watch", func(s *wrong) {
		s.watch = func(ctx context.Context, key string, after uint64) error {
			err := s.await(ctx, key, after)
			_, _ = s.Store.Acquire(ctx, key, after, long)
			return err
		}
	}},
	{"a watch leaves no goroutine behind", func(s *wrong) {
		s.watch = func(ctx context.Context, key string, after uint64) error {
			done := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				defer cancel()
				done <- s.await(ctx, key, after)
			}()
			select {
			case err := <-done:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}},
}

// A verdict collects what a case says about a store.
type verdict struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (v *verdict) Error(args ...any) { v.Errorf("%s", fmt.Sprint(args...)) }
func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, fmt.Sprintf(format, args...))
}
func (v *verdict) Fatal(args ...any) { v.Fatalf("%s", fmt.Sprint(args...)) }
func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

// judge runs a case on a store in virtual time, and returns what it says.
func judge(t *testing.T, run func(*subject), store func(*wrong)) []string {
	v := &verdict{}
	synctest.Test(t, func(t *testing.T) {
		v.TB = t
		s := &wrong{Store: auth.MemoryStore()}
		store(s)
		done := make(chan struct{})
		go func() {
			defer close(done)
			run(&subject{TB: v, store: s, key: "key"})
		}()
		<-done
		time.Sleep(2 * limit) // for what a wrong store leaves behind
	})
	return v.said
}

func TestEachCaseFailsAWrongStoreAndNoRightOne(t *testing.T) {
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if said := judge(t, c.run, func(*wrong) {}); said != nil {
				t.Errorf("a right store: %q", said)
			}
			tried := 0
			for _, w := range wrongStores {
				if w.fails != c.name {
					continue
				}
				if tried++; judge(t, c.run, w.store) == nil {
					t.Errorf("wrong store %d passes", tried)
				}
			}
			if tried == 0 {
				t.Error("there is no wrong store that this case must fail")
			}
		})
	}
}
