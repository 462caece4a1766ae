package auth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// moody is a store whose operations fail at random in every way that a store can, but which keeps
// its promises. With lies, it does not even keep these.
type moody struct {
	Store
	share float64 // of the operations that fail
	lies  bool

	mu      sync.Mutex
	rnd     *rand.Rand
	records []Record // that it had
}

// choose returns a number below n, or n itself if the operation shall not fail.
func (m *moody) choose(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rnd.Float64() >= m.share {
		return n
	}
	return m.rnd.IntN(n)
}

// work does f, unless it fails before.
func (m *moody) work(ctx context.Context, f func() error) error {
	failed := errors.New("moody")
	switch m.choose(7) {
	case 0:
		return failed
	case 1:
		_ = f()
		return failed
	case 2:
		<-ctx.Done()
		return ctx.Err()
	case 3: // goes on without those who gave up
		time.Sleep(time.Duration(m.choose(1000)) * 50 * time.Millisecond)
	case 4:
		time.Sleep(time.Duration(m.choose(100)) * 4 * time.Millisecond)
	case 5:
		panic(failed)
	case 6:
		runtime.Goexit()
	}
	return f()
}

// record may lie about r.
func (m *moody) record(r Record) Record {
	if !m.lies {
		return r
	}
	m.mu.Lock()
	if r.Fence != 0 {
		m.records = append(m.records, r)
	}
	m.mu.Unlock()
	switch m.choose(10) {
	case 0:
		r = m.records[m.choose(len(m.records))%len(m.records)] // an older one
	case 1:
		r.Data = r.Data[:len(r.Data)/2]
	case 2:
		r.Age += 5 * time.Minute
	case 3:
		r.Age = math.MinInt64
	case 4:
		r.Fence = 0
	case 5:
		r.Fence = math.MaxUint64
	case 6:
		r.Fresh = !r.Fresh
	case 7:
		r = Record{}
	case 8:
		r.Err = errors.New("moody")
	}
	return r
}

func (m *moody) Load(ctx context.Context, key string) (r Record, err error) {
	err = m.work(ctx, func() error { r, err = m.Store.Load(ctx, key); return err })
	return m.record(r), err
}

func (m *moody) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (a Attempt, err error) {
	err = m.work(ctx, func() error { a, err = m.Store.Acquire(ctx, key, have, ttl); return err })
	a.Record = m.record(a.Record)
	if m.lies {
		switch m.choose(6) {
		case 0:
			a.Lost = !a.Lost
		case 1:
			a.Busy, a.Lease = 0, nil
		case 2:
			a.Busy, a.Lease = -1, nil
		case 3:
			a.Busy, a.Lease = math.MaxInt64, nil
		case 4:
			a.Busy = time.Second
		case 5:
			a.Lease = moodyLease{nil, m} // of nobody
		}
	}
	if a.Lease != nil {
		a.Lease = moodyLease{a.Lease, m}
	}
	return a, err
}

func (m *moody) Drop(ctx context.Context, key string, fence uint64) (ok bool, err error) {
	err = m.work(ctx, func() error { ok, err = m.Store.Drop(ctx, key, fence); return err })
	return ok, err
}

func (m *moody) Watch(ctx context.Context, key string, after uint64) error {
	return m.work(ctx, func() error { return m.Store.(Watcher).Watch(ctx, key, after) })
}

type moodyLease struct {
	Lease
	store *moody
}

func (l moodyLease) Extend(ctx context.Context, ttl time.Duration) error {
	return l.store.work(ctx, func() error { return l.Lease.Extend(ctx, ttl) })
}

func (l moodyLease) Save(ctx context.Context, w Write) error {
	return l.store.work(ctx, func() error { return l.Lease.Save(ctx, w) })
}

func (l moodyLease) Release(ctx context.Context) error {
	return l.store.work(ctx, func() error { return l.Lease.Release(ctx) })
}

// Whatever the store does, no call fails or waits for longer than for another process, a store that
// hangs and the vendor, and there are at most as many requests as without a store. A store that
// only fails leads to no second use of a refresh token.
func TestFleet_onAStoreThatFailsAtRandom(t *testing.T) {
	const (
		replicas = 5
		timeout  = 2 * time.Second
		runs     = 15 * time.Minute
	)
	for seed := range uint64(32) {
		lies := seed%2 == 1
		t.Run(fmt.Sprintf("seed %d, lies %t", seed, lies), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				m := &moody{Store: MemoryStore(), share: []float64{0.02, 0.1, 0.3, 0.6}[seed/2%4], lies: lies, rnd: rand.New(rand.NewPCG(seed, 1))}
				var store Store = m
				if rnd.IntN(2) == 0 {
					store = pollers{m}
				}
				b := newBank("right")
				b.lifetime = time.Duration(60+rnd.IntN(600)) * time.Second
				var wg sync.WaitGroup
				for i, s := range b.fleet(t, replicas, store, pw("right"), WithRequestTimeout(timeout)) {
					rnd := rand.New(rand.NewPCG(seed, uint64(2+i)))
					wg.Go(func() {
						for time.Since(b.born) < runs {
							time.Sleep(time.Duration(rnd.Int64N(int64(4 * time.Second))))
							start := time.Now()
							tok, err := s.Token()
							if d := time.Since(start); err != nil || d > timeout+2*(storeLimit+storeGrace)+b.latency+saveMoment {
								t.Errorf("got %v after %s", err, d)
							}
							if rnd.IntN(100) == 0 {
								s.Invalidate(tok)
							}
						}
					})
				}
				wg.Wait()
				time.Sleep(time.Minute) // until nothing of it runs on
				// A token is renewed at half of its lifetime at the earliest, or when an API refuses it.
				b.mu.Lock()
				if most := replicas * (int(runs/(b.lifetime/2)) + 20); len(b.requests) > most {
					t.Errorf("%d requests, want at most %d", len(b.requests), most)
				}
				b.mu.Unlock()
				if !lies {
					b.wantOneUse(t)
				}
			})
		})
	}
}
