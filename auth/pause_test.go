package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// poll asks for a token every second for d, and returns at which seconds the vendor was asked. err
// is its answer to the nth request; nil is a token of a quarter of an hour.
func poll(t *testing.T, d time.Duration, err func(n int64) error) (asked []int) {
	t.Helper()
	start := time.Now()
	s := newSource(t, &mint{lifetime: quarterHour, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
		asked = append(asked, int(time.Since(start)/time.Second))
		return err(n)
	}})
	for time.Since(start) < d {
		_, _ = s.Token()
		synctest.Wait()
		time.Sleep(time.Second)
	}
	return asked
}

func rejected(after time.Duration) error {
	return &Error{StatusCode: http.StatusUnauthorized, Code: "invalid_client", RetryAfter: after}
}

func TestRejection_pauseDoublesUpTo16Minutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := poll(t, 100*time.Minute, func(int64) error { return rejected(0) })
		for i, at := range []int{0, 1, 3, 7, 15, 31, 47, 63, 79, 95} {
			if i >= len(got) || got[i] != at*60 {
				t.Fatalf("asked at seconds %v; want request %d at minute %d", got, i+1, at)
			}
		}
		if len(got) != 10 {
			t.Errorf("asked at seconds %v", got)
		}
	})
}

func TestRejection_retryAfterIsObeyedForUpToAnHour(t *testing.T) {
	for after, want := range map[time.Duration][]int{
		30 * time.Second: {0, 60, 180},
		20 * time.Minute: {0, 1200, 2400},
		9 * time.Hour:    {0, 3600, 7200},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := poll(t, 2*time.Hour+time.Minute, func(int64) error { return rejected(after) }); !slices.Equal(got[:min(len(got), 3)], want) {
				t.Errorf("Retry-After %s: asked at seconds %v, want it to begin with %v", after, got, want)
			}
		})
	}
}

func TestRejection_pauseStartsAnewAfterASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := poll(t, 30*time.Minute, func(n int64) error {
			if n == 3 {
				return nil
			}
			return rejected(0)
		})
		// Refused at 0 and 60 s, good at 180 s, refused again from the refresh window on.
		if len(got) < 6 || got[2] != 180 || got[4]-got[3] != 60 || got[5]-got[4] != 120 {
			t.Errorf("asked at seconds %v", got)
		}
	})
}

func TestBackoff_startsAnewAfterASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		m := &mint{lifetime: quarterHour, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
			if n == 6 || n == 8 {
				return nil
			}
			return &Error{StatusCode: http.StatusServiceUnavailable}
		}}
		s := newSource(t, m, WithObserver(r))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if tok, err := s.TokenContext(ctx); err != nil || tok.AccessToken != "t6" {
			t.Fatalf("got %v, %v", tok, err)
		}
		time.Sleep(quarterHour)
		r.kinds() // forget
		start := time.Now()
		if tok, err := s.TokenContext(ctx); err != nil || tok.AccessToken != "t8" || time.Since(start) > 1250*time.Millisecond {
			t.Errorf("got %v, %v after %s; want t8 after the first step", tok, err, time.Since(start))
		}
		for _, e := range r.events {
			if e.Kind == EventFailure && e.Failures != 1 {
				t.Errorf("%d failures in a row", e.Failures)
			}
		}
	})
}

func TestWithHTTPClient_shorterTimeoutCounts(t *testing.T) {
	for _, c := range []struct{ client, request, want time.Duration }{
		{0, 0, DefaultRequestTimeout},
		{2 * time.Second, 0, 2 * time.Second},
		{2 * time.Second, time.Second, time.Second},
		{5 * time.Minute, 0, DefaultRequestTimeout},
		{5 * time.Minute, time.Minute, time.Minute},
		{0, 2 * time.Minute, 2 * time.Minute},
	} {
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			if got := HTTPClient(ctx).Timeout; got != c.want {
				t.Errorf("client %s, request %s: a timeout of %s, want %s", c.client, c.request, got, c.want)
			}
			return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, nil
		}), WithHTTPClient(&http.Client{Timeout: c.client}), WithRequestTimeout(c.request))
		wantToken(t, s, "t")
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Timeout: time.Minute})
	if got := HTTPClient(ctx).Timeout; got != time.Minute {
		t.Errorf("outside a token source: %s", got)
	}
}

func TestTransport_replay_bodyOfThe401IsClosedBefore(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"empty": strings.NewReader(""), "short": strings.NewReader("refused"), "long": strings.NewReader(strings.Repeat("x", 1<<20)),
		"broken": io.MultiReader(strings.NewReader("x"), errorReader{}),
	} {
		s := newSource(t, &mint{lifetime: time.Hour})
		refusal, first, again := &bodyOf{Reader: body}, &bodyOf{Reader: strings.NewReader("x")}, &bodyOf{Reader: strings.NewReader("x")}
		req := newRequest(t, http.MethodPost, "https://api.test", first)
		req.GetBody = func() (io.ReadCloser, error) { return again, nil }
		resp, err := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			_ = r.Body.Close()
			if r.Header.Get("Authorization") == "Bearer t1" {
				return &http.Response{StatusCode: http.StatusUnauthorized, Body: refusal}, nil
			}
			if n := refusal.closed.Load(); n != 1 {
				t.Errorf("%s: by the time of the replay the 401's body has been closed %d times", name, n)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})).RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %v, %v", name, resp, err)
		}
		if a, b, c := refusal.closed.Load(), first.closed.Load(), again.closed.Load(); a != 1 || b != 1 || c != 1 {
			t.Errorf("%s: closed %d, %d and %d times", name, a, b, c)
		}
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// A call whose answer took long comes back when its token has long been replaced. Where the API
// refuses the replacement as well, that is known by the replay, and the next call gets another
// token.
func TestTransport_replay_tokenRefusedOnReplayIsInvalidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour}
		s := newSource(t, m)
		old, err := s.Token()
		if err != nil {
			t.Fatal(err)
		}
		rt := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == "Bearer t1" {
				time.Sleep(5 * time.Minute)
			}
			return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody}, nil
		}))
		var wg sync.WaitGroup
		wg.Go(func() {
			resp, err := rt.RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
			if err != nil || resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("got %v, %v", resp, err)
			}
		})
		time.Sleep(time.Second)
		s.Invalidate(old)
		wantToken(t, s, "t2")
		wg.Wait()
		m.want(t, 2)
		wantToken(t, s, "t3")
	})
}
