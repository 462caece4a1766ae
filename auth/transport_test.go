package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/wire"
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

func TestTransport_replay_oddBodiesOfThe401(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{
		"none at all":       nil,
		"empty":             http.NoBody,
		"one that fails":    io.NopCloser(io.MultiReader(strings.NewReader("x"), &failingReader{})),
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
func TestTransport_replay_returned401IsWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		body io.Reader
		want string
		err  error
	}{
		"small":        {strings.NewReader("why"), "why", nil},
		"at the limit": {strings.NewReader(strings.Repeat("x", wire.ReadAheadSize)), strings.Repeat("x", wire.ReadAheadSize), nil},
		"large":        {strings.NewReader(strings.Repeat("x", 3*wire.ReadAheadSize)), strings.Repeat("x", 3*wire.ReadAheadSize), nil},
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

func TestTransport_replay_tricklingBody(t *testing.T) {
	for name, c := range map[string]struct {
		grant *mint
		want  int
	}{
		"replayed":     {&mint{lifetime: time.Hour}, http.StatusOK},
		"no new token": {&mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body, w := io.Pipe()
				go func() { _, _ = io.WriteString(w, "first") }()
				start := time.Now()
				resp, err := newSource(t, c.grant).Transport(refusing(body)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
				if err != nil || resp.StatusCode != c.want || time.Since(start) != wire.ReadAheadTime {
					t.Errorf("got %v, %v after %v", resp, err, time.Since(start))
				}
				if _, err := w.Write([]byte("late")); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the body was not closed: %v", err)
				}
				if text, err := io.ReadAll(resp.Body); c.want == http.StatusUnauthorized && (string(text) != "first" || err == nil) {
					t.Errorf("read %q, %v", text, err)
				}
			})
		})
	}
}

// refusedOnce has one token, which an API refuses, and gets no other.
func refusedOnce(t *testing.T, opts ...Option) *TokenSource {
	return newSource(t, &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})}, opts...)
}

func TestTransport_replay_trailersOfAReturned401(t *testing.T) {
	for _, version := range []int{1, 2} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Announced")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "because")
			w.(http.Flusher).Flush()
			w.Header().Set("Announced", "1")
			w.Header().Set(http.TrailerPrefix+"Late", "2")
		}))
		server.EnableHTTP2 = version == 2
		server.StartTLS()
		for range 10 {
			resp, err := refusedOnce(t, WithHTTPClient(server.Client())).Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 { // races with reading ahead, if there is a race
				_, _ = httputil.DumpResponse(resp, false)
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || string(text) != "because" || resp.ProtoMajor != version {
				t.Errorf("HTTP/%d: %q, %v", resp.ProtoMajor, text, err)
			}
			if resp.Trailer.Get("Announced") != "1" || resp.Trailer.Get("Late") != "2" {
				t.Errorf("HTTP/%d: trailers %v", version, resp.Trailer)
			}
			resp.Body.Close()
		}
		server.Close()
	}
}

// With as few connections as callers, the token comes over one that a 401 has given back.
func TestTransport_replay_comesOverTheSameConnection(t *testing.T) {
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

func TestTransport_baseThatReturnsNothing(t *testing.T) {
	nothing := roundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, nil })
	c := &http.Client{Transport: newSource(t, &mint{lifetime: time.Hour}).Transport(nothing)}
	if _, err := c.Get("https://api.test"); err == nil || !strings.Contains(err.Error(), "nil *Response") {
		t.Errorf("got %v", err)
	}
}

func TestTransport_baseMayChangeItsRequest(t *testing.T) {
	for _, lines := range []int{1, 40} {
		var seen []string
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Get("Authorization"))
			r.URL.Host, r.URL.Path = "stand-in.test", "/other"
			r.Header.Set("New", "x")
			r.Header.Set("Kept", "changed")
			r.Header.Add("Many", "more")
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

// Whoever gives a generated client both the source's http.Client and its request editor has what
// the client does alone.
func TestClient_withTheEditorToo(t *testing.T) {
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

func TestAuthorize_againSetsTheNewToken(t *testing.T) {
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

// Whether a token is the source's own does not depend on whether it has been renewed since.
func TestHeader_tokenSetByHandIsTheSourcesOwn(t *testing.T) {
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

func TestHeader_oneAuthorizationLineGoesOut(t *testing.T) {
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
	req.Header = http.Header{"Authorization": {req.Header.Get("Authorization"), "Basic own"}}
	if err := s.Authorize(t.Context(), req); err != nil || !slices.Equal(req.Header["Authorization"], []string{"Basic own"}) {
		t.Errorf("%v, %v", err, req.Header)
	}
}

// The client of WithHTTPClient may itself be given the source's Transport: token requests do not go
// through it.
func TestWithHTTPClient_mayBeWrappedAfterwards(t *testing.T) {
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

func TestWithHTTPClient_withoutATransportHasTheDefaultOne(t *testing.T) {
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
