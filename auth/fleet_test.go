package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// bank is a vendor that knows passwords and gives each refresh token one use, as Keycloak does
// where refresh tokens rotate.
type bank struct {
	latency  time.Duration
	lifetime time.Duration               // a quarter of an hour if zero
	answer   func(n int) error           // to the nth request; nil: as usual
	step     func(who string, at string) // is called by each request when it is sent, and when it is answered

	mu        sync.Mutex
	right     string // the password
	requests  []time.Duration
	born      time.Time
	logins    int
	refreshes map[string]int // by refresh token
	valid     map[string]bool
}

func newBank(right string) *bank {
	return &bank{latency: 300 * time.Millisecond, right: right, refreshes: map[string]int{}, valid: map[string]bool{}, born: time.Now()}
}

// grant is the bank's Grant for one replica.
func (b *bank) grant(who string, password SecretSource) Grant {
	return GrantFunc(func(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
		var secret Secret
		refresh := last != nil && last.RefreshToken != ""
		if !refresh {
			var err error
			if secret, err = password(ctx); err != nil {
				return nil, err
			}
			if err := UseSecret(ctx, secret); err != nil {
				return nil, err
			}
		}
		if check := HTTPClient(ctx).Transport.(*tokenTransport).check; check != nil {
			if err := check(ctx); err != nil {
				return nil, NewTransportError("test", "ask", err)
			}
		}
		b.mu.Lock()
		b.requests = append(b.requests, time.Since(b.born))
		n := len(b.requests)
		if refresh {
			b.refreshes[last.RefreshToken]++
		} else {
			b.logins++
		}
		b.mu.Unlock()
		sent := time.Now()
		if b.step != nil {
			b.step(who, "sent")
		}
		time.Sleep(b.latency)
		if b.step != nil {
			b.step(who, "answered")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.answer != nil {
			if err := b.answer(n); err != nil {
				return nil, err
			}
		}
		if !refresh && secret.Reveal() != b.right {
			return nil, &Error{StatusCode: 401, Code: "invalid_grant", Kind: ErrInvalidCredentials, Description: "Invalid user credentials"}
		}
		name := fmt.Sprint("t", n)
		b.valid[name] = true
		lifetime := b.lifetime
		if lifetime == 0 {
			lifetime = quarterHour
		}
		return &oauth2.Token{AccessToken: name, RefreshToken: fmt.Sprint("r", n), Expiry: sent.Add(lifetime), ExpiresIn: int64(lifetime / time.Second)}, nil
	})
}

// replica is a source of its own that shares the store.
func (b *bank) replica(t *testing.T, who string, store Store, password SecretSource, opts ...Option) *TokenSource {
	t.Helper()
	return newSource(t, b.grant(who, password), append([]Option{WithStore(store), WithSite(Site{Vendor: "test", StoreKey: "k", Secret: password})}, opts...)...)
}

func (b *bank) fleet(t *testing.T, n int, store Store, password SecretSource, opts ...Option) []*TokenSource {
	t.Helper()
	var sources []*TokenSource
	for i := range n {
		sources = append(sources, b.replica(t, fmt.Sprint(i), store, password, opts...))
	}
	return sources
}

// wantRequests compares the times of the requests, in seconds, rounded down.
func (b *bank) wantRequests(t *testing.T, seconds ...int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var got []int
	for _, at := range b.requests {
		got = append(got, int(at/time.Second))
	}
	if !slices.Equal(got, seconds) {
		t.Errorf("requests at seconds %v, want %v", got, seconds)
	}
}

// wantOneUse checks that no refresh token was sent twice.
func (b *bank) wantOneUse(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, n := range b.refreshes {
		if n > 1 {
			t.Errorf("the refresh token %s was sent %d times", token, n)
		}
	}
}

// wantOneToken checks that all sources use the same token.
func wantOneToken(t *testing.T, sources []*TokenSource) {
	t.Helper()
	tokens, errs := together(len(sources), func(i int) (*oauth2.Token, error) { return sources[i].Token() })
	if len(tokens) != 1 || errs != nil {
		t.Errorf("got %v, %v; want one token", tokens, errs)
	}
}

func pw(s string) SecretSource { return StaticSecret(NewSecret(s)) }

// stores are a store that wakes those who wait, and one that they have to ask again and again.
func stores() map[string]Store {
	return map[string]Store{"watched": MemoryStore(), "polled": pollers{MemoryStore()}}
}

func TestFleet_coldCallersMakeOneRequest(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				sources := b.fleet(t, 50, store, pw("right"))
				start := time.Now()
				tokens, errs := together(1000, func(i int) (*oauth2.Token, error) { return sources[i%50].Token() })
				if tokens["t1"] != 1000 || errs != nil {
					t.Errorf("got %v, %v", tokens, errs)
				}
				most := b.latency
				if name == "polled" {
					most += lastPoll
				}
				if d := time.Since(start); d > most {
					t.Errorf("the last was served after %s, want %s", d, most)
				}
				b.wantRequests(t, 0)
			})
		})
	}
}

