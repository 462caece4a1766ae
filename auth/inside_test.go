package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// What a source waits for itself is told at once that it cannot wait for the source.
func TestTokenSource_askedByWhatItWaitsFor(t *testing.T) {
	wantRefusal := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "a client of its own") {
			t.Errorf("got %v", err)
		}
	}
	inside := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				f(t)
				if took := time.Since(start); took != 0 {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
	inside("by its SecretSource", func(t *testing.T) {
		var s *TokenSource
		secret := SecretSource(func(ctx context.Context) (Secret, error) {
			_, err := s.TokenContext(ctx)
			return Secret{}, err
		})
		s = newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			_, err := secret(ctx)
			return nil, err
		}))
		_, err := s.TokenContext(t.Context())
		wantRefusal(t, err)
	})
	inside("by its SecretSource, through a client", func(t *testing.T) {
		var s *TokenSource
		s = newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://vault.test", nil)
			if err != nil {
				return nil, err
			}
			_, err = s.Client().Do(req)
			return nil, err
		}))
		_, err := s.Token()
		wantRefusal(t, err)
	})
	inside("by another source", func(t *testing.T) {
		var first *TokenSource
		second := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			return first.TokenContext(ctx)
		}))
		first = newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			return second.TokenContext(ctx)
		}))
		_, err := first.Token()
		wantRefusal(t, err)
	})
	inside("by its http.Client", func(t *testing.T) {
		var s *TokenSource
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) { return s.Transport(nil).RoundTrip(r) })
		s = newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.test/token", nil)
			if err != nil {
				return nil, err
			}
			_, err = HTTPClient(ctx).Do(req)
			return nil, NewTransportError("test", "ask", err)
		}), WithHTTPClient(&http.Client{Transport: base}))
		_, err := s.Token()
		wantRefusal(t, err)
	})
	inside("by its Store", func(t *testing.T) {
		var errs []error
		st := newShelf()
		s := newSource(t, &mint{lifetime: time.Hour}, WithStore(st), WithName("k"))
		saved := make(chan struct{})
		st.hook = func(ctx context.Context, op string) error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			// With a token, the source has no reason to refuse.
			e := s.current.Swap(nil)
			_, err := s.TokenContext(ctx)
			s.current.Store(e)
			errs = append(errs, err)
			if op == "save" {
				close(saved)
			}
			return nil
		}
		wantToken(t, s, "t1")
		<-saved
		if len(errs) != 2 {
			t.Errorf("asked %d times", len(errs))
		}
		for _, err := range errs {
			wantRefusal(t, err)
		}
	})
}

// The request for a token outlives the caller that came first, so the caller's hooks must not see
// it. Under the race detector one that did would be found even after the call.
func TestGrant_runsWithoutTheCallersTraceHooks(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		_, _ = io.WriteString(w, "abc")
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	type key struct{}
	s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		if ctx.Value(key{}) != "kept" {
			t.Error("the caller's values are gone")
		}
		// A name, so that it has to be looked up.
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), strings.NewReader("x"))
		if err != nil {
			return nil, err
		}
		resp, err := HTTPClient(ctx).Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return &oauth2.Token{AccessToken: string(text), ExpiresIn: 3600}, err
	}), WithHTTPClient(&http.Client{Transport: transport}))

	var seen []string // without a lock, as a caller has it who is alone with its request
	see := func(what string) { seen = append(seen, what) }
	ctx := httptrace.WithClientTrace(context.WithValue(t.Context(), key{}, "kept"), &httptrace.ClientTrace{
		GetConn:              func(string) { see("GetConn") },
		GotConn:              func(httptrace.GotConnInfo) { see("GotConn") },
		DNSStart:             func(httptrace.DNSStartInfo) { see("DNSStart") },
		DNSDone:              func(httptrace.DNSDoneInfo) { see("DNSDone") },
		ConnectStart:         func(string, string) { see("ConnectStart") },
		ConnectDone:          func(string, string, error) { see("ConnectDone") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { see("WroteRequest") },
		GotFirstResponseByte: func() { see("GotFirstResponseByte") },
	})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		<-asked
		cancel()
	}()
	if _, err := s.TokenContext(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	see("the end")
	close(release)
	wantToken(t, s, "abc")
	if len(seen) != 1 {
		t.Errorf("the caller's hooks were called: %q", seen)
	}
}
