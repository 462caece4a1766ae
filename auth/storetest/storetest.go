// Package storetest tests implementations of [auth.Store].
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// Run tests the stores that open returns, one subtest for each sentence of the contract in
// [auth.Store], [auth.Lease] and [auth.Watcher]:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) auth.Store { return mystore.New(database(t)) })
//	}
//
// Each subtest calls open once and uses keys that no other subtest uses, so the stores may share
// one database. The subtests run in parallel, in real time; all of them together take some two
// seconds. A store that measures time in steps of more than 10 ms does not pass.
//
// The cases of Watch are skipped for a store that is no [auth.Watcher]. What a store does when its
// server is down, slow or full is for its own tests.
func Run(t *testing.T, open func(t *testing.T) auth.Store) {
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s := &subject{TB: t, store: open(t), key: t.Name() + "/" + rand.Text()}
			if _, ok := s.store.(auth.Watcher); c.watch && !ok {
				t.Skip("the store is no auth.Watcher")
			}
			c.run(s)
		})
	}
}

const (
	long  = time.Minute            // never passes in a test
	short = 200 * time.Millisecond // passes in a test
	slack = 20 * time.Millisecond  // for clocks that count in steps
	limit = 10 * time.Second       // for what should take a moment
	late  = 2 * time.Second        // for a watch to end; a source looks by itself after 1 s
)

// subject is a store under test, and the key of one case.
type subject struct {
	testing.TB
	store auth.Store
	key   string
}

func (s *subject) context() context.Context {
	ctx, cancel := context.WithTimeout(s.Context(), limit)
	s.Cleanup(cancel)
	return ctx
}

func (s *subject) load() auth.Record {
	s.Helper()
	r, err := s.store.Load(s.context(), s.key)
	if err != nil || r.Err != nil {
		s.Fatalf("Load: %v, %v", err, r.Err)
	}
	return r
}

func (s *subject) acquire(have uint64, ttl time.Duration) auth.Attempt {
	s.Helper()
	a, err := s.store.Acquire(s.context(), s.key, have, ttl)
	if err != nil || a.Record.Err != nil {
		s.Fatalf("Acquire: %v, %v", err, a.Record.Err)
	}
	return a
}

// lease takes the lease, which must be free.
func (s *subject) lease(have uint64, ttl time.Duration) auth.Lease {
	s.Helper()
	a := s.acquire(have, ttl)
	if a.Lease == nil {
		s.Fatalf("no lease: %+v", a)
	}
	if a.Busy != 0 || a.Lease.Fence() == 0 {
		s.Fatalf("a lease with fence %d, and busy for %s", a.Lease.Fence(), a.Busy)
	}
	return a.Lease
}

// next takes the lease as soon as the one before has run out, and returns when that was.
func (s *subject) next(have uint64, ttl time.Duration) (auth.Attempt, time.Time) {
	s.Helper()
	for start := time.Now(); time.Since(start) < limit; time.Sleep(5 * time.Millisecond) {
		if a := s.acquire(have, ttl); a.Lease != nil {
			return a, time.Now()
		}
	}
	s.Fatalf("a lease of %s has not run out in %s", short, limit)
	return auth.Attempt{}, time.Time{}
}

func (s *subject) save(l auth.Lease, w auth.Write) {
	s.Helper()
	if err := l.Save(s.context(), w); err != nil {
		s.Fatalf("Save: %v", err)
	}
}

// put saves a record and returns its fence.
func (s *subject) put(w auth.Write) uint64 {
	s.Helper()
	l := s.lease(s.load().Fence, long)
	s.save(l, w)
	return l.Fence()
}

func (s *subject) wantRecord(r auth.Record, data string, fence uint64, fresh bool) {
	s.Helper()
	if string(r.Data) != data || r.Fence != fence || r.Fresh != fresh || r.Err != nil || r.Age < 0 {
		s.Errorf("got the record %q, fence %d, fresh %v, age %s, %v; want %q, fence %d, fresh %v", r.Data, r.Fence, r.Fresh, r.Age, r.Err, data, fence, fresh)
	}
}