func TestFleet_rateLimitCostsOneRequestAPause(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				b.answer = func(n int) error {
					if n <= 3 {
						return &Error{StatusCode: 429, RetryAfter: 30 * time.Second, Description: "too many"}
					}
					return nil
				}
				sources := b.fleet(t, 50, store, pw("right"))
				// Those who cannot wait are told when to come again.
				var rounds atomic.Int64
				_, errs := together(100, func(i int) (*oauth2.Token, error) {
					tok, err := sources[i%50].TokenContext(t.Context())
					var failure *Error
					if !errors.As(err, &failure) || !failure.Is(ErrRateLimited) || failure.StatusCode != 429 || failure.Vendor != "test" ||
						failure.RetryAfter <= 29*time.Second && i%50 != 0 && failure.RetryAfter != 30*time.Second {
						t.Errorf("got %v", err)
					}
					rounds.Add(1)
					return tok, err
				})
				if len(errs) != 100 {
					t.Errorf("%d errors", len(errs))
				}
				b.wantRequests(t, 0)
				// Those who can wait get a token, and nobody asks before a pause is over.
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				tokens, errs := together(200, func(i int) (*oauth2.Token, error) { return sources[i%50].TokenContext(ctx) })
				if tokens["t4"] != 200 || errs != nil {
					t.Errorf("got %v, %v", tokens, errs)
				}
				b.wantRequests(t, 0, 30, 60, 90)
				for i := 1; i < len(b.requests); i++ {
					if d := b.requests[i] - b.requests[i-1]; d < 30*time.Second+b.latency {
						t.Errorf("request %d came %s after the one before", i+1, d)
					}
				}
			})
		})
	}
}

func TestFleet_backOffGrowsAsInOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		b.latency = 0
		b.answer = func(n int) error { return &Error{StatusCode: 503} }
		sources := b.fleet(t, 20, MemoryStore(), pw("right"))
		for i := 0; time.Since(b.born) < 10*time.Minute; i++ { // each call by another replica
			if _, err := sources[i%20].Token(); !errors.Is(err, ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			synctest.Wait()
			time.Sleep(100 * time.Millisecond)
		}
		for i := 1; i < len(b.requests); i++ {
			step := min(firstBackoff<<min(i-1, 6), maxBackoff)
			if d := b.requests[i] - b.requests[i-1]; d < step || d > step+step/4+time.Second {
				t.Errorf("request %d came %s after the one before, want %s", i+1, d, step)
			}
		}
		if n := len(b.requests); n < 12 || n > 16 {
			t.Errorf("%d requests: %v", n, b.requests)
		}
	})
}

func TestFleet_wrongPasswordIsSentOnceAPause(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				b.latency = 0
				sources := b.fleet(t, 50, store, pw("wrong"))
				for range 8 * 60 {
					_, errs := together(50, func(i int) (*oauth2.Token, error) { return sources[i].Token() })
					for _, err := range errs {
						if !errors.Is(err, ErrInvalidCredentials) {
							t.Fatalf("got %v", err)
						}
					}
					if len(errs) != 50 {
						t.Fatalf("%d errors", len(errs))
					}
					time.Sleep(time.Second)
				}
				b.wantRequests(t, 0, 60, 180, 420)
			})
		})
	}
}

func TestFleet_replicasWithTheNewSecretGoOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("new")
		store := MemoryStore()
		sources := append(b.fleet(t, 40, store, pw("old")), b.fleet(t, 10, store, pw("new"))...)
		start := time.Now()
		tokens, errs := together(500, func(i int) (*oauth2.Token, error) { return sources[i%50].Token() })
		if len(tokens) != 1 || tokens["t1"]+tokens["t2"] != 100 || len(errs) != 400 || time.Since(start) != b.latency {
			t.Errorf("got %v, %d errors after %s", tokens, len(errs), time.Since(start))
		}
		b.wantRequests(t, 0, 0)
	})
}

// The old secret is sent once, and the new one once, although all read the same file.
func TestFleet_secretRotatedInMidFlightIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("new")
		var rotated atomic.Bool
		b.step = func(_, at string) {
			if at == "answered" {
				rotated.Store(true)
			}
		}
		file := func(context.Context) (Secret, error) {
			if rotated.Load() {
				return NewSecret("new"), nil
			}
			return NewSecret("old"), nil
		}
		sources := b.fleet(t, 50, MemoryStore(), file)
		tokens, errs := together(500, func(i int) (*oauth2.Token, error) { return sources[i%50].Token() })
		if tokens["t2"] != 500 || errs != nil {
			t.Errorf("got %v, %v", tokens, errs)
		}
		b.wantRequests(t, 0, 0)
	})
}

func TestFleet_secretThatCannotBeReadStopsNoRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		var down atomic.Bool
		vault := func(context.Context) (Secret, error) {
			if down.Load() {
				return Secret{}, errors.New("the vault is down")
			}
			return NewSecret("right"), nil
		}
		sources := b.fleet(t, 5, MemoryStore(), vault)
		wantOneToken(t, sources)
		down.Store(true)
		time.Sleep(quarterHour)
		wantOneToken(t, sources)
		if b.logins != 1 || b.refreshes["r1"] != 1 {
			t.Errorf("%d logins, refreshes %v", b.logins, b.refreshes)
		}
		if _, err := b.replica(t, "new", MemoryStore(), vault).Token(); err == nil || !strings.Contains(err.Error(), "the vault is down") {
			t.Errorf("a process that never had the secret got %v", err)
		}
	})
}

// mortal is one replica's way to a store. A stopped replica's operations wait until it goes on.
// Those of a dead one do nothing any more.
type mortal struct {
	Store
	mu      sync.Mutex
	stopped chan struct{} // nil while it runs
	dead    bool
}

