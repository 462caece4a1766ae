package auth

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestJitter_staysWithinBoundsAndKeepsSourcesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[int64]bool{}
		for range 100 {
			s := newSource(t, &mint{lifetime: quarterHour})
			wantToken(t, s, "t1")
			e := s.current.Load()
			if w := time.Duration(e.expiry.mono - e.stale.mono); w < 90*time.Second || w > 99*time.Second {
				t.Errorf("window of %s, want 90s to 99s", w)
			}
			seen[e.stale.mono-e.minted.mono] = true
		}
		if len(seen) < 95 {
			t.Errorf("100 sources renew at %d different times only", len(seen))
		}
	})
}

func TestRefreshWindow_scalesWithTheLifetime(t *testing.T) {
	s := newSource(t, &mint{})
	explicit := newSource(t, &mint{}, WithRefreshWindow(5*time.Minute))
	widest := newSource(t, &mint{}, WithRefreshWindow(math.MaxInt64))
	for _, c := range []struct {
		s              *TokenSource
		lifetime, want time.Duration
	}{
		{s, 5 * time.Second, 2500 * time.Millisecond},
		{s, time.Minute, 30 * time.Second},
		{s, 2 * time.Minute, time.Minute},
		{s, 10 * time.Minute, time.Minute},
		{s, quarterHour, 90 * time.Second},
		{s, 45 * time.Minute, 270 * time.Second},
		{s, 24 * time.Hour, quarterHour},
		{explicit, 45 * time.Minute, 5 * time.Minute},
		{explicit, time.Minute, 30 * time.Second},
		{widest, 45 * time.Minute, 22*time.Minute + 30*time.Second},
	} {
		if w := c.s.window(c.lifetime); w < c.want || w > c.want+c.want/10 {
			t.Errorf("lifetime %s: window %s, want %s to a tenth more", c.lifetime, w, c.want)
		}
	}
}

func TestWithRequestTimeout_isADayAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: time.Hour, latency: time.Minute}, WithRequestTimeout(math.MaxInt64))
		wantToken(t, s, "t1")
		if s.requestTimeout != maxRequestTimeout {
			t.Errorf("got %s", s.requestTimeout)
		}
	})
}
