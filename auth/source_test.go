package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// mint is a Grant that makes tokens t1, t2, … of the given lifetime, and counts.
type mint struct {
	calls    atomic.Int64
	lifetime time.Duration
	before   func(ctx context.Context, n int64, last *oauth2.Token) error
}

func (m *mint) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	n := m.calls.Add(1)
	sent := time.Now()
	if m.before != nil {
		if err := m.before(ctx, n, last); err != nil {
			return nil, err
		}
	}
	return &oauth2.Token{AccessToken: fmt.Sprintf("t%d", n), TokenType: "Bearer", Expiry: sent.Add(m.lifetime)}, nil
}

func newSource(t *testing.T, g Grant, opts ...Option) *TokenSource {
	t.Helper()
	s, err := NewTokenSource(g, append([]Option{WithVendor("test")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestThousandColdCallersMakeOneRequest(t *testing.T) {
	for _, latency := range []time.Duration{0, time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: 15 * time.Minute, before: func(context.Context, int64, *oauth2.Token) error {
					time.Sleep(latency)
					return nil
				}}
				s := newSource(t, m)
				var wg sync.WaitGroup
				for range 1000 {
					wg.Go(func() {
						tok, err := s.TokenContext(t.Context())
						if err != nil || tok.AccessToken != "t1" {
							t.Errorf("got %v, %v", tok, err)
						}
					})
				}
				wg.Wait()
				if n := m.calls.Load(); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		})
	}
}

func TestRetriesTransientFailureWithinDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 15 * time.Minute, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
			if n < 3 {
				return &Error{StatusCode: 503}
			}
			return nil
		}}
		s := newSource(t, m)
		if _, err := s.Token(); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if tok, err := s.TokenContext(ctx); err != nil || tok.AccessToken != "t3" {
			t.Fatalf("got %v, %v", tok, err)
		}
	})
}
