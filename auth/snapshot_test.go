package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

func TestWarm_getsTheFirstTokenOnce(t *testing.T) {
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m)
	for range 2 {
		if err := s.Warm(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wantToken(t, s, "t1")
	m.want(t, 1)
}

func TestWarm_saysWhyThereIsNoToken(t *testing.T) {
	s := newSource(t, &mint{before: failing(1, 99, &Error{StatusCode: 401, Code: "invalid_client"})})
	err := s.Warm(t.Context())
	var failure *Error
	if !errors.As(err, &failure) || !errors.Is(err, ErrInvalidCredentials) || failure.Vendor != "test" {
		t.Errorf("got %v", err)
	}
}

func TestWarm_triesAgainUntilItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: time.Hour, before: failing(1, 3, &Error{StatusCode: 503})})
		if err := s.Warm(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("without a deadline: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Warm(ctx); err != nil {
			t.Errorf("within a minute: %v", err)
		}
	})
}

// A snapshot at each stage of a source's life.
func TestSnapshot_fromColdToExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, latency: time.Second, before: failing(2, 3, &Error{StatusCode: 503})}
		s := newSource(t, m, WithName("second"), WithRefreshWindow(10*time.Minute))
		s.jitter = 0
		cold := Snapshot{Vendor: "test", Name: "second"}
		if got := s.Snapshot(); got != cold || got.Ready() {
			t.Errorf("cold: %+v", got)
		}

		for range 3 {
			go func() { _, _ = s.Token() }()
		}
		synctest.Wait()
		first := cold
		first.Requesting, first.Waiting = true, 3
		if got := s.Snapshot(); got != first || got.Ready() {
			t.Errorf("while the first request runs: %+v", got)
		}

		time.Sleep(time.Second)
		synctest.Wait()
		fresh := cold
		fresh.HasToken, fresh.HadToken = true, true
		fresh.ExpiresIn, fresh.RenewsIn = time.Hour-time.Second, 50*time.Minute-time.Second
		if got := s.Snapshot(); got != fresh || !got.Ready() {
			t.Errorf("fresh: %+v, want %+v", got, fresh)
		}

		time.Sleep(50 * time.Minute)
		wantToken(t, s, "t1")
		time.Sleep(2 * time.Second)
		got := s.Snapshot()
		if got.ExpiresIn != 10*time.Minute-3*time.Second || got.Failures != 1 || !errors.Is(got.Err, ErrUnavailable) || !got.Ready() {
			t.Errorf("after a failed renewal: %+v", got)
		}
		if !got.PausedUntil.IsZero() || got.RenewsIn != 0 {
			t.Errorf("the pause is over: %+v", got)
		}

		time.Sleep(10 * time.Minute)
		got = s.Snapshot()
		if got.HasToken || !got.HadToken || got.ExpiresIn != 0 || got.RenewsIn != 0 || got.Failures != 1 || !got.PausedUntil.IsZero() {
			t.Errorf("expired: %+v", got)
		}
		if !got.Ready() {
			t.Errorf("expired and free to ask again: not ready: %s", got.unready())
		}

		go func() { _, _ = s.Token() }()
		synctest.Wait()
		if got := s.Snapshot(); got.Ready() || !got.Requesting {
			t.Errorf("asking again after a failure: %+v", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.Snapshot(); got.Failures != 2 || got.Ready() || time.Until(got.PausedUntil) <= 0 {
			t.Errorf("failed again: %+v", got)
		}
		time.Sleep(time.Minute)
		wantToken(t, s, "t4")
		if got := s.Snapshot(); got.Failures != 0 || got.Err != nil || !got.PausedUntil.IsZero() || !got.Ready() {
			t.Errorf("recovered: %+v", got)
		}
	})
}

func TestSnapshot_pausedAfterRefusedCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{before: func(ctx context.Context, _ int64, _ *oauth2.Token) error {
			if err := UseSecret(ctx, NewSecret(hush)); err != nil {
				return err
			}
			return &Error{StatusCode: 401, Description: "no such secret " + hush}
		}}
		s := newSource(t, m)
		for range 3 { // the second and third send nothing
			_ = s.Warm(t.Context())
		}
		got := s.Snapshot()
		if got.Failures != 1 || !errors.Is(got.Err, ErrInvalidCredentials) || time.Until(got.PausedUntil) <= 50*time.Second {
			t.Errorf("got %+v", got)
		}
		wantHushed(t, "Snapshot", got)
	})
}

