package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

func TestObserver_seesWhatTheSourceDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		m := &mint{lifetime: quarterHour, latency: time.Second, before: failing(2, 2, &Error{StatusCode: 503})}
		s := newSource(t, m, WithObserver(r), WithStore(newShelf()), WithName("k"))
		want := func(what string, kinds ...EventKind) {
			t.Helper()
			synctest.Wait()
			if got := r.kinds(); !slices.Equal(got, kinds) {
				t.Errorf("%s: got %v, want %v", what, got, kinds)
			}
		}
		wantToken(t, s, "t1")
		want("cold", EventStore, EventRequest, EventRefresh, EventStore, EventWait)
		wantToken(t, s, "t1")
		want("cached")
		time.Sleep(quarterHour - 50*time.Second)
		wantToken(t, s, "t1")
		time.Sleep(time.Second)
		want("a failed renewal in the background", EventStore, EventRequest, EventFailure, EventStore)
		time.Sleep(time.Minute)
		rt := s.Transport(roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			status := 200
			if req.Header.Get("Authorization") == "Bearer t3" {
				status = 401
			}
			return &http.Response{StatusCode: status, Body: http.NoBody}, nil
		}))
		if resp, err := rt.RoundTrip(httptest.NewRequest(http.MethodGet, "https://api.test/", nil)); err != nil || resp.StatusCode != 200 {
			t.Errorf("got %v, %v", resp, err)
		}
		want("expired, then refused", EventStore, EventRequest, EventRefresh, EventStore, EventWait,
			EventInvalidate, EventStore, EventStore, EventRequest, EventRefresh, EventStore, EventWait, EventReplay)
	})
}

func TestFailureEvent_saysHowOftenAndWhenNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last Event
		s := newSource(t, &mint{before: failing(1, 99, &Error{StatusCode: 503})}, WithObserver(ObserverFunc(func(_ context.Context, e Event) {
			if e.Kind == EventFailure {
				last = e
			}
		})))
		for i := 1; i <= 3; i++ {
			_, _ = s.Token()
			synctest.Wait()
			step := time.Second << (i - 1)
			if last.Failures != i || last.RetryIn < step || last.RetryIn > step+step/4 || !errors.Is(last.Err, ErrUnavailable) || last.Background || last.Vendor != "test" {
				t.Errorf("failure %d: got %+v", i, last)
			}
		}
	})
}

func TestFailureEvent_countsNothingWithoutBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counts []int
		errs := []error{&Error{StatusCode: 503}, &Error{StatusCode: 503}, &Error{StatusCode: 401}}
		s := newSource(t, &mint{before: func(_ context.Context, n int64, _ *oauth2.Token) error { return errs[n-1] }},
			WithObserver(ObserverFunc(func(_ context.Context, e Event) {
				if e.Kind == EventFailure {
					counts = append(counts, e.Failures)
				}
			})))
		for range errs {
			_, _ = s.Token()
			time.Sleep(5 * time.Second)
		}
		if !slices.Equal(counts, []int{1, 2, 0}) {
			t.Errorf("got %v", counts)
		}
	})
}

// A handler that sends the log with the source's own client would wait for itself.
func TestObserver_thatAsksTheSourceGetsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			s      *TokenSource
			answer []error
		)
		ask := ObserverFunc(func(ctx context.Context, _ Event) {
			_, err := s.TokenContext(ctx)
			answer = append(answer, err)
		})
		s = newSource(t, &mint{lifetime: time.Hour, before: failing(1, 1, &Error{StatusCode: 503})}, WithObserver(ask))
		if _, err := s.Token(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		if len(answer) != 3 { // request, failure, wait
			t.Errorf("asked %d times", len(answer))
		}
		for _, err := range answer {
			if !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "a client of its own") {
				t.Errorf("the observer got %v", err)
			}
		}
		time.Sleep(2 * time.Second)
		wantToken(t, s, "t2")
	})
}

func TestObserver_panicHarmsNobody(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithObserver(ObserverFunc(func(context.Context, Event) { panic("observer") })))
	wantToken(t, s, "t1")
}

func TestLog_hasOnlyAllowListedAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := newSource(t, &mint{lifetime: quarterHour, before: failing(1, 1, &Error{StatusCode: 503, Code: "server_error"})}, WithLogger(logger))
		_, _ = s.Token()
		wantToken(t, s, "t2")
		synctest.Wait()
		allowed := []string{"time", "level", "msg", "event", "vendor", "name", "op", "duration", "background", "failures", "retry_in", "expires_in", "status", "code", "error"}
		levels := map[string]string{}
		dec := json.NewDecoder(&buf)
		for dec.More() {
			var line map[string]any
			if err := dec.Decode(&line); err != nil {
				t.Fatal(err)
			}
			for name := range line {
				if !slices.Contains(allowed, name) {
					t.Errorf("attribute %s is not on the list", name)
				}
			}
			if line["vendor"] != "test" {
				t.Errorf("no vendor in %v", line)
			}
			levels[line["event"].(string)] = line["level"].(string)
		}
		if levels["failure"] != "ERROR" || levels["refresh"] != "DEBUG" || levels["request"] != "DEBUG" {
			t.Errorf("got levels %v", levels)
		}
	})
}

func TestOptions_thatCannotWorkAreRefused(t *testing.T) {
	var nilMint *mint
	var nilFunc GrantFunc
	for name, g := range map[string]Grant{"nil": nil, "a nil pointer": nilMint, "a nil func": nilFunc} {
		if _, err := NewTokenSource(g); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%s as Grant: got %v", name, err)
		}
	}
	for name, o := range map[string]Option{
		"window": WithRefreshWindow(-1), "timeout": WithRequestTimeout(-time.Second), "host": WithAPIHosts("*"),
	} {
		if _, err := NewTokenSource(&mint{}, WithName("v"), o); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := NewTokenSource(&mint{lifetime: time.Hour}, nil, WithHTTPClient(nil), WithLogger(nil), WithObserver(nil), WithStore(nil), WithRefreshWindow(0), WithRequestTimeout(0)); err != nil {
		t.Errorf("zero values: %v", err)
	}
}

func TestGrant_getsAClientThatFollowsNoRedirect(t *testing.T) {
	reached := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer target.Close()
	srv := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	for _, c := range []*http.Client{nil, {}, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			resp, err := HTTPClient(ctx).Post(srv.URL, "text/plain", http.NoBody)
			if err != nil {
				return nil, err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusTemporaryRedirect {
				t.Errorf("got %d", resp.StatusCode)
			}
			fromKey, _ := ctx.Value(oauth2.HTTPClient).(*http.Client)
			if fromKey == nil || fromKey.CheckRedirect == nil {
				t.Error("x/oauth2's own Grants would follow redirects")
			}
			return &oauth2.Token{AccessToken: "x", Expiry: time.Now().Add(time.Hour)}, nil
		}), WithHTTPClient(c))
		if _, err := s.Token(); err != nil {
			t.Error(err)
		}
	}
	if reached {
		t.Error("the redirect was followed")
	}
	ownTransport.(*http.Transport).CloseIdleConnections()
}