// stop stops the replica for d, or for ever.
func (m *mortal) stop(d time.Duration) {
	m.mu.Lock()
	goOn := make(chan struct{})
	m.stopped, m.dead = goOn, d == 0
	m.mu.Unlock()
	if d > 0 {
		time.AfterFunc(d, func() {
			m.mu.Lock()
			m.stopped = nil
			m.mu.Unlock()
			close(goOn)
		})
	}
}

// alive waits while the replica is stopped.
func (m *mortal) alive(ctx context.Context) error {
	m.mu.Lock()
	stopped, dead := m.stopped, m.dead
	m.mu.Unlock()
	switch {
	case dead:
		<-ctx.Done()
		return ctx.Err()
	case stopped != nil:
		<-stopped
	}
	return nil
}

func (m *mortal) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (Attempt, error) {
	if err := m.alive(ctx); err != nil {
		return Attempt{}, err
	}
	at, err := m.Store.Acquire(ctx, key, have, ttl)
	if at.Lease != nil {
		at.Lease = mortalLease{at.Lease, m}
	}
	return at, err
}

type mortalLease struct {
	Lease
	m *mortal
}

func (l mortalLease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := l.m.alive(ctx); err != nil {
		return err
	}
	return l.Lease.Extend(context.WithoutCancel(ctx), ttl)
}

func (l mortalLease) Save(ctx context.Context, w Write) error {
	if err := l.m.alive(ctx); err != nil {
		return err
	}
	return l.Lease.Save(context.WithoutCancel(ctx), w)
}

func (l mortalLease) Release(ctx context.Context) error {
	if err := l.m.alive(ctx); err != nil {
		return err
	}
	return l.Lease.Release(context.WithoutCancel(ctx))
}

// steps are the moments at which the holder of the lease is killed or stopped.
var steps = []string{"acquired", "sent", "answered", "landed"}

// stopping makes the victim call stop at the given step of its next renewal.
func stopping(b *bank, at string, armed *atomic.Bool, stop func()) Option {
	fire := func(step string) {
		if step == at && armed.CompareAndSwap(true, false) {
			stop()
		}
	}
	b.step = func(who, step string) {
		if who == "victim" {
			fire(step)
		}
	}
	return WithObserver(ObserverFunc(func(_ context.Context, e Event) {
		switch {
		case e.Kind == EventStore && e.Op == "acquire" && e.Err == nil:
			fire("acquired")
		case e.Kind == EventRefresh:
			fire("landed")
		}
	}))
}

func TestFleet_holderIsKilled(t *testing.T) {
	for _, at := range steps {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				store := MemoryStore()
				way := &mortal{Store: store}
				var armed atomic.Bool
				killed, over := make(chan struct{}), make(chan struct{})
				victim := b.replica(t, "victim", way, pw("right"), stopping(b, at, &armed, func() {
					way.stop(0)
					close(killed)
					<-over // its goroutines do nothing any more
				}))
				sources := b.fleet(t, 5, store, pw("right"))
				wantOneToken(t, append(sources, victim))
				time.Sleep(quarterHour)
				armed.Store(true)
				go func() { _, _ = victim.Token() }()
				<-killed
				start := time.Now()
				wantOneToken(t, sources)
				if d := time.Since(start); d > leaseTTL+b.latency+lastPoll {
					t.Errorf("the others waited %s", d)
				}
				b.wantOneUse(t)
				// The next renewal is a refresh again.
				time.Sleep(quarterHour)
				wantOneToken(t, sources)
				b.wantOneUse(t)
				if b.logins > 2 {
					t.Errorf("%d logins", b.logins)
				}
				close(over)
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestFleet_holderIsStoppedForTwoLeasesAndGoesOn(t *testing.T) {
	for _, at := range steps {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				store := MemoryStore()
				way := &mortal{Store: store}
				var armed atomic.Bool
				stopped := make(chan struct{})
				r := &recorder{}
				option := stopping(b, at, &armed, func() {
					way.stop(2 * leaseTTL)
					close(stopped)
					time.Sleep(2 * leaseTTL)
				})
				watcher := option
				victim := b.replica(t, "victim", way, pw("right"), watcher)
				both := victim.observer
				victim.observer = ObserverFunc(func(ctx context.Context, e Event) { r.Observe(ctx, e); both.Observe(ctx, e) })
				sources := b.fleet(t, 5, store, pw("right"))
				wantOneToken(t, append(sources, victim))
				synctest.Wait()
				time.Sleep(quarterHour)
				armed.Store(true)
				done := make(chan error)
				go func() {
					_, err := victim.Token()
					done <- err
				}()
				<-stopped
				wantOneToken(t, sources)
				if err := <-done; err != nil {
					t.Errorf("the stopped replica's caller got %v", err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				wantOneToken(t, append(sources, victim))
				b.wantOneUse(t)
				lost := slices.ContainsFunc(r.events, func(e Event) bool { return e.Kind == EventStore && errors.Is(e.Err, ErrLeaseLost) })
				if !lost {
					t.Error("nobody was told that the lease was lost")
				}
				// One more login, and no more.
				if b.logins != 2 || len(b.requests) > 3 {
					t.Errorf("%d logins, %d requests", b.logins, len(b.requests))
				}
				if at == "acquired" && len(b.requests) != 2 {
					t.Errorf("%d requests: the stopped replica sent one after it had lost the lease", len(b.requests))
				}
			})
		})
	}
}