// The wall clock alone has jumped past the token's end.
func TestSnapshot_heedsBothClocks(t *testing.T) {
	c := newTwoClocks()
	m := GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "t1", Expiry: c.wallTime().Add(time.Hour)}, nil
	})
	s := newSource(t, m, withTestClock(c.now))
	wantToken(t, s, "t1")
	c.move(30*time.Minute, time.Minute)
	if got := s.Snapshot(); got.ExpiresIn != 30*time.Minute {
		t.Errorf("it expires in %s, want 30m", got.ExpiresIn)
	}
	c.move(time.Hour, 0)
	if got := s.Snapshot(); got.HasToken || got.ExpiresIn != 0 {
		t.Errorf("got %+v", got)
	}
}

// A Grant and an Observer may look while the source waits for them.
func TestSnapshot_waitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *TokenSource
		seen := 0
		look := func() { seen++; _ = s.Snapshot() }
		s = newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			look()
			time.Sleep(time.Second)
			return &oauth2.Token{AccessToken: "t1", ExpiresIn: 3600}, nil
		}), WithObserver(ObserverFunc(func(context.Context, Event) { look() })))
		go func() { _ = s.Warm(context.Background()) }()
		synctest.Wait()
		start := time.Now()
		if got := s.Snapshot(); !got.Requesting || time.Since(start) != 0 {
			t.Errorf("got %+v after %s", got, time.Since(start))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if seen != 4 { // the Grant, and the events request, refresh and wait
			t.Errorf("looked %d times", seen)
		}
	})
}

// probe asks the handler and decodes its answer.
func probe(t *testing.T, method string, h http.Handler) (status int, header http.Header, body map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/ready", nil))
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	return w.Code, w.Header(), body
}

func TestReadyHandler_neverAsksAVendor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503, Description: "out of order"})}
		other := newSource(t, &mint{lifetime: 24 * time.Hour}, WithName("other"))
		s := newSource(t, m, WithName("first"))
		h := ReadyHandler(s, other)
		_ = other.Warm(t.Context())
		want := func(stage string, status int, reason string, calls int64) {
			t.Helper()
			for range 10 {
				got, header, body := probe(t, http.MethodGet, h)
				if got != status || header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "application/json" {
					t.Errorf("%s: got %d %v", stage, got, header)
				}
				first := body["sources"].([]any)[0].(map[string]any)
				if why, _ := first["reason"].(string); why != reason || first["name"] != "first" || body["ready"] != (status == 200) {
					t.Errorf("%s: got %v, want the reason %q", stage, body, reason)
				}
			}
			synctest.Wait()
			m.want(t, calls)
		}
		want("before Warm", 503, "no token has been requested yet: call Warm at start-up", 0)
		_ = s.Warm(t.Context())
		want("warm", 200, "", 1)
		time.Sleep(59 * time.Minute)
		want("due for renewal", 200, "", 1)
		_ = s.Warm(t.Context()) // fails in the background
		want("renewal failed", 200, "", 2)
		time.Sleep(time.Hour)
		want("expired while nobody called", 200, "", 2)
		_ = s.Warm(t.Context())
		want("expired and the vendor is down", 503, "there is no valid token, and the last request for one failed", 3)
		time.Sleep(time.Minute)
		want("after the pause", 200, "", 3)
	})
}

func TestReadyHandler_tellsWhyWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			_ = UseSecret(ctx, NewSecret(hush))
			return nil, &Error{StatusCode: 401, Code: "invalid_client", Description: "unknown secret " + hush}
		}))
		_ = s.Warm(t.Context())
		w := httptest.NewRecorder()
		ReadyHandler(s).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if text := w.Body.String(); w.Code != 503 || !strings.Contains(text, "invalid_client") || !strings.Contains(text, "paused_until") || shows(text, hush) {
			t.Errorf("got %d %s", w.Code, text)
		}
	})
}

func TestReadyHandler_methods(t *testing.T) {
	server := httptest.NewServer(ReadyHandler(newSource(t, &mint{})))
	defer server.Close()
	for method, status := range map[string]int{"GET": 503, "HEAD": 503, "POST": 405, "DELETE": 405} {
		resp, err := server.Client().Do(newRequest(t, method, server.URL, nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status || (status == 405 && resp.Header.Get("Allow") != "GET, HEAD") {
			t.Errorf("%s: got %s %v", method, resp.Status, resp.Header)
		}
	}
}

func TestReadyHandler_withoutASource(t *testing.T) {
	if status, _, body := probe(t, http.MethodGet, ReadyHandler()); status != 200 || body["ready"] != true {
		t.Errorf("got %d %v", status, body)
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil source was taken")
		}
	}()
	ReadyHandler(nil)
}
