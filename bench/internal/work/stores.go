package work

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/filestore"
	"github.com/finsdk/finsdk-go/bench/internal/fleet"
	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Shared measures processes that share a token.
func Shared(size Size) (Table, error) {
	const (
		vendor  = 300 * time.Millisecond
		callers = 20
	)
	t := Table{
		Title: "Processes that share a store",
		About: fmt.Sprintf("Processes start together, with %d callers each, and none has a token. The vendor takes %s. \"Warm\" is the same again: "+
			"the store has a token. Times are from the start to the last caller of all; a process works out the key of its record by a slow hash first.", callers, vendor),
		Columns: []string{"", "processes", "cold: requests", "cold: the last is served after", "warm: requests", "warm: the last is served after"},
	}
	dir, err := os.MkdirTemp("", "bench-store-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	redis, err := fleet.StartRedis(dir)
	if err != nil {
		return t, err
	}
	defer redis.Stop()
	for _, kind := range []string{"none", "file", "redis"} {
		for _, processes := range []int{1, 10, 50} {
			store := ""
			switch kind {
			case "file":
				store = "file:" + filepath.Join(dir, fmt.Sprint(processes))
			case "redis":
				if store = redis.Store(processes); store == "" {
					t.About += " " + fleet.NoRedis
					continue
				}
			}
			cold, warm, err := fleet.Waves(processes, callers, store, vendor)
			if err != nil {
				return t, fmt.Errorf("%s, %d processes: %w", kind, processes, err)
			}
			t.row(kind, fmt.Sprint(processes), fmt.Sprint(cold.Requests), milliseconds(cold.Last), fmt.Sprint(warm.Requests), milliseconds(warm.Last))
			if store != "" {
				name := fmt.Sprintf("%s store, %d at once: ", kind, processes)
				t.count(name+"requests, cold", float64(cold.Requests), goal{target: 1, held: float64(processes), why: busy})
				t.count(name+"requests, warm", float64(warm.Requests), goal{held: float64(processes), why: busy})
			}
		}
	}
	return t, nil
}

const busy = "on a machine this busy an operation of the store took longer than the 250 ms that a source gives it, and a process then asks the vendor itself"

// Slow measures what a store costs a source: one with a token, and one without where the store is
// slow or hangs.
func Slow(size Size) Table {
	const vendor = 100 * time.Millisecond
	t := Table{
		Title:   "What a store costs",
		About:   fmt.Sprintf("The first call of a source is cold: the vendor takes %s, and no token is in the store. The median of five.", vendor),
		Columns: []string{"", "the first call", "a cached token", "to that without a store"},
	}
	dir, err := os.MkdirTemp("", "bench-slow-")
	must(err)
	defer os.RemoveAll(dir)
	stores := []struct {
		name string
		open func(i int) auth.Store
		most time.Duration
	}{
		{"no store", func(int) auth.Store { return nil }, 0},
		{"in memory", func(int) auth.Store { return auth.MemoryStore() }, 0},
		{"files", func(i int) auth.Store { return filestore.New(filepath.Join(dir, fmt.Sprint(i))) }, 0},
		{"in memory, each use takes 200 ms", func(int) auth.Store { return &slow{auth.MemoryStore(), 200 * time.Millisecond} }, 350 * time.Millisecond},
		{"in memory, hangs", func(int) auth.Store { return &slow{auth.MemoryStore(), time.Hour} }, 400 * time.Millisecond},
	}
	var cases []measure.Case
	firsts := make([]time.Duration, len(stores))
	for i, st := range stores {
		var took []float64
		var source *auth.TokenSource
		for try := range 5 {
			source = peer.Source(func(context.Context) (peer.Token, error) {
				time.Sleep(vendor)
				return peer.Token{Value: longToken, Expiry: time.Now().Add(time.Hour)}, nil
			}, auth.WithName("bench"), auth.WithStore(st.open(i*10+try)))
			start := time.Now()
			_, err := source.TokenContext(context.Background())
			must(err)
			took = append(took, float64(time.Since(start)))
		}
		firsts[i] = time.Duration(measure.Quantile(took, 0.5))
		ctx := context.Background()
		cases = append(cases, measure.Case{Name: st.name, Op: func() {
			if _, err := source.TokenContext(ctx); err != nil {
				panic(err)
			}
		}})
	}
	samples := measure.Run(size.on(1), cases...)
	for i, st := range stores {
		r := measure.Compare(samples[i], samples[0])
		t.row(st.name, milliseconds(firsts[i]), nanoseconds(samples[i]), ratio(r))
		if st.most > 0 {
			t.check("first call, "+st.name, milliseconds(firsts[i]), "at most "+milliseconds(st.most), firsts[i] <= st.most, firsts[i] <= st.most*5/4, "")
		}
		if i == 1 {
			t.atMost("cached token with a store to one without", r, goal{target: 1.05})
		}
	}
	return t
}

// slow is a store each use of which takes a while, or as long as the source lets it.
type slow struct {
	auth.Store
	takes time.Duration
}

func (s *slow) wait(ctx context.Context) error {
	select {
	case <-time.After(s.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slow) Load(ctx context.Context, key string) (auth.Record, error) {
	if err := s.wait(ctx); err != nil {
		return auth.Record{}, err
	}
	return s.Store.Load(ctx, key)
}

func (s *slow) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	if err := s.wait(ctx); err != nil {
		return auth.Attempt{}, err
	}
	a, err := s.Store.Acquire(ctx, key, have, ttl)
	if a.Lease != nil {
		a.Lease = &slowLease{a.Lease, s}
	}
	return a, err
}

func (s *slow) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	if err := s.wait(ctx); err != nil {
		return false, err
	}
	return s.Store.Drop(ctx, key, fence)
}

type slowLease struct {
	auth.Lease
	store *slow
}

func (l *slowLease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := l.store.wait(ctx); err != nil {
		return err
	}
	return l.Lease.Extend(ctx, ttl)
}

func (l *slowLease) Save(ctx context.Context, w auth.Write) error {
	if err := l.store.wait(ctx); err != nil {
		return err
	}
	return l.Lease.Save(ctx, w)
}

func (l *slowLease) Release(ctx context.Context) error {
	if err := l.store.wait(ctx); err != nil {
		return err
	}
	return l.Lease.Release(ctx)
}

// Told compares the simulation with processes on this machine.
func Told(Size) (Table, error) {
	t := Table{
		Title: "Does the simulation tell the truth?",
		About: "The same scenario in virtual time, and with a process for each replica over sockets, with the store of that line: tokens live for 10 s, each replica makes a call every 200 ms or so, " +
			"for 30 s. With a limit, the vendor answers so many requests in all and the others with 429. How many calls fail then depends on the random pauses of a few requests.",
		Columns: []string{"replicas", "store", "limit", "requests, simulated", "real", "answered 429, simulated", "real", "calls failed, simulated", "real"},
	}
	dir, err := os.MkdirTemp("", "bench-told-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	redis, err := fleet.StartRedis(dir)
	if err != nil {
		return t, err
	}
	defer redis.Stop()
	for i, c := range []struct {
		replicas, limit int
		store           string
	}{{100, 0, ""}, {100, 0, "redis"}, {100, 200, ""}, {100, 2, "redis"}} {
		s := fleet.Short(c.replicas, c.limit, c.store != "")
		store, limit := "none", "none"
		if c.limit > 0 {
			limit = fmt.Sprint(c.limit)
		}
		address := ""
		if c.store != "" {
			store = c.store
			if address = redis.Store(i); address == "" {
				t.About += " " + fleet.NoRedis
				continue
			}
		}
		simulated, err := fleet.Simulate(s)
		if err != nil {
			return t, err
		}
		real, err := fleet.Real(s, address)
		if err != nil {
			return t, err
		}
		t.row(fmt.Sprint(c.replicas), store, limit, fmt.Sprint(simulated.Requests), fmt.Sprint(real.Requests), fmt.Sprint(simulated.TooMany), fmt.Sprint(real.TooMany), failed(simulated), failed(real))
		near := float64(real.Requests) <= 1.3*float64(simulated.Requests)+2 && float64(real.Requests) >= 0.7*float64(simulated.Requests)-2
		t.check(fmt.Sprintf("requests of %d processes, store %s, limit %s", c.replicas, store, limit), fmt.Sprint(real.Requests), fmt.Sprintf("near the simulated %d", simulated.Requests), near, near, "")
	}
	return t, nil
}
