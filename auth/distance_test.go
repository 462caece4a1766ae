package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// Two replicas of a secret store that disagree, or a secret made for each request: each wrong
// secret is a new one.
func TestRejection_everNewSecretsKeepTheDistanceOfOtherFailures(t *testing.T) {
	for name, secret := range map[string]func(int64) Secret{
		"two in turn":    func(n int64) Secret { return NewSecret(fmt.Sprint("wrong-", n%2)) },
		"each a new one": func(n int64) Secret { return NewSecret(fmt.Sprint("wrong-", n)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var read atomic.Int64
				v := &vault{lifetime: quarterHour, source: func(context.Context) (Secret, error) { return secret(read.Add(1)), nil }}
				v.accept("right")
				s := newSource(t, v)
				for range 1000 {
					_, err := s.Token()
					var failure *Error
					if !errors.Is(err, ErrInvalidCredentials) || !errors.As(err, &failure) {
						t.Fatalf("got %v", err)
					}
				}
				if n := v.sent.Load(); n > 3 {
					t.Errorf("%d secrets sent at once, want 3 at most", n)
				}
				for range 600 {
					_, _ = s.Token()
					time.Sleep(time.Second)
				}
				// 1 s, 2 s, 4 s up to 60 s, and 60 s from then on.
				if n := v.sent.Load(); n < 10 || n > 20 {
					t.Errorf("%d secrets sent in ten minutes, want 10 to 20", n)
				}
				v.source = StaticSecret(NewSecret("right"))
				time.Sleep(maxBackoff + maxBackoff/4)
				wantToken(t, s, "for-right")
			})
		})
	}
}

// Somebody who mistypes a new secret once gets the right one accepted at once.
func TestRejection_secretMendedAtTheSecondTryIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := NewSecret("wrong")
		v := &vault{lifetime: quarterHour, source: func(context.Context) (Secret, error) { return secret, nil }}
		v.accept("right")
		s := newSource(t, v)
		for _, secret = range []Secret{NewSecret("wrong"), NewSecret("wring")} {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) {
				t.Fatalf("%s: got %v", secret, err)
			}
		}
		secret = NewSecret("right")
		start := time.Now()
		wantToken(t, s, "for-right")
		if waited := time.Since(start); waited > 0 {
			t.Errorf("waited %v", waited)
		}
	})
}

// A Grant may have a new and an old secret to try, as in an overlap.
func TestRejection_grantWithTwoWrongSecretsIsSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			for _, secret := range []Secret{NewSecret("new"), NewSecret("old")} {
				if UseSecret(ctx, secret) == nil {
					sent++
				}
			}
			return nil, &Error{StatusCode: 401, Code: "invalid_client"}
		}))
		for range 1000 {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidCredentials) {
				t.Fatalf("got %v", err)
			}
		}
		if sent > 8 {
			t.Errorf("%d secrets sent at once", sent)
		}
	})
}

func TestFailure_withACodeIsSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{before: failing(1, 1e6, &Error{Code: "invalid_scope"})}
		s := newSource(t, m)
		for range 100 {
			if _, err := s.Token(); !errors.Is(err, ErrInvalidConfig) {
				t.Fatalf("got %v", err)
			}
		}
		m.want(t, 1)
	})
}

func TestFailure_timeoutOfAConnectionIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, before: failing(1, 2, NewTransportError("test", "x", &net.DNSError{Err: "i/o timeout", IsTimeout: true}))}
		s := newSource(t, m)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.TokenContext(ctx); err != nil {
			t.Error(err)
		}
		m.want(t, 3)
	})
}

// The http.Client of the caller may be more impatient than the source.
func TestFailure_timeoutOfTheCallersClientIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := &http.Client{Timeout: 2 * time.Second, Transport: roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if n++; n == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})}
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.test/token", nil)
			if err != nil {
				return nil, err
			}
			resp, err := HTTPClient(ctx).Do(req)
			if err != nil {
				return nil, NewTransportError("test", "x", err)
			}
			return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, resp.Body.Close()
		}), WithHTTPClient(c))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}
