package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

type shelfLease struct {
	Lease
	shelf *shelf
}

func (l *shelfLease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := l.shelf.begin(ctx, "extend"); err != nil {
		return err
	}
	return l.Lease.Extend(ctx, ttl)
}

func (l *shelfLease) Save(ctx context.Context, w Write) error {
	if err := l.shelf.begin(ctx, "save"); err != nil {
		return err
	}
	l.shelf.mu.Lock()
	l.shelf.last = w
	l.shelf.mu.Unlock()
	return l.Lease.Save(ctx, w)
}

func (l *shelfLease) Release(ctx context.Context) error {
	if err := l.shelf.begin(ctx, "release"); err != nil {
		return err
	}
	return l.Lease.Release(ctx)
}

// pollers hides that a store is a Watcher.
type pollers struct{ Store }

func TestStore_replicasShareOneToken(t *testing.T) {
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

func TestStore_keepsRefreshTokenExpiryAndMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		first := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			tok := &oauth2.Token{AccessToken: "a1", TokenType: "Bearer", RefreshToken: "r1", ExpiresIn: 900, Expiry: time.Now().Add(quarterHour)}
			return tok.WithExtra(map[string]any{"scope": "a b", "refresh_expires_in": float64(1800), "mandator_name": "M", "other": 1}), nil
		}), WithStore(shelf), WithName("k"), WithSite(Site{StoredExtras: []string{"mandator_name"}}))
		wantToken(t, first, "a1")
		synctest.Wait()
		if shelf.last.TTL != 30*time.Minute || shelf.last.Fresh != quarterHour-accesstoken.MaxMargin+1 {
			t.Errorf("the record is kept for %s and fresh for %s, want as long as its tokens live", shelf.last.TTL, shelf.last.Fresh)
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
func TestStore_newestRefreshTokenIsUsed(t *testing.T) {
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

func TestStore_refusedTokenIsNotTakenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m, WithStore(newShelf()), WithName("k"))
		tok, _ := s.Token()
		s.Invalidate(tok)
		wantToken(t, s, "t2")
	})
}

func TestStore_thatFailsNeverStopsTheSource(t *testing.T) {
	down := errors.New("store down")
	only := func(failing string, err error) func(context.Context, string) error {
		return func(_ context.Context, op string) error {
			if op != failing {
				return nil
			}
			if err == nil {
				panic("store")
			}
			return err
		}
	}
	for name, hook := range map[string]func(context.Context, string) error{
		"everything fails": func(context.Context, string) error { return down },
		"acquire fails":    only("acquire", down),
		"save fails":       only("save", down),
		"acquire panics":   only("acquire", nil),
		"save panics":      only("save", nil),
		"acquire ends its goroutine": func(_ context.Context, op string) error {
			if op == "acquire" {
				runtime.Goexit()
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: quarterHour}
				shelf := newShelf()
				shelf.hook = hook
				r := &recorder{}
				s := newSource(t, m, WithStore(shelf), WithName("k"), WithObserver(r))
				wantToken(t, s, "t1")
				time.Sleep(quarterHour)
				wantToken(t, s, "t2")
				synctest.Wait()
				if !slices.ContainsFunc(r.events, func(e Event) bool { return e.Kind == EventStore && e.Err != nil }) {
					t.Error("nobody was told")
				}
			})
		})
	}
}

func TestStore_spoiltRecordIsAbsentAndToldOnce(t *testing.T) {
	key := "k"
	sealed := func(body string) string { return checksum(key, []byte(body)) + body }
	good := sealed(`{"access_token":"x","left_ms":900000}`)
	for name, data := range map[string]string{
		"empty": "", "short": "0123", "truncated": good[:len(good)-1], "no JSON": sealed("{"), "null": sealed("null"), "a list": sealed("[]"),
		"no token": sealed(`{"later":1}`), "a line break": sealed(`{"access_token":"a\nb","left_ms":900000}`),
		"a number": sealed(`{"access_token":7,"left_ms":900000}`), "deep": sealed(strings.Repeat("[", 100000)),
		"flipped": strings.Replace(good, `"x"`, `"y"`, 1), "another key's": checksum("j", []byte(good[checksumLength:])) + good[checksumLength:],
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shelf, r := newShelf(), &recorder{}
				shelf.put(t, []byte(data), Write{TTL: time.Hour, Fresh: time.Hour})
				for range 2 {
					wantToken(t, newSource(t, &mint{lifetime: quarterHour}, WithStore(shelf), WithName("k"), WithObserver(r)), "t1")
					synctest.Wait()
				}
				told := 0
				for _, e := range r.events {
					if e.Op == "decode" && e.Err != nil {
						told++
					}
				}
				if want := map[bool]int{true: 0, false: 1}[name == "a line break"]; told != want {
					t.Errorf("told %d times, want %d", told, want)
				}
			})
		})
	}
}

func TestWithStore_needsAName(t *testing.T) {
	if _, err := NewTokenSource(&mint{}, WithStore(newShelf())); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("got %v", err)
	}
}