func TestFleet_leaseIsKeptWhileTheRequestIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		b.latency = 4 * leaseTTL
		sources := b.fleet(t, 5, MemoryStore(), pw("right"))
		wantOneToken(t, sources)
		b.wantRequests(t, 0)
	})
}

// A vendor that never answers holds the lease for the request timeout and not longer.
func TestFleet_leaseEndsWithTheRequestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		hanging := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			time.Sleep(10 * time.Minute) // heeds nothing
			return nil, errors.New("too late")
		}), WithStore(shelf), WithName("k"), WithRequestTimeout(10*time.Second))
		go func() { _, _ = hanging.Token() }()
		time.Sleep(time.Second)
		other := newSource(t, &mint{lifetime: quarterHour}, WithStore(shelf), WithName("k"))
		start := time.Now()
		wantToken(t, other, "t1")
		if d := time.Since(start); d > 10*time.Second+leaseTTL {
			t.Errorf("waited %s", d)
		}
		time.Sleep(10 * time.Minute)
	})
}

func TestFleet_withABrokenStoreRefreshesNothingThatIsShared(t *testing.T) {
	for name, hook := range map[string]func(ctx context.Context, op string) error{
		"refusing": func(context.Context, string) error { return errors.New("refused") },
		"frozen": func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				shelf := newShelf()
				sources := b.fleet(t, 10, shelf, pw("right"))
				wantOneToken(t, sources)
				synctest.Wait()
				sound := shelf.hook
				shelf.hook = hook
				for range 2 {
					time.Sleep(quarterHour)
					_, errs := together(100, func(i int) (*oauth2.Token, error) { return sources[i%10].Token() })
					if errs != nil {
						t.Errorf("got %v", errs)
					}
				}
				if len(b.requests) != 21 || len(b.refreshes) != 0 {
					t.Errorf("%d requests, refreshes %v; want one login of each replica, twice", len(b.requests), b.refreshes)
				}
				shelf.hook = sound
				time.Sleep(quarterHour)
				wantOneToken(t, sources)
				time.Sleep(quarterHour)
				wantOneToken(t, sources)
				b.wantOneUse(t)
				if len(b.requests) > 23 {
					t.Errorf("%d requests after the store was back", len(b.requests)-21)
				}
			})
		})
	}
}

// The next holder of a lost lease may save nothing either. The one after it must not use the refresh
// token of the first, which may be spent.
func TestFleet_lostLeaseIsKnownUntilARecordIsSaved(t *testing.T) {
	for name, second := range map[string]struct {
		answer error // the vendor's
		slow   bool  // the store takes too long to grant the lease
	}{
		"the next one gets no answer":      {answer: NewTransportError("test", "ask", errors.New("no route to host"))},
		"the next one gets the lease late": {slow: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, shelf := newBank("right"), newShelf()
				third := b.replica(t, "third", shelf, pw("right"))
				wantOneToken(t, []*TokenSource{third})
				key := keyOf("k", NewSecret("right"))
				time.Sleep(quarterHour)
				at, err := shelf.memoryStore.Acquire(t.Context(), key, 0, time.Second)
				if err != nil || at.Lease == nil {
					t.Fatal(at, err)
				}
				time.Sleep(2 * time.Second) // the holder has died
				b.answer = func(n int) error {
					if n == 2 {
						return second.answer
					}
					return nil
				}
				var slow atomic.Bool
				slow.Store(second.slow)
				shelf.hook = func(_ context.Context, op string) error {
					if slow.Load() && op == "acquire" {
						time.Sleep(time.Second)
					}
					return nil
				}
				_, _ = b.replica(t, "second", shelf, pw("right")).Token()
				time.Sleep(2 * time.Second)
				slow.Store(false)
				start := time.Now()
				wantOneToken(t, []*TokenSource{third})
				if d := time.Since(start); d > b.latency+saveMoment {
					t.Errorf("the third waited %s", d)
				}
				if len(b.refreshes) != 0 {
					t.Errorf("refreshes: %v", b.refreshes)
				}
			})
		})
	}
}

func TestFleet_storeThatForgotIsNoReasonToRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		sources := b.fleet(t, 10, shelf, pw("right"))
		wantOneToken(t, sources)
		time.Sleep(quarterHour)
		b.step = func(_, at string) {
			if at == "sent" && len(b.requests) == 2 { // the refresh is out
				shelf.memoryStore.mu.Lock()
				for _, e := range shelf.entries { // fences grow all the same
					e.holder, e.fence, e.write = 0, 0, Write{}
				}
				shelf.memoryStore.mu.Unlock()
			}
		}
		tokens, errs := together(100, func(i int) (*oauth2.Token, error) { return sources[i%10].Token() })
		if errs != nil || len(tokens) > 2 {
			t.Errorf("got %v, %v", tokens, errs)
		}
		for range 10 {
			_, _ = together(10, func(i int) (*oauth2.Token, error) { return sources[i].Token() })
			time.Sleep(100 * time.Millisecond)
		}
		wantOneToken(t, sources)
		b.wantOneUse(t)
		if len(b.requests) != 3 {
			t.Errorf("%d requests", len(b.requests))
		}
	})
}

