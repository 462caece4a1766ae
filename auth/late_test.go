package auth

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// slowFirst answers the first request after a while, and gives later ones to then.
func slowFirst(after time.Duration, then func() error) *mint {
	return &mint{lifetime: time.Hour, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
		if n == 1 {
			time.Sleep(after)
			return nil
		}
		return then()
	}}
}

func wantStored(t *testing.T, store Store, token string) {
	t.Helper()
	r, err := store.Load(t.Context(), "k")
	if err != nil || !strings.Contains(string(r.Data), `"`+token+`"`) {
		t.Errorf("the store has %q, want %s (%v)", r.Data, token, err)
	}
}

func TestLateResult_servesThoseWhoWaitForTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, slowFirst(12*time.Second, func() error { time.Sleep(9 * time.Second); return &Error{StatusCode: 503} }), WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); err == nil {
			t.Fatal("no timeout")
		}
		start := time.Now()
		wantToken(t, s, "t1")
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("waited %v, and the token was there after 2 s", waited)
		}
		time.Sleep(time.Minute)
	})
}

func TestLateResult_servesThoseWhoWaitForAPauseToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, slowFirst(12*time.Second, func() error { return &Error{StatusCode: 429, RetryAfter: 10 * time.Minute} }), WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); err == nil {
			t.Fatal("no timeout")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := s.TokenContext(ctx); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("waited %v, and the token was there after 2 s", waited)
		}
	})
}

func TestLateResult_doesNotReplaceANewerTokenInTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		m := slowFirst(time.Minute, func() error { return nil })
		s := newSource(t, m, WithStore(shelf), WithName("k"), WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); err == nil {
			t.Fatal("no timeout")
		}
		wantToken(t, s, "t2")
		time.Sleep(2 * time.Minute)
		wantStored(t, shelf, "t2")
	})
}

// One that nobody replaced is still stored: its refresh token may be the only one that is left.
func TestLateResult_isStoredWhenNothingNewerCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		s := newSource(t, slowFirst(12*time.Second, func() error { return &Error{StatusCode: 503} }), WithStore(shelf), WithName("k"), WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); err == nil {
			t.Fatal("no timeout")
		}
		time.Sleep(time.Minute)
		wantStored(t, shelf, "t1")
	})
}

func TestFailureEvent_thatCallersGotIsNotOneInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		m := &mint{lifetime: quarterHour, before: func(ctx context.Context, n int64, _ *oauth2.Token) error {
			if n == 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		s := newSource(t, m, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		wantToken(t, s, "t1")
		time.Sleep(quarterHour - 20*time.Second)
		wantToken(t, s, "t1") // starts the renewal
		time.Sleep(15 * time.Second)
		if _, err := s.Token(); err == nil {
			t.Fatal("no error")
		}
		if !strings.Contains(log.String(), "level=ERROR") || strings.Contains(log.String(), "background=true") {
			t.Errorf("the log: %s", &log)
		}
	})
}
