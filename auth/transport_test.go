package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// refusing answers 401 with this body to the first token, and 200 to any other.
func refusing(body io.ReadCloser) roundTripperFunc {
	return func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") == "Bearer t1" {
			return &http.Response{StatusCode: http.StatusUnauthorized, Body: body}, nil
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}
}

type panickingBody struct{}

func (panickingBody) Read([]byte) (int, error) { panic("read") }
func (panickingBody) Close() error             { return nil }

func TestBehaviour28OddBodiesOfA401AreReplayedToo(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{
		"none at all":       nil,
		"empty":             http.NoBody,
		"one that fails":    io.NopCloser(io.MultiReader(strings.NewReader("x"), &failingReader{})),
		"one that panics":   panickingBody{},
		"one of a megabyte": io.NopCloser(strings.NewReader(strings.Repeat("x", 1<<20))),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSource(t, &mint{lifetime: time.Hour})
				resp, err := s.Transport(refusing(body)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("got %v, %v", resp, err)
				}
				time.Sleep(time.Minute) // nothing is left that could go off
			})
		})
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What was read ahead of a 401 that is returned after all is returned too, and so is how it ended.
func TestBehaviour28The401ThatIsReturnedIsWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		body io.Reader
		want string
		err  error
	}{
		"small":        {strings.NewReader("why"), "why", nil},
		"at the limit": {strings.NewReader(strings.Repeat("x", drainSize)), strings.Repeat("x", drainSize), nil},
		"large":        {strings.NewReader(strings.Repeat("x", 3*drainSize)), strings.Repeat("x", 3*drainSize), nil},
		"cut":          {io.MultiReader(strings.NewReader("wh"), &failingReader{}), "wh", io.ErrUnexpectedEOF},
	} {
		s := newSource(t, &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})})
		given := &bodyOf{Reader: tt.body}
		resp, err := s.Transport(refusing(given)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Fatalf("%s: got %v, %v", name, resp, err)
		}
		got, err := io.ReadAll(resp.Body)
		if string(got) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: read %d bytes and %v, want %d and %v", name, len(got), err, len(tt.want), tt.err)
		}
		if err := resp.Body.Close(); err != nil || given.closed.Load() != 1 {
			t.Errorf("%s: %v, closed %d times", name, err, given.closed.Load())
		}
	}
}

// A 401 that comes slowly is waited for by whoever reads it, not by the new token; and given up by a replay.
func TestBehaviour28A401ThatTricklesDelaysNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, w := io.Pipe()
		m := &mint{lifetime: time.Hour}
		s := newSource(t, m)
		start := time.Now()
		resp, err := s.Transport(refusing(body)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil || resp.StatusCode != http.StatusOK || time.Since(start) != drainTime {
			t.Errorf("got %v, %v after %v", resp, err, time.Since(start))
		}
		if _, err := w.Write([]byte("late")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the body was not closed: %v", err)
		}
	})
}

// careful is a body that minds being read and closed at a time, as one that decompresses may.
type careful struct {
	io.Reader
	busy   atomic.Bool
	closed chan bool // whether it was busy
}

func (c *careful) Read(p []byte) (int, error) {
	c.busy.Store(true)
	defer c.busy.Store(false)
	return c.Reader.Read(p)
}

func (c *careful) Close() error { c.closed <- c.busy.Load(); return nil }

func TestBodyOfA401IsNotClosedWhileItIsReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe, w := io.Pipe()
		body := &careful{Reader: pipe, closed: make(chan bool, 2)}
		s := newSource(t, &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})})
		resp, err := s.Transport(refusing(body)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Fatalf("got %v, %v", resp, err)
		}
		start := time.Now()
		_ = resp.Body.Close()
		_ = resp.Body.Close()
		if time.Since(start) != 0 {
			t.Errorf("Close waited for %v", time.Since(start))
		}
		time.Sleep(drainTime / 2)
		_, _ = io.WriteString(w, "late")
		_ = w.Close()
		if <-body.closed {
			t.Error("the body was closed while it was read")
		}
		synctest.Wait()
		if len(body.closed) > 0 {
			t.Error("the body was closed twice")
		}
	})
}