// A caller waits for one round trip to the store before the vendor, and for none after if the store
// is slow.
func TestColdCall_withASlowOrFrozenStore(t *testing.T) {
	leftover := func(b *bank, shelf *shelf) {
		wantOneToken(t, b.fleet(t, 1, shelf, pw("right")))
		time.Sleep(quarterHour)
	}
	for name, c := range map[string]struct {
		before func(*bank, *shelf)
		hook   func(ctx context.Context, op string) error
		want   time.Duration
	}{
		"slow":                    {nil, func(context.Context, string) error { time.Sleep(200 * time.Millisecond); return nil }, 300 * time.Millisecond},
		"slow, with a dead token": {leftover, func(context.Context, string) error { time.Sleep(200 * time.Millisecond); return nil }, 300 * time.Millisecond},
		"frozen":                  {nil, func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }, 400 * time.Millisecond},
		"frozen, without a care":  {nil, func(context.Context, string) error { time.Sleep(time.Hour); return nil }, 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				b.latency = 100 * time.Millisecond
				shelf := newShelf()
				if c.before != nil {
					c.before(b, shelf)
				}
				synctest.Wait()
				shelf.hook = c.hook
				s := b.replica(t, "cold", shelf, pw("right"))
				start := time.Now()
				if _, err := s.Token(); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(start); d > c.want {
					t.Errorf("it took %s, want %s", d, c.want)
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

// A command that ends right after its first call has shared its token, or has told of the refusal.
func TestColdCall_isSharedWhenItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		shelf.hook = func(context.Context, string) error { time.Sleep(5 * time.Millisecond); return nil }
		way := &mortal{Store: shelf}
		first := b.replica(t, "ends", way, pw("right"))
		want, err := first.Token()
		way.stop(0)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		wantToken(t, b.replica(t, "next", shelf, pw("right")), want.AccessToken)
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("the next process waited %s", d)
		}
		way = &mortal{Store: shelf}
		if _, err := b.replica(t, "ends", way, pw("wrong")).Token(); !errors.Is(err, ErrInvalidCredentials) {
			t.Errorf("got %v", err)
		}
		way.stop(0)
		if _, err := b.replica(t, "next", shelf, pw("wrong")).Token(); !errors.Is(err, ErrInvalidCredentials) {
			t.Errorf("got %v", err)
		}
		b.wantRequests(t, 0, 0)
		time.Sleep(time.Minute)
	})
}

func TestBreaker_opensAfterThreeFailuresAndLetsOneTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Duration
		start := time.Now()
		shelf := newShelf()
		shelf.hook = func(ctx context.Context, op string) error {
			tries = append(tries, time.Since(start))
			return errors.New("down")
		}
		m := &mint{lifetime: time.Second}
		s := newSource(t, m, WithStore(shelf), WithName("k"), WithRefreshWindow(1))
		for time.Since(start) < 3*time.Minute {
			if _, err := s.Token(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		var want time.Duration
		for i := 3; i < len(tries); i++ {
			want = max(min(2*want, lastBreak), firstBreak)
			if d := tries[i] - tries[i-1]; d < want || d > want+time.Second {
				t.Errorf("try %d came %s after the one before, want %s: %v", i+1, d, want, tries)
			}
		}
		if len(tries) < 9 || len(tries) > 13 {
			t.Errorf("%d tries in three minutes: %v", len(tries), tries)
		}
		shelf.hook = func(context.Context, string) error { return nil }
		time.Sleep(lastBreak)
		if _, err := s.Token(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if r, _ := shelf.Load(t.Context(), "k"); r.Fence == 0 {
			t.Error("the store works again, and is not used")
		}
	})
}

func TestFleet_tokenThatAnAPIRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		sources := b.fleet(t, 5, shelf, pw("right"))
		wantOneToken(t, sources)
		time.Sleep(time.Minute)
		old, _ := sources[0].Token()
		// All get their 401 at once.
		for _, s := range sources {
			s.Invalidate(old)
		}
		wantOneToken(t, sources)
		b.wantRequests(t, 0, 60)
		// A newer one in the store is taken up.
		time.Sleep(time.Minute)
		current, _ := sources[0].Token()
		sources[0].Invalidate(current)
		if _, err := sources[0].Token(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		sources[1].Invalidate(current)
		wantOneToken(t, sources[:2])
		b.wantRequests(t, 0, 60, 120)
		// A process that starts in between does not get the refused one.
		time.Sleep(20 * time.Minute)
		wantOneToken(t, sources)
		time.Sleep(2 * time.Minute)
		current, _ = sources[2].Token()
		sources[2].Invalidate(current)
		if tok, err := b.replica(t, "cold", shelf, pw("right")).Token(); err != nil || tok.AccessToken == current.AccessToken {
			t.Errorf("got %v, %v", tok, err)
		}
		b.wantOneUse(t)
	})
}

// Replicas, or commands, that come later know that the token has replaced a refused one.
func TestFleet_apiThatRefusesEveryTokenCostsAFleetWhatItCostsOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		for range 10 {
			s := b.replica(t, "command", shelf, pw("right"))
			for range 2 {
				refused, err := s.Token()
				if err != nil {
					t.Fatal(err)
				}
				s.Invalidate(refused)
			}
			time.Sleep(7 * time.Second)
		}
		b.wantRequests(t, 0, 0, 63)
	})
}

