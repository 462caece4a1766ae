package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// shelf is a Store in memory, whose lock is a channel so that virtual time can wait for it.
type shelf struct {
	mu      sync.Mutex
	entries map[string][]byte
	ttl     time.Duration
	lock    chan struct{}
	fail    func(op string) error
}

func newShelf() *shelf { return &shelf{entries: map[string][]byte{}, lock: make(chan struct{}, 1)} }

func (s *shelf) broken(op string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(op)
}

func (s *shelf) Load(_ context.Context, key string) ([]byte, error) {
	if err := s.broken("load"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[key], nil
}

func (s *shelf) Save(_ context.Context, key string, entry []byte, ttl time.Duration) error {
	if err := s.broken("save"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[key], s.ttl = entry, ttl
	return nil
}

func (s *shelf) Lock(ctx context.Context, _ string) (func(), error) {
	if err := s.broken("lock"); err != nil {
		return nil, err
	}
	select {
	case s.lock <- struct{}{}:
		return func() { <-s.lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestReplicasShareOneTokenThroughTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour, latency: time.Second}
		shelf := newShelf()
		var sources []*TokenSource
		for range 20 {
			sources = append(sources, newSource(t, m, WithStore(shelf), WithName("k")))
		}
		tokens, errs := together(200, func(i int) (*oauth2.Token, error) { return sources[i%20].Token() })
		if tokens["t1"] != 200 || errs != nil {
			t.Errorf("got %v, %v", tokens, errs)
		}
		m.want(t, 1)
		// Each replica comes into its own, jittered window; the first renews for all.
		for range 100 {
			time.Sleep(9 * time.Second)
			for _, s := range sources {
				if _, err := s.Token(); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		m.want(t, 2)
		if m.most.Load() != 1 {
			t.Errorf("%d requests at once", m.most.Load())
		}
	})
}

func TestStoredTokenKeepsItsRefreshTokenExpiryAndMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		first := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			tok := &oauth2.Token{AccessToken: "a1", TokenType: "Bearer", RefreshToken: "r1", ExpiresIn: 900, Expiry: time.Now().Add(quarterHour)}
			return tok.WithExtra(map[string]any{"scope": "a b", "refresh_expires_in": float64(1800), "mandator_name": "M", "other": 1}), nil
		}), WithStore(shelf), WithName("k"), WithSite(Site{StoredExtras: []string{"mandator_name"}}))
		wantToken(t, first, "a1")
		if shelf.ttl != 30*time.Minute {
			t.Errorf("the entry is kept for %s, want as long as its refresh token lives", shelf.ttl)
		}
		var last *oauth2.Token
		second := newSource(t, GrantFunc(func(_ context.Context, l *oauth2.Token) (*oauth2.Token, error) {
			last = l
			return &oauth2.Token{AccessToken: "a2", Expiry: time.Now().Add(quarterHour)}, nil
		}), WithStore(shelf), WithName("k"))
		tok, err := second.Token()
		if err != nil || tok.AccessToken != "a1" || tok.RefreshToken != "r1" || tok.Extra("mandator_name") != "M" ||
			tok.Extra("refresh_expires_in") != float64(1800) || tok.Extra("other") != nil {
			t.Errorf("got %v, %v", tok, err)
		}
		time.Sleep(quarterHour)
		wantToken(t, second, "a2")
		if last == nil || last.RefreshToken != "r1" || last.ExpiresIn != 900 {
			t.Errorf("the Grant was given %v, want the stored token", last)
		}
	})
}