// With as few connections as callers, the token comes over one that a 401 has given back.
func TestBehaviour28NewTokenComesOverTheConnectionOfThe401(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "t2") })
	mux.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer t1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, "because")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	first := true
	s := newSource(t, grantFunc(func(c *http.Client) (string, error) {
		if first {
			first = false
			return "t1", nil
		}
		resp, err := c.Get(server.URL + "/token")
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return string(text), err
	}), WithHTTPClient(&http.Client{Transport: transport}))
	if status, _ := do(t, s.Client(), newRequest(t, http.MethodGet, server.URL+"/api", nil)); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}

// grantFunc makes a Grant of a function that asks for a token with the source's client.
func grantFunc(ask func(*http.Client) (string, error)) Grant {
	return GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		text, err := ask(HTTPClient(ctx))
		if err != nil {
			return nil, err
		}
		return &oauth2.Token{AccessToken: text, ExpiresIn: 3600}, nil
	})
}

func TestBaseThatReturnsNothingIsForTheClientToComplainAbout(t *testing.T) {
	nothing := roundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, nil })
	c := &http.Client{Transport: newSource(t, &mint{lifetime: time.Hour}).Transport(nothing)}
	if _, err := c.Get("https://api.test"); err == nil || !strings.Contains(err.Error(), "nil *Response") {
		t.Errorf("got %v", err)
	}
}

func TestBehaviour27BaseMayChangeWhatItIsGivenAndTheCallersRequestStays(t *testing.T) {
	for _, lines := range []int{1, 40} {
		var seen []string
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Get("Authorization"))
			r.URL.Host, r.URL.Path = "stand-in.test", "/other"
			r.Header.Set("New", "x")
			r.Header["Kept"][0] = "changed"
			r.Header["Empty"] = append(r.Header["Empty"], "more")
			delete(r.Header, "Old")
			resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
			if len(seen) == 1 {
				resp.StatusCode = http.StatusFound
				resp.Header.Set("Location", "/next")
			}
			return resp, nil
		})
		c := &http.Client{Transport: newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.test")).Transport(base)}
		req := newRequest(t, http.MethodGet, "https://api.test/a", nil)
		req.Header = http.Header{"Kept": {"as it was"}, "Old": {"1"}, "Empty": nil}
		for i := range lines {
			req.Header.Add("Many", fmt.Sprint(i))
		}
		want := req.Header.Clone()
		if _, err := c.Do(req); err != nil {
			t.Fatal(err)
		}
		if req.URL.String() != "https://api.test/a" || !maps.EqualFunc(req.Header, want, slices.Equal) {
			t.Errorf("the caller's request is now for %s with %v", req.URL, req.Header)
		}
		if !slices.Equal(seen, []string{"Bearer t1", "Bearer t1"}) {
			t.Errorf("the API saw %q", seen)
		}
	}
}

// Whoever gives a generated client both the source's http.Client and its request editor has what the client does alone.
func TestEditorAndClientTogether(t *testing.T) {
	for name, edit := range map[string]func(*TokenSource) func(context.Context, *http.Request) error{
		"Authorize":    func(s *TokenSource) func(context.Context, *http.Request) error { return s.Authorize },
		"BearerEditor": func(s *TokenSource) func(context.Context, *http.Request) error { return BearerEditor(s) },
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := newAPI(t, anyToken)
			a := newAPI(t, func(tok string) bool { return tok != "t1" })
			redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
			defer redirect.Close()
			m := &mint{lifetime: time.Hour}
			s := newSource(t, m, WithAPIHosts(a.URL, redirect.URL))
			call := func(url string) int {
				req := newRequest(t, http.MethodGet, url, nil)
				if err := edit(s)(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				resp, err := s.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				return resp.StatusCode
			}
			if call(redirect.URL); len(elsewhere.seen) != 1 || elsewhere.seen[0] != "" {
				t.Errorf("after a redirect another host saw %q", elsewhere.seen)
			}
			for range 2 {
				if status := call(a.URL); status != http.StatusOK {
					t.Errorf("got %d: the 401 was not followed by a replay", status)
				}
			}
			m.want(t, 2)
		})
	}
}