func TestFleet_oneRenewsInTheBackgroundAndTheOthersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		sources := b.fleet(t, 10, shelf, pw("right"))
		wantOneToken(t, sources)
		b.latency = 10 * time.Second
		time.Sleep(quarterHour - time.Minute)
		shelf.operations()
		for range 90 {
			before := time.Now()
			for _, s := range sources {
				if _, err := s.Token(); err != nil {
					t.Fatal(err)
				}
			}
			if d := time.Since(before); d != 0 {
				t.Fatalf("callers with a valid token waited %s", d)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if len(b.requests) != 2 {
			t.Errorf("%d requests", len(b.requests))
		}
		if ops := shelf.operations(); strings.Contains(ops, "watch") {
			t.Errorf("somebody waits for the renewal: %s", ops)
		}
		time.Sleep(5 * time.Second)
		for range 10 {
			for _, s := range sources {
				_, _ = s.Token()
			}
			time.Sleep(100 * time.Millisecond)
		}
		tokens, _ := together(10, func(i int) (*oauth2.Token, error) { return sources[i].Token() })
		if tokens["t2"] != 10 {
			t.Errorf("a second later: %v", tokens)
		}
	})
}

func TestFleet_nobodyWaitsWhenTheLastCallerHasLeft(t *testing.T) {
	for name, store := range map[string]*shelf{"watched": newShelf(), "polled": newShelf()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store.memoryStore = MemoryStore().(*memoryStore)
				if at, err := store.memoryStore.Acquire(t.Context(), "k", 0, time.Hour); err != nil || at.Lease == nil {
					t.Fatal(at, err)
				}
				var shared Store = store
				if name == "polled" {
					shared = pollers{store}
				}
				m := &mint{lifetime: quarterHour}
				s := newSource(t, m, WithStore(shared), WithName("k"))
				for _, patience := range []time.Duration{time.Second, 2 * time.Second} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					start := time.Now()
					if _, err := s.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != patience {
						t.Errorf("got %v after %s", err, time.Since(start))
					}
					cancel()
				}
				synctest.Wait()
				store.operations()
				time.Sleep(10 * time.Second)
				if ops := store.operations(); ops != "" {
					t.Errorf("the store is still asked: %s", ops)
				}
				m.want(t, 0)
			})
		})
	}
}

// lying is a store that gives the same answer to all.
type lying struct {
	Store
	attempt Attempt
}

func (l lying) Acquire(context.Context, string, uint64, time.Duration) (Attempt, error) {
	return l.attempt, nil
}

func (lying) Watch(context.Context, string, uint64) error { return nil }

func TestStore_thatLiesStopsNobody(t *testing.T) {
	body := []byte(`{"access_token":"dead","refresh_token":"r","left_ms":1}`)
	dead := append([]byte(checksum("k", body)), body...)
	for name, c := range map[string]struct {
		attempt Attempt
		most    time.Duration
	}{
		"busy for ever":              {Attempt{Busy: time.Hour}, 10*time.Second + lastPoll},
		"neither free nor busy":      {Attempt{}, 0},
		"a dead token that is fresh": {Attempt{Record: Record{Data: dead, Fence: 7, Fresh: true, Age: time.Hour}}, 0},
		"damaged and fresh":          {Attempt{Record: Record{Fence: 7, Fresh: true, Err: errors.New("damaged: secret")}}, 0},
		"a lease that panics":        {Attempt{Lease: (*memoryLease)(nil)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var (
					last *oauth2.Token
					told strings.Builder
				)
				s := newSource(t, GrantFunc(func(_ context.Context, l *oauth2.Token) (*oauth2.Token, error) {
					last = l
					return &oauth2.Token{AccessToken: "t1", Expiry: time.Now().Add(time.Hour)}, nil
				}), WithStore(lying{MemoryStore(), c.attempt}), WithName("k"), WithRequestTimeout(10*time.Second),
					WithObserver(ObserverFunc(func(_ context.Context, e Event) { fmt.Fprintln(&told, e.Err) })))
				start := time.Now()
				wantToken(t, s, "t1")
				if d := time.Since(start); d > c.most {
					t.Errorf("waited %s, want %s", d, c.most)
				}
				if strings.Contains(told.String(), "secret") {
					t.Errorf("an event quotes the record: %s", told.String())
				}
				if last != nil && last.RefreshToken != "" {
					t.Error("the Grant was given a refresh token without the lease")
				}
			})
		})
	}
}

// A replica that cannot reach the vendor does not speak for the others.
func TestFleet_failureWithoutAnAnswerIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := MemoryStore()
		cut := newSource(t, &mint{before: failing(1, 99, NewTransportError("test", "ask", errors.New("no route to host")))}, WithStore(store), WithName("k"))
		if _, err := cut.Token(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		start := time.Now()
		wantToken(t, newSource(t, &mint{lifetime: quarterHour}, WithStore(store), WithName("k")), "t1")
		if d := time.Since(start); d > 2*lastPoll {
			t.Errorf("the other waited %s", d)
		}
		time.Sleep(2 * time.Second)
		wantToken(t, cut, "t1")
	})
}