func (s *subject) wantLost(op string, err error) {
	s.Helper()
	if !errors.Is(err, auth.ErrLeaseLost) {
		s.Errorf("%s: got %v, want ErrLeaseLost", op, err)
	}
}

// wantEnded checks that l can no longer be used.
func (s *subject) wantEnded(l auth.Lease) {
	s.Helper()
	s.wantLost("Extend", l.Extend(s.context(), long))
	s.wantLost("Save", l.Save(s.context(), write("late")))
	s.wantLost("Release", l.Release(s.context()))
}

func (s *subject) wantBusy(have uint64) {
	s.Helper()
	if a := s.acquire(have, long); a.Lease != nil || a.Busy <= 0 || a.Busy > long || a.Lost {
		s.Errorf("got %+v, want a lease that another holds", a)
	}
}

// write is a record that stays and is fresh.
func write(data string) auth.Write {
	return auth.Write{Data: []byte(data), TTL: long, Fresh: long}
}

var cases = []struct {
	name  string
	watch bool
	run   func(s *subject)
}{
	{name: "a key without a record has the zero Record", run: func(s *subject) {
		if r := s.load(); r.Data != nil || r.Fence != 0 || r.Age != 0 || r.Fresh {
			s.Errorf("got %+v", r)
		}
		if a := s.acquire(0, long); a.Record.Data != nil || a.Record.Fence != 0 || a.Record.Fresh || a.Lost {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a record is loaded as it was saved", run: func(s *subject) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for _, data := range []string{"text", "", "\x00", string(every), "\xff\xfe\r\n", `{"json":"ü"}`, strings.Repeat("x", 256<<10)} {
			fence := s.put(write(data))
			s.wantRecord(s.load(), data, fence, true)
		}
	}},
	{name: "a record without data is a record", run: func(s *subject) {
		fence := s.put(auth.Write{TTL: long, Fresh: long})
		s.wantRecord(s.load(), "", fence, true)
		if a := s.acquire(0, long); a.Lease != nil || a.Record.Fence != fence {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a record keeps what it was saved with when the caller reuses the bytes", run: func(s *subject) {
		data := []byte("saved")
		fence := s.put(auth.Write{Data: data, TTL: long, Fresh: long})
		copy(data, "other")
		s.wantRecord(s.load(), "saved", fence, true)
	}},
	{name: "keys are told apart", run: func(s *subject) {
		base := s.key
		keys := []string{"", " ", "a", "A", "a ", "a/b", "a/../a", "../../a", "a:b", "{a}", "{a}b", "a*", "a?", "a%2fb", "a\nb", "ä", "a\u0308",
			strings.Repeat("a", 500), strings.Repeat("a", 501)}
		for i, k := range keys {
			s.key = base + k
			s.put(write(fmt.Sprint("record ", i)))
		}
		for i, k := range keys {
			s.key = base + k
			if r := s.load(); string(r.Data) != fmt.Sprint("record ", i) {
				s.Errorf("key %q has %q", k, r.Data)
			}
		}
	}},
	{name: "the age grows by the clock", run: func(s *subject) {
		before := time.Now()
		s.put(write("record"))
		after := time.Now()
		for range 3 {
			time.Sleep(60 * time.Millisecond)
			least := time.Since(after)
			r := s.load()
			if most := time.Since(before); r.Age < least-slack || r.Age > most+slack {
				s.Errorf("the age is %s, want %s to %s", r.Age, least, most)
			}
			if a := s.acquire(0, long); a.Record.Age < r.Age-slack {
				s.Errorf("Acquire has the age %s, after Load had %s", a.Record.Age, r.Age)
			}
		}
	}},
	{name: "a record is gone after its TTL", run: func(s *subject) {
		start := time.Now()
		fence := s.put(auth.Write{Data: []byte("record"), TTL: short, Fresh: long})
		for s.load().Fence == fence {
			if time.Since(start) > limit {
				s.Fatal("it is still there")
			}
			time.Sleep(5 * time.Millisecond)
		}
		if lived := time.Since(start); lived < short-slack {
			s.Errorf("it was gone after %s, want %s", lived, short)
		}
		a := s.acquire(0, long)
		if a.Lease == nil || a.Record.Fence != 0 || a.Record.Data != nil || a.Record.Fresh || a.Lost {
			s.Errorf("got %+v, want the lease alone", a)
		}
		if a.Lease != nil && a.Lease.Fence() <= fence {
			s.Errorf("the fence %d comes after %d", a.Lease.Fence(), fence)
		}
	}},
	{name: "a record is stale after its Fresh time and is kept", run: func(s *subject) {
		start := time.Now()
		fence := s.put(auth.Write{Data: []byte("record"), TTL: long, Fresh: short})
		for s.load().Fresh {
			if time.Since(start) > limit {
				s.Fatal("it is still fresh")
			}
			time.Sleep(5 * time.Millisecond)
		}
		if fresh := time.Since(start); fresh < short-slack {
			s.Errorf("it was stale after %s, want %s", fresh, short)
		}
		s.wantRecord(s.load(), "record", fence, false)
		a := s.acquire(0, long)
		if a.Lease == nil {
			s.Fatalf("got %+v, want the lease", a)
		}
		s.wantRecord(a.Record, "record", fence, false)
	}},
	{name: "a record with no Fresh time is never fresh", run: func(s *subject) {
		fence := s.put(auth.Write{Data: []byte("record"), TTL: long})
		s.wantRecord(s.load(), "record", fence, false)
		s.lease(0, long)
	}},
	{name: "loading a record does not make it younger", run: func(s *subject) {
		s.put(write("record"))
		time.Sleep(100 * time.Millisecond)
		s.load()
		s.acquire(0, long)
		if r := s.load(); r.Age < 100*time.Millisecond-slack {
			s.Errorf("the age is %s", r.Age)
		}
	}},

	{name: "a free lease is granted", run: func(s *subject) {
		if a := s.acquire(0, long); a.Lease == nil || a.Lost || a.Busy != 0 {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a free lease is granted to a caller that knows a record that is gone", run: func(s *subject) {
		s.lease(4711, long)
	}},
	{name: "a lease that is held makes others busy for its rest", run: func(s *subject) {
		s.lease(0, long)
		first := s.acquire(0, long)
		time.Sleep(50 * time.Millisecond)
		second := s.acquire(0, long)
		if first.Lease != nil || second.Lease != nil || first.Busy > long || second.Busy > first.Busy-50*time.Millisecond+slack || second.Busy < long/2 {
			s.Errorf("got %+v, then %+v", first, second)
		}
	}},
	{name: "a lease that is held does not hold up the caller", run: func(s *subject) {
		s.lease(0, long)
		start := time.Now()
		s.wantBusy(0)
		if waited := time.Since(start); waited > limit/2 {
			s.Errorf("it took %s", waited)
		}
	}},
	{name: "a lease that is held concerns its key alone", run: func(s *subject) {
		s.lease(0, long)
		s.key += "/other"
		s.lease(0, long)
	}},
	{name: "a busy caller gets the stale record", run: func(s *subject) {
		fence := s.put(auth.Write{Data: []byte("record"), TTL: long})
		s.lease(0, long)
		a := s.acquire(0, long)
		if a.Lease != nil || a.Busy <= 0 {
			s.Errorf("got %+v", a)
		}
		s.wantRecord(a.Record, "record", fence, false)
	}},
	{name: "a fresh record comes instead of the lease", run: func(s *subject) {
		fence := s.put(write("record"))
		for _, have := range []uint64{0, fence - 1, fence + 1} {
			a := s.acquire(have, long)
			if a.Lease != nil || a.Busy != 0 || a.Lost {
				s.Errorf("have %d: got %+v", have, a)
			}
			s.wantRecord(a.Record, "record", fence, true)
		}
	}},
	{name: "a fresh record comes even while the lease is held", run: func(s *subject) {
		fence := s.put(write("record"))
		s.lease(fence, long)
		a := s.acquire(0, long)
		if a.Lease != nil || a.Busy != 0 {
			s.Errorf("got %+v", a)
		}
		s.wantRecord(a.Record, "record", fence, true)
		s.wantBusy(fence)
	}},
	{name: "a fresh record that the caller has comes with the lease", run: func(s *subject) {
		fence := s.put(write("record"))
		a := s.acquire(fence, long)
		if a.Lease == nil || a.Busy != 0 {
			s.Fatalf("got %+v", a)
		}
		s.wantRecord(a.Record, "record", fence, true)
	}},
	{name: "one of many callers gets the lease", run: func(s *subject) {
		var (
			wg      sync.WaitGroup
			mu      sync.Mutex
			granted int
		)
		for range 20 {
			wg.Go(func() {
				a, err := s.store.Acquire(s.context(), s.key, 0, long)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					s.Error(err)
				case a.Lease != nil:
					granted++
				case a.Busy <= 0:
					s.Errorf("neither a lease nor busy: %+v", a)
				}
			})
		}
		wg.Wait()
		if granted != 1 {
			s.Errorf("%d leases", granted)
		}
	}},
	{name: "no update is lost", run: func(s *subject) {
		const workers, rounds = 4, 5
		var wg sync.WaitGroup
		ctx := s.context()
		for range workers {
			wg.Go(func() {
				for done := 0; done < rounds && ctx.Err() == nil; {
					r, err := s.store.Load(ctx, s.key)
					if err != nil {
						s.Error(err)
						return
					}
					a, err := s.store.Acquire(ctx, s.key, r.Fence, long)
					if err != nil {
						s.Error(err)
						return
					}
					if a.Lease == nil {
						time.Sleep(time.Millisecond)
						continue
					}
					if err := a.Lease.Save(ctx, write(string(a.Record.Data)+"x")); err != nil {
						s.Error(err)
						return
					}
					done++
				}
			})
		}
		wg.Wait()
		if n := len(s.load().Data); n != workers*rounds {
			s.Errorf("%d of %d updates", n, workers*rounds)
		}
	}},
	{name: "fences grow", run: func(s *subject) {
		var last uint64
		for i := range 12 {
			l := s.lease(s.load().Fence, long)
			if l.Fence() <= last {
				s.Fatalf("the fence %d comes after %d", l.Fence(), last)
			}
			last = l.Fence()
			if i%2 == 0 {
				s.save(l, auth.Write{Data: []byte("record"), TTL: short})
			} else if err := l.Release(s.context()); err != nil {
				s.Fatal(err)
			}
			if i == 6 {
				time.Sleep(short + slack) // the record is gone
			}
		}
	}},
	{name: "a fence does not change", run: func(s *subject) {
		l := s.lease(0, long)
		fence := l.Fence()
		if err := l.Extend(s.context(), long); err != nil {
			s.Fatal(err)
		}
		s.save(l, write("record"))
		if l.Fence() != fence {
			s.Errorf("%d became %d", fence, l.Fence())
		}
		s.wantRecord(s.load(), "record", fence, true)
	}},

	{name: "a released lease is free", run: func(s *subject) {
		if err := s.lease(0, long).Release(s.context()); err != nil {
			s.Fatal(err)
		}
		if a := s.acquire(0, long); a.Lease == nil || a.Lost {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a release leaves the record alone", run: func(s *subject) {
		fence := s.put(write("record"))
		time.Sleep(50 * time.Millisecond)
		if err := s.lease(fence, long).Release(s.context()); err != nil {
			s.Fatal(err)
		}
		r := s.load()
		s.wantRecord(r, "record", fence, true)
		if r.Age < 50*time.Millisecond-slack {
			s.Errorf("it is %s old", r.Age)
		}
	}},
	{name: "a saved lease is free", run: func(s *subject) {
		fence := s.put(write("record"))
		if a := s.acquire(fence, long); a.Lease == nil || a.Lost {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a save replaces all of the record", run: func(s *subject) {
		s.put(auth.Write{Data: []byte("a long first record"), TTL: short, Fresh: short})
		time.Sleep(50 * time.Millisecond)
		start := time.Now()
		fence := s.put(auth.Write{Data: []byte("second"), TTL: long, Fresh: long})
		time.Sleep(short + slack)
		r := s.load()
		s.wantRecord(r, "second", fence, true)
		if most := time.Since(start) + slack; r.Age > most {
			s.Errorf("it is %s old, want %s at most", r.Age, most)
		}
		fence = s.put(auth.Write{Data: []byte("third"), TTL: long})
		s.wantRecord(s.load(), "third", fence, false)
	}},
	{name: "a lease runs out after its ttl", run: func(s *subject) {
		start := time.Now()
		s.lease(0, short)
		a, at := s.next(0, long)
		if ran := at.Sub(start); ran < short-slack {
			s.Errorf("it ran out after %s, want %s", ran, short)
		}
		if !a.Lost {
			s.Error("the next holder is not told that the one before got lost")
		}
		s.wantBusy(0)
	}},
	{name: "a lost lease is told once", run: func(s *subject) {
		s.lease(0, short)
		a, _ := s.next(0, long)
		if err := a.Lease.Release(s.context()); err != nil || !a.Lost {
			s.Fatalf("%+v, %v", a, err)
		}
		if a := s.acquire(0, short); a.Lost || a.Lease == nil {
			s.Errorf("got %+v", a)
		}
		if a, _ = s.next(0, long); !a.Lost {
			s.Error("the next one that gets lost is not told")
		}
		s.save(a.Lease, write("record"))
		if a := s.acquire(a.Lease.Fence(), long); a.Lost || a.Lease == nil {
			s.Errorf("got %+v", a)
		}
	}},
	{name: "a lost lease is told with the record that it was for", run: func(s *subject) {
		fence := s.put(auth.Write{Data: []byte("record"), TTL: long})
		s.lease(fence, short)
		a, _ := s.next(0, long)
		if !a.Lost {
			s.Error("not told")
		}
		s.wantRecord(a.Record, "record", fence, false)
	}},
	{name: "a lease is extended from now", run: func(s *subject) {
		fence := s.put(write("record"))
		l := s.lease(fence, short)
		if err := l.Extend(s.context(), long); err != nil {
			s.Fatal(err)
		}
		s.wantRecord(s.load(), "record", fence, true)
		s.wantBusy(fence)
		time.Sleep(short + slack)
		a := s.acquire(fence, long)
		if a.Lease != nil || a.Busy < long/2 || a.Busy > long {
			s.Errorf("got %+v", a)
		}
		s.save(l, write("newer"))
	}},
	{name: "a lease may be extended for less than it had", run: func(s *subject) {
		if err := s.lease(0, long).Extend(s.context(), time.Millisecond); err != nil {
			s.Fatal(err)
		}
		if a, _ := s.next(0, long); !a.Lost {
			s.Error("the next holder is not told that the one before got lost")
		}
	}},
	{name: "a lease that ran out is good until the next one", run: func(s *subject) {
		l := s.lease(0, 50*time.Millisecond)
		time.Sleep(50*time.Millisecond + 2*slack)
		if err := l.Extend(s.context(), long); err != nil {
			s.Fatalf("Extend: %v", err)
		}
		s.wantBusy(0)
		s.save(l, write("record"))
		l = s.lease(l.Fence(), 50*time.Millisecond)
		time.Sleep(50*time.Millisecond + 2*slack)
		s.save(l, write("late"))
		s.wantRecord(s.load(), "late", l.Fence(), true)
		l = s.lease(l.Fence(), 50*time.Millisecond)
		time.Sleep(50*time.Millisecond + 2*slack)
		if err := l.Release(s.context()); err != nil {
			s.Errorf("Release: %v", err)
		}
		if a := s.acquire(s.load().Fence, long); a.Lost {
			s.Error("a released lease counts as lost")
		}
	}},
	{name: "a lost lease can do nothing", run: func(s *subject) {
		fence := s.put(auth.Write{Data: []byte("record"), TTL: long})
		lost := s.lease(fence, short)
		before := lost.Fence()
		a, _ := s.next(0, long)
		s.wantEnded(lost)
		if lost.Fence() != before {
			s.Errorf("its fence %d became %d", before, lost.Fence())
		}
		s.wantRecord(s.load(), "record", fence, false)
		s.wantBusy(0)
		s.save(a.Lease, write("newer"))
		s.wantEnded(lost)
		s.wantRecord(s.load(), "newer", a.Lease.Fence(), true)
	}},
	{name: "a saved lease can do nothing more", run: func(s *subject) {
		l := s.lease(0, long)
		s.save(l, write("record"))
		s.wantEnded(l)
		s.wantRecord(s.load(), "record", l.Fence(), true)
	}},
	{name: "a released lease can do nothing more", run: func(s *subject) {
		l := s.lease(0, long)
		if err := l.Release(s.context()); err != nil {
			s.Fatal(err)
		}
		s.wantEnded(l)
		if r := s.load(); r.Fence != 0 {
			s.Errorf("got %+v", r)
		}
	}},

	{name: "a dropped record is stale and is kept", run: func(s *subject) {
		fence := s.put(write("record"))
		if ok, err := s.store.Drop(s.context(), s.key, fence); !ok || err != nil {
			s.Fatalf("Drop: %v, %v", ok, err)
		}
		s.wantRecord(s.load(), "record", fence, false)
		a := s.acquire(0, long)
		if a.Lease == nil {
			s.Fatalf("got %+v, want the lease", a)
		}
		s.wantRecord(a.Record, "record", fence, false)
	}},
	{name: "a drop does not make the record younger", run: func(s *subject) {
		fence := s.put(write("record"))
		time.Sleep(100 * time.Millisecond)
		if ok, err := s.store.Drop(s.context(), s.key, fence); !ok || err != nil {
			s.Fatalf("Drop: %v, %v", ok, err)
		}
		if r := s.load(); r.Age < 100*time.Millisecond-slack {
			s.Errorf("it is %s old", r.Age)
		}
	}},
	{name: "a drop of an older record does nothing", run: func(s *subject) {
		old := s.put(write("old"))
		fence := s.put(write("new"))
		if ok, err := s.store.Drop(s.context(), s.key, old); ok || err != nil {
			s.Errorf("Drop: %v, %v", ok, err)
		}
		s.wantRecord(s.load(), "new", fence, true)
	}},
	{name: "a drop of no record does nothing", run: func(s *subject) {
		for _, fence := range []uint64{0, 1} {
			if ok, err := s.store.Drop(s.context(), s.key, fence); ok || err != nil {
				s.Errorf("Drop: %v, %v", ok, err)
			}
		}
		s.lease(0, long)
	}},
	{name: "a drop does not disturb a lease", run: func(s *subject) {
		fence := s.put(write("record"))
		l := s.lease(fence, long)
		if ok, err := s.store.Drop(s.context(), s.key, fence); !ok || err != nil {
			s.Fatalf("Drop: %v, %v", ok, err)
		}
		s.wantBusy(0)
		s.save(l, write("newer"))
		s.wantRecord(s.load(), "newer", l.Fence(), true)
	}},
	{name: "a record saved after a drop is fresh", run: func(s *subject) {
		fence := s.put(write("record"))
		if ok, err := s.store.Drop(s.context(), s.key, fence); !ok || err != nil {
			s.Fatalf("Drop: %v, %v", ok, err)
		}
		fence = s.put(write("newer"))
		s.wantRecord(s.load(), "newer", fence, true)
	}},

	{name: "no call goes on after its context has ended", run: func(s *subject) {
		l := s.lease(0, long)
		ctx, cancel := context.WithCancel(s.context())
		cancel()
		start := time.Now()
		_, _ = s.store.Load(ctx, s.key)
		_, _ = s.store.Acquire(ctx, s.key, 0, long)
		_, _ = s.store.Drop(ctx, s.key, 1)
		_ = l.Extend(ctx, long)
		if waited := time.Since(start); waited > limit/2 {
			s.Errorf("they took %s", waited)
		}
	}},

	{name: "a watch ends at once if the record is another one", watch: true, run: func(s *subject) {
		fence := s.put(write("record"))
		for _, after := range []uint64{0, fence - 1, fence + 1} {
			if err := s.watch(s.context(), after); err != nil {
				s.Errorf("after %d: %v", after, err)
			}
		}
	}},
	{name: "a watch waits no longer than its context", watch: true, run: func(s *subject) {
		fence := s.put(write("record"))
		ctx, cancel := context.WithTimeout(s.context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		for ctx.Err() == nil { // it may end earlier
			if err := s.watch(ctx, fence); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				s.Fatal(err)
			}
			if time.Since(start) > limit/2 {
				s.Fatal("it is still waiting")
			}
		}
	}},
	{name: "a watch does not spin", watch: true, run: func(s *subject) {
		fence := s.put(write("record"))
		ctx, cancel := context.WithTimeout(s.context(), 500*time.Millisecond)
		defer cancel()
		rounds := 0
		for ctx.Err() == nil {
			_ = s.watch(ctx, fence)
			if rounds++; rounds > 20 {
				s.Fatalf("it ended %d times in half a second while nothing happened", rounds)
			}
		}
	}},
	{name: "all who watch are woken soon after a save", watch: true, run: func(s *subject) {
		l := s.lease(0, long)
		ctx := s.context()
		woken := make(chan time.Time, 20)
		for range cap(woken) {
			go func() {
				defer func() { woken <- time.Now() }()
				for {
					if err := s.watch(ctx, 0); err != nil || ctx.Err() != nil {
						s.Errorf("still waiting: %v", err)
						return
					}
					if r, err := s.store.Load(ctx, s.key); err != nil || r.Fence != 0 {
						if r.Fence != l.Fence() || err != nil {
							s.Errorf("got %+v, %v", r, err)
						}
						return
					}
				}
			}()
		}
		time.Sleep(100 * time.Millisecond)
		s.save(l, write("record"))
		saved := time.Now()
		for range cap(woken) {
			if took := (<-woken).Sub(saved); took > late {
				s.Errorf("it took %s", took)
			}
		}
	}},
	{name: "a watch misses no save", watch: true, run: func(s *subject) {
		var fence uint64
		ctx := s.context()
		for range 20 {
			l := s.lease(fence, long)
			saved := make(chan error, 1)
			go func() { saved <- l.Save(ctx, write("record")) }()
			for s.load().Fence == fence {
				if err := s.watch(ctx, fence); err != nil || ctx.Err() != nil {
					s.Fatalf("still waiting: %v", err)
				}
			}
			if err := <-saved; err != nil {
				s.Fatal(err)
			}
			fence = l.Fence()
		}
	}},
	{name: "a released lease can be taken while others watch", watch: true, run: func(s *subject) {
		l := s.lease(0, long)
		ctx, cancel := context.WithTimeout(s.context(), 200*time.Millisecond)
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.watch(ctx, 0)
		}()
		time.Sleep(20 * time.Millisecond)
		if err := l.Release(s.context()); err != nil {
			s.Error(err)
		}
		<-done
		s.lease(0, long)
	}},
	{name: "a watch leaves no goroutine behind", watch: true, run: func(s *subject) {
		const watches, most = 40, 10 // a client may keep a few for all watches
		pprof.Do(s.context(), pprof.Labels(watchLabel, s.key), func(ctx context.Context) {
			for i := range watches {
				ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
				_ = s.watch(ctx, uint64(i%2)) // waits, or ends at once
				cancel()
			}
		})
		left := goroutines(s.key)
		for start := time.Now(); left > most && time.Since(start) < late; left = goroutines(s.key) {
			time.Sleep(50 * time.Millisecond)
		}
		if left > most {
			s.Errorf("%d goroutines run on after %d watches", left, watches)
		}
	}},
}

// watchLabel marks the goroutines that a Watch starts: a goroutine has the labels of its parent.
const watchLabel = "finsdk.storetest.watch"

var profiled = regexp.MustCompile(`(?m)^(\d+) @.*\n# labels: (.*)$`)

// goroutines counts the goroutines that have watchLabel with the given value.
func goroutines(value string) (n int) {
	var profile strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1)
	for _, match := range profiled.FindAllStringSubmatch(profile.String(), -1) {
		if strings.Contains(match[2], strconv.Quote(value)) {
			count, _ := strconv.Atoi(match[1])
			n += count
		}
	}
	return n
}

func (s *subject) watch(ctx context.Context, after uint64) error {
	return s.store.(auth.Watcher).Watch(ctx, s.key, after)
}
