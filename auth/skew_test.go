package auth

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// The first token of a machine is often asked for before its clock has been set.
func TestClock_setBackWhileTheRequestIsOut(t *testing.T) {
	clocks := newTwoClocks()
	n := 0
	s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		n++
		sent := clocks.wallTime()
		if n == 1 {
			clocks.move(-time.Hour, time.Second)
		}
		return &oauth2.Token{AccessToken: fmt.Sprint("t", n), ExpiresIn: 900, Expiry: sent.Add(quarterHour)}, nil
	}), withTestClock(clocks.now))
	wantToken(t, s, "t1")
	clocks.move(quarterHour-11*time.Second, quarterHour-11*time.Second)
	wantToken(t, s, "t1")
	clocks.move(2*time.Second, 2*time.Second)
	wantToken(t, s, "t2")
}

// A fresh token is compared with one limit only, the window's.
func TestToken_windowBelowTheMarginDoesNotLessenIt(t *testing.T) {
	for _, window := range []time.Duration{1, time.Second, 9 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: quarterHour}
			s := newSource(t, m, WithRefreshWindow(window))
			wantToken(t, s, "t1")
			time.Sleep(quarterHour - accesstoken.MaxMargin)
			wantToken(t, s, "t1")
			synctest.Wait()
			time.Sleep(time.Second)
			wantToken(t, s, "t2")
			m.want(t, 2)
		})
	}
}

func TestRefreshWindow_neverExceedsHalfTheLifetime(t *testing.T) {
	s := newSource(t, &mint{}, WithRefreshWindow(time.Hour))
	s.jitter = 0.99
	if w := s.window(time.Hour); w != 30*time.Minute {
		t.Errorf("got %v", w)
	}
}
