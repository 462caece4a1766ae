package auth

import (
	"context"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestClock_jumpsYieldNeitherAnExpiredTokenNorAStorm(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name       string
		wall, mono time.Duration
		want       string
	}{
		{"wall clock jumps forward past the expiry", day, time.Second, "t2"},
		{"wall clock jumps back, time goes on", -day, quarterHour, "t2"},
		{"wall clock jumps back a little", -time.Hour, time.Second, "t1"},
		{"machine slept, monotonic clock stood still", quarterHour, 0, "t2"},
		{"machine slept, monotonic clock ran", quarterHour, quarterHour, "t2"},
		{"nothing happened", time.Second, time.Second, "t1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocks := newTwoClocks()
			m := &mint{}
			g := GrantFunc(func(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
				tok, err := m.RequestToken(ctx, last)
				tok.Expiry = clocks.wallTime().Add(quarterHour)
				return tok, err
			})
			s := newSource(t, g, withTestClock(clocks.now))
			wantToken(t, s, "t1")
			clocks.move(c.wall, c.mono)
			for range 100 {
				wantToken(t, s, c.want)
			}
			if n := m.calls.Load(); n > 2 {
				t.Errorf("%d requests", n)
			}
			// Back again: what was minted meanwhile must hold neither too long nor cause a storm.
			clocks.move(-c.wall, 0)
			for range 100 {
				if _, err := s.Token(); err != nil {
					t.Fatal(err)
				}
			}
			if n := m.calls.Load(); n > 3 {
				t.Errorf("%d requests after the clock was set back", n)
			}
			clocks.move(0, quarterHour)
			before := m.calls.Load()
			if _, err := s.Token(); err != nil || m.calls.Load() != before+1 {
				t.Errorf("a token of more than 15 minutes was handed out (%v)", err)
			}
		})
	}
}