func TestFleet_ofTwoVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := func(body string) *shelf {
			shelf := newShelf()
			shelf.put(t, append([]byte(checksum("k", []byte(body))), body...), Write{TTL: time.Hour, Fresh: time.Hour})
			return shelf
		}
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m, WithStore(later(`{"v":3,"access_token":"later","left_ms":3600000,"bound_to":{"key":[1,2]},"refusal":null}`)), WithName("k"))
		wantToken(t, s, "later")
		s = newSource(t, m, WithStore(later(`{"refusal":{"kind":"a-later-kind","status":451,"left_ms":60000,"more":true}}`)), WithName("k"))
		var failure *Error
		if _, err := s.Token(); !errors.As(err, &failure) || failure.StatusCode != 451 || failure.RetryAfter != time.Minute || !failure.Is(ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		m.want(t, 0)
	})
}

func TestRecord_keepsWhatARefusalSays(t *testing.T) {
	now := instant{wall: time.Now().UnixNano(), mono: int64(time.Hour)}
	in := &shared{refusal: &refusal{until: now.add(90 * time.Second), failures: 4, pause: 2 * time.Minute,
		err: &Error{StatusCode: 401, Code: "invalid_grant", Kind: ErrInvalidCredentials, Description: "no", Hint: "mend it", Transient: true}}}
	out, err := decodeRecord("k", in.encode("k", now, false, nil), 30*time.Second, now, now)
	if err != nil || out.token != nil {
		t.Fatal(out, err)
	}
	r := out.refusal
	if now.until(r.until) != time.Minute || r.failures != 4 || r.pause != 2*time.Minute || r.err.kind() != ErrInvalidCredentials ||
		r.err.StatusCode != 401 || r.err.Code != "invalid_grant" || r.err.Description != "no" || r.err.Hint != "mend it" || !r.err.Transient {
		t.Errorf("got %+v, %+v", r, r.err)
	}
	for _, kind := range []error{ErrInvalidConfig, ErrInvalidCredentials, ErrInvalidGrant, ErrRateLimited, ErrUnavailable, ErrMalformedResponse, ErrHostNotAllowed} {
		in.refusal.err = &Error{Kind: kind}
		if out, err := decodeRecord("k", in.encode("k", now, false, nil), 0, now, now); err != nil || out.refusal.err.kind() != kind {
			t.Errorf("%v became %v", kind, out.refusal.err)
		}
	}
}

func TestKey_followsFromTheSecret(t *testing.T) {
	a, b := keyOf("finsdk:finapi:1", NewSecret("one")), keyOf("finsdk:finapi:1", NewSecret("two"))
	if a == b || a != keyOf("finsdk:finapi:1", NewSecret("one")) || !strings.HasPrefix(a, "finsdk:finapi:1:") || len(a) != len("finsdk:finapi:1:")+32 {
		t.Errorf("got %s and %s", a, b)
	}
	_, digest, _ := strings.Cut(a, "1:")
	if strings.Contains(keyOf("finsdk:finapi:2", NewSecret("one")), digest) {
		t.Error("one password has one digest everywhere")
	}
}

func TestFollow_takesUpWhatOthersSave(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank("right")
				busy, idle := b.replica(t, "busy", store, pw("right")), b.replica(t, "idle", store, pw("right"))
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- idle.Follow(ctx) }()
				for range 3 {
					want, err := busy.Token()
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(followPoll)
					synctest.Wait()
					if e := idle.current.Load(); e == nil || e.token.AccessToken != want.AccessToken {
						t.Errorf("the follower does not have %s", want.AccessToken)
					}
					time.Sleep(quarterHour)
				}
				if len(b.requests) != 3 {
					t.Errorf("%d requests", len(b.requests))
				}
				cancel()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	if err := newSource(t, &mint{}).Follow(t.Context()); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("without a store: %v", err)
	}
}

func TestFollow_servesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		store := MemoryStore()
		b.answer = func(n int) error {
			if n == 1 {
				return &Error{StatusCode: 429, RetryAfter: 10 * time.Minute}
			}
			return nil
		}
		s := b.replica(t, "waits", store, pw("right"))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		go func() { _ = s.Follow(ctx) }()
		_, _ = s.Token() // the pause begins
		got := make(chan error)
		go func() {
			_, err := s.TokenContext(ctx)
			got <- err
		}()
		time.Sleep(time.Minute)
		r, _ := store.Load(ctx, keyOf("k", NewSecret("right")))
		at, err := store.Acquire(ctx, keyOf("k", NewSecret("right")), r.Fence, time.Minute)
		if err != nil || at.Lease == nil {
			t.Fatal(at, err)
		}
		body := []byte(`{"access_token":"pushed","left_ms":900000}`)
		data := append([]byte(checksum(keyOf("k", NewSecret("right")), body)), body...)
		start := time.Now()
		if err := at.Lease.Save(ctx, Write{Data: data, TTL: time.Hour, Fresh: quarterHour}); err != nil {
			t.Fatal(err)
		}
		if err := <-got; err != nil || time.Since(start) != 0 {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

// skewed returns the clock of a machine whose wall clock is off.
func skewed(off time.Duration) func() instant {
	born := time.Now()
	return func() instant {
		passed := time.Since(born)
		return instant{wall: born.Add(off + passed).UnixNano(), mono: int64(passed)}
	}
}

// Replicas whose clocks disagree use a token for its whole life and no longer.
func TestClock_replicasFiveMinutesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		expiries := map[string]time.Time{}
		g := GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			mu.Lock()
			defer mu.Unlock()
			name := fmt.Sprint("t", len(expiries)+1)
			expiries[name] = time.Now().Add(quarterHour)
			return &oauth2.Token{AccessToken: name, ExpiresIn: 900}, nil
		})
		store := MemoryStore()
		var sources []*TokenSource
		for _, off := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
			s := newSource(t, g, WithStore(store), WithName("k"), withTestClock(skewed(off)))
			s.jitter = 0
			sources = append(sources, s)
		}
		for range 60 * 60 {
			for i, s := range sources {
				tok, err := s.Token()
				if err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				left := time.Until(expiries[tok.AccessToken])
				mu.Unlock()
				if left < accesstoken.MaxMargin-time.Millisecond {
					t.Fatalf("replica %d got %s with %s left", i, tok.AccessToken, left)
				}
				synctest.Wait()
			}
			time.Sleep(time.Second)
		}
		if n := len(expiries); n < 4 || n > 5 {
			t.Errorf("%d tokens in an hour", n)
		}
	})
}