func TestRequestThatIsAuthorizedAgainGetsTheNewToken(t *testing.T) {
	for name, editor := range map[string]func(*TokenSource) func(context.Context, *http.Request) error{
		"Authorize":    func(s *TokenSource) func(context.Context, *http.Request) error { return s.Authorize },
		"BearerEditor": func(s *TokenSource) func(context.Context, *http.Request) error { return BearerEditor(s, "api.test") },
	} {
		s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.test"))
		edit := editor(s)
		req := newRequest(t, http.MethodGet, "https://api.test", nil)
		for i := range 2 {
			if err := edit(t.Context(), req); err != nil || req.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", i+1) {
				t.Errorf("%s: %v, %q", name, err, req.Header.Get("Authorization"))
			}
			s.Invalidate(mustToken(t, s))
		}
		req.URL = &url.URL{Scheme: "https", Host: "evil.test"}
		if err := edit(t.Context(), req); !errors.Is(err, ErrHostNotAllowed) {
			t.Errorf("%s: for another host: %v", name, err)
		}
	}
}

func mustToken(t *testing.T, s *TokenSource) *oauth2.Token {
	t.Helper()
	tok, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Whether a token is the source's own does not depend on whether it has been renewed since.
func TestTokenSetByHandIsTheSourcesOwnForGood(t *testing.T) {
	elsewhere := newAPI(t, anyToken)
	a := newAPI(t, func(tok string) bool { return tok == "t3" })
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts(a.URL))
	tok := mustToken(t, s)
	for range 2 {
		req := newRequest(t, http.MethodGet, elsewhere.URL, nil)
		tok.SetAuthHeader(req)
		if _, err := s.Client().Do(req); !errors.Is(err, ErrHostNotAllowed) {
			t.Errorf("to another host: %v", err)
		}
		s.Invalidate(mustToken(t, s))
		mustToken(t, s)
	}
	if len(elsewhere.seen) > 0 {
		t.Errorf("another host saw %q", elsewhere.seen)
	}
}

func TestOneAuthorizationLineGoesOut(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour})
	req := newRequest(t, http.MethodGet, "https://api.test", nil)
	if err := s.Authorize(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	spelling := "authorization"
	req.Header[spelling] = []string{"Basic own"}
	_, err := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		if len(r.Header) != 1 || !slices.Equal(r.Header[spelling], []string{"Basic own"}) {
			t.Errorf("sent %v", r.Header)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})).RoundTrip(req)
	if err != nil || len(req.Header) != 2 {
		t.Errorf("%v; the caller's request has %v", err, req.Header)
	}
	// Of two values in one place nobody knows which is meant.
	req.Header = http.Header{"Authorization": {req.Header.Get("Authorization"), "Basic own"}}
	if err := s.Authorize(t.Context(), req); err != nil || len(req.Header["Authorization"]) != 2 {
		t.Errorf("%v, %v", err, req.Header)
	}
}

// The client of WithHTTPClient may itself be given the source's Transport: token requests do not go through it.
func TestClientMayBeWrappedAfterItWasGiven(t *testing.T) {
	a := newAPI(t, anyToken)
	base := &http.Transport{}
	c := &http.Client{Transport: base}
	defer c.CloseIdleConnections()
	s := newSource(t, grantFunc(func(c *http.Client) (string, error) {
		if !sendsThrough(c, base) {
			return "", fmt.Errorf("token requests go through %T", c.Transport)
		}
		return "abc", nil
	}), WithHTTPClient(c))
	c.Transport = s.Transport(c.Transport)
	if status, _ := do(t, c, newRequest(t, http.MethodGet, a.URL, nil)); status != http.StatusOK || a.seen[0] != "Bearer abc" {
		t.Errorf("got %d, the API saw %q", status, a.seen)
	}
}

// sendsThrough reports whether the token requests of c go to base.
func sendsThrough(c *http.Client, base http.RoundTripper) bool {
	t, ok := c.Transport.(*tokenTransport)
	return ok && t.base == base
}

func TestClientWithoutATransportHasTheDefaultOne(t *testing.T) {
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{})
	if c := HTTPClient(ctx); !sendsThrough(c, http.DefaultTransport) {
		t.Errorf("with a client: %v", c.Transport)
	}
	if c := HTTPClient(t.Context()); !sendsThrough(c, ownTransport) {
		t.Errorf("without one: %v", c.Transport)
	}
	// As it was when the source was made: what is put there later may be the source's own.
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	s := newSource(t, grantFunc(func(c *http.Client) (string, error) {
		if !sendsThrough(c, before) {
			return "", fmt.Errorf("token requests go through %T", c.Transport)
		}
		return "abc", nil
	}), WithHTTPClient(&http.Client{Timeout: time.Minute}))
	http.DefaultTransport = s.Transport(before)
	wantToken(t, s, "abc")
}