// At the end of a session every token is cut short to the same end, so that a later one expires no
// later, or even a little earlier where the vendor counts in whole seconds.
func TestReplicasUseTheNewestRefreshTokenWhenTokensAreCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu    sync.Mutex
			next  = 0
			reuse []string
		)
		end := time.Now().Add(20*time.Second + 700*time.Millisecond)
		g := GrantFunc(func(_ context.Context, last *oauth2.Token) (*oauth2.Token, error) {
			mu.Lock()
			defer mu.Unlock()
			if last != nil && last.RefreshToken != fmt.Sprint("r", next) {
				reuse = append(reuse, last.RefreshToken)
			}
			next++
			left := min(time.Until(end), 10*time.Second).Truncate(time.Second)
			return &oauth2.Token{AccessToken: fmt.Sprint("a", next), RefreshToken: fmt.Sprint("r", next), ExpiresIn: int64(left / time.Second),
				Expiry: time.Now().Add(left)}, nil
		})
		shelf := newShelf()
		var sources []*TokenSource
		for range 5 {
			sources = append(sources, newSource(t, g, WithStore(shelf), WithName("k")))
		}
		for time.Until(end) > 1500*time.Millisecond {
			for _, s := range sources {
				if _, err := s.Token(); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(7 * time.Millisecond)
			synctest.Wait()
		}
		if len(reuse) > 0 {
			t.Errorf("refresh tokens that were not the newest: %v, of %d", reuse, next)
		}
		// One process would renew at half of what is left each time: at 10, 15.4, 18 and 19.2 s or
		// a little before.
		if next > 8 {
			t.Errorf("%d requests to the vendor by %d replicas", next, len(sources))
		}
	})
}

func TestRefusedTokenIsNotTakenFromTheStoreAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m, WithStore(newShelf()), WithName("k"))
		tok, _ := s.Token()
		s.Invalidate(tok)
		wantToken(t, s, "t2")
	})
}

func TestStoreThatFailsNeverStopsTheSource(t *testing.T) {
	down := errors.New("store down")
	for name, fail := range map[string]func(op string) error{
		"everything fails": func(string) error { return down },
		"load fails":       func(op string) error { return ifOp(op, "load", down) },
		"lock fails":       func(op string) error { return ifOp(op, "lock", down) },
		"save fails":       func(op string) error { return ifOp(op, "save", down) },
		"load panics":      func(op string) error { return ifOp(op, "load", panicking{}) },
		"save panics":      func(op string) error { return ifOp(op, "save", panicking{}) },
		"load hangs a while": func(op string) error {
			if op == "load" {
				time.Sleep(time.Second)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: quarterHour}
				shelf := newShelf()
				shelf.fail = func(op string) error {
					err := fail(op)
					if _, ok := err.(panicking); ok {
						panic("store")
					}
					return err
				}
				var seen atomic.Int64
				s := newSource(t, m, WithStore(shelf), WithName("k"), WithObserver(ObserverFunc(func(_ context.Context, e Event) {
					if e.Kind == EventStore && e.Err != nil {
						seen.Add(1)
					}
				})))
				wantToken(t, s, "t1")
				time.Sleep(quarterHour)
				wantToken(t, s, "t2")
				if name != "load hangs a while" && seen.Load() == 0 {
					t.Error("nobody was told")
				}
			})
		})
	}
}

type panicking struct{}

func (panicking) Error() string { return "panics" }

func ifOp(op, want string, err error) error {
	if op == want {
		return err
	}
	return nil
}

func TestLockHeldForeverDelaysARequestButDoesNotStopIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		shelf.lock <- struct{}{}
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m, WithStore(shelf), WithName("k"), WithRequestTimeout(10*time.Second))
		start := time.Now()
		wantToken(t, s, "t1")
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("waited %s for the lock, want half of the request timeout", d)
		}
	})
}

func TestSpoiltEntryIsIgnored(t *testing.T) {
	for _, entry := range []string{"", "{", "null", "[]", `{"v":1}`, `{"v":2,"access_token":"x","expiry":"2999-01-01T00:00:00Z"}`,
		`{"v":1,"access_token":"a\nb","expiry":"2999-01-01T00:00:00Z"}`, `{"v":1,"access_token":"x","expiry":"1999-01-01T00:00:00Z"}`,
		`{"v":1,"access_token":7,"expiry":"2999-01-01T00:00:00Z"}`, strings.Repeat("[", 100000)} {
		synctest.Test(t, func(t *testing.T) {
			shelf := newShelf()
			shelf.entries["k"] = []byte(entry)
			wantToken(t, newSource(t, &mint{lifetime: quarterHour}, WithStore(shelf), WithName("k")), "t1")
		})
	}
}

func TestStoreNeedsAKey(t *testing.T) {
	if _, err := NewTokenSource(&mint{}, WithStore(newShelf())); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("got %v", err)
	}
}