// The refusal that keeps the others from asking does not bring back the token that an API refused.
func TestFleet_refusedTokenIsNotSavedWithARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		store := MemoryStore()
		s := b.replica(t, "first", store, pw("right"))
		token, _ := s.Token()
		time.Sleep(time.Minute)
		b.answer = func(int) error { return &Error{StatusCode: 503} }
		s.Invalidate(token)
		if _, err := s.Token(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		if tok, err := b.replica(t, "cold", store, pw("right")).Token(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("a cold process got %v, %v", tok, err)
		}
		b.wantRequests(t, 0, 60)
		b.answer = nil
		time.Sleep(time.Minute)
		wantOneToken(t, []*TokenSource{s, b.replica(t, "cold", store, pw("right"))})
		if b.logins != 1 || b.refreshes["r1"] != 2 { // the failed refresh is tried again, as in one process
			t.Errorf("%d logins, refreshes %v", b.logins, b.refreshes)
		}
	})
}

func TestFleet_refusedTokenThatCannotBeDroppedIsNotTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		s := b.replica(t, "first", shelf, pw("right"))
		token, _ := s.Token()
		time.Sleep(time.Minute)
		sound := shelf.hook
		shelf.hook = func(context.Context, string) error { return errors.New("down") }
		s.Invalidate(token)
		wantToken(t, s, "t2") // alone
		shelf.hook = sound
		time.Sleep(time.Minute)
		token, _ = s.Token()
		s.Invalidate(token)
		wantToken(t, s, "t3")
	})
}

func TestFleet_rejectedPasswordCostsTheStoreNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		shelf := newShelf()
		s := b.replica(t, "first", shelf, pw("wrong"))
		_, _ = s.Token()
		synctest.Wait()
		shelf.operations()
		for range 50 {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) {
				t.Fatalf("got %v", err)
			}
		}
		if ops := shelf.operations(); ops != "" {
			t.Errorf("the store was asked: %s", ops)
		}
	})
}

// A Grant whose secret the source does not know sends a new one at once all the same.
func TestStore_grantOfOnesOwnSendsANewSecretAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := NewSecret("old")
		v := &vault{lifetime: quarterHour, source: func(context.Context) (Secret, error) { return secret, nil }}
		v.accept("new")
		s := newSource(t, v, WithStore(MemoryStore()), WithName("k"))
		for range 3 {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) {
				t.Fatalf("got %v", err)
			}
		}
		secret = NewSecret("new")
		wantToken(t, s, "for-new")
		if v.sent.Load() != 2 {
			t.Errorf("%d requests", v.sent.Load())
		}
	})
}

func TestToken_costsWithAStoreWhatItCostsWithout(t *testing.T) {
	for name, opts := range map[string][]Option{"without": nil, "with": {WithStore(MemoryStore()), WithName("k")}} {
		s := newSource(t, &mint{lifetime: time.Hour}, opts...)
		ctx := t.Context()
		if n := testing.AllocsPerRun(100, func() { _, _ = s.TokenContext(ctx) }); n != 0 {
			t.Errorf("%s a store: %v allocations", name, n)
		}
	}
}

func BenchmarkTokenContext_store(b *testing.B) {
	for name, opts := range map[string][]Option{"without": nil, "with": {WithStore(MemoryStore()), WithName("k")}} {
		b.Run(name, func(b *testing.B) {
			s := newSource(b, &mint{lifetime: time.Hour}, opts...)
			ctx := b.Context()
			for b.Loop() {
				if _, err := s.TokenContext(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A replica that has failed more often than the others keeps to their pause all the same.
func TestFleet_refusalOfOthersLengthensTheOwnPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		cut := newSource(t, &mint{lifetime: quarterHour, before: failing(1, 3, NewTransportError("test", "ask", errors.New("no route to host")))},
			WithStore(shelf), WithName("k"))
		for range 3 {
			if _, err := cut.Token(); !errors.Is(err, ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			time.Sleep(time.Minute)
		}
		limited := newSource(t, &mint{before: failing(1, 1, &Error{StatusCode: 429, RetryAfter: 10 * time.Minute})}, WithStore(shelf), WithName("k"))
		if _, err := limited.Token(); !errors.Is(err, ErrRateLimited) {
			t.Fatalf("got %v", err)
		}
		shelf.operations()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := cut.TokenContext(ctx); err != nil || time.Since(start) < 10*time.Minute {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		synctest.Wait()
		if ops := shelf.operations(); strings.Count(ops, "acquire") > 3 {
			t.Errorf("the store was asked: %s", ops)
		}
	})
}
