package auth

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

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
