package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// hops sends a request for the first of the URLs with s's Transport, lets each redirect to the
// next, and returns the Authorization headers that arrived. With blind, the base RoundTripper does
// not fill in Response.Request.
func hops(t *testing.T, s *TokenSource, own string, blind bool, urls ...string) (seen []string) {
	t.Helper()
	client := &http.Client{Transport: s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		if r.URL.String() != urls[len(seen)] {
			t.Errorf("request for %s, want %s", r.URL, urls[len(seen)])
		}
		seen = append(seen, r.Header.Get("Authorization"))
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
		if blind {
			resp.Request = nil
		}
		if len(seen) < len(urls) {
			resp.StatusCode = http.StatusTemporaryRedirect
			resp.Header.Set("Location", urls[len(seen)])
		}
		return resp, nil
	}))}
	req := newRequest(t, http.MethodGet, urls[0], nil)
	if own != "" {
		req.Header.Set("Authorization", own)
	}
	if _, err := client.Do(req); err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestRedirect_tokenDoesNotComeBack(t *testing.T) {
	open, listed := []Option(nil), []Option{WithAPIHosts("api.test", "files.test")}
	const bearer = "Bearer t1"
	for _, c := range []struct {
		name string
		opts []Option
		urls []string
		want []string
	}{
		{"there and back", open, []string{"https://api.test/a", "https://evil.test/", "https://api.test/delete-everything"}, []string{bearer, "", ""}},
		{"there and back, listed", listed, []string{"https://api.test/a", "https://evil.test/", "https://api.test/delete-everything"}, []string{bearer, "", ""}},
		{"to another listed host", listed, []string{"https://api.test/a", "https://evil.test/", "https://files.test/x"}, []string{bearer, "", ""}},
		{"by way of plain http", listed, []string{"https://api.test/a", "http://api.test/a", "https://api.test/b"}, []string{bearer, "", ""}},
		{"by way of another port", open, []string{"https://api.test/a", "https://api.test:8443/a", "https://api.test/b", "https://api.test/c"}, []string{bearer, "", "", ""}},
		{"among listed hosts", listed, []string{"https://api.test/a", "https://files.test/", "https://api.test/b"}, []string{bearer, bearer, bearer}},
		{"within one origin", open, []string{"https://api.test/a", "https://API.test:443/b", "https://api.test./c"}, []string{bearer, bearer, bearer}},
	} {
		for _, blind := range []bool{false, true} {
			if seen := hops(t, newSource(t, &mint{lifetime: time.Hour}, c.opts...), "", blind, c.urls...); !slices.Equal(seen, c.want) {
				t.Errorf("%s: saw %q, want %q", c.name, seen, c.want)
			}
		}
	}
}

func TestRedirect_callersHeaderIsNotReplaced(t *testing.T) {
	for _, urls := range [][]string{
		{"https://api.test/a", "https://files.test/"},
		{"https://api.test/a", "https://files.test/", "https://api.test/b"},
	} {
		for _, blind := range []bool{false, true} {
			m := &mint{lifetime: time.Hour}
			seen := hops(t, newSource(t, m, WithAPIHosts("api.test", "files.test")), "Basic mine", blind, urls...)
			if seen[0] != "Basic mine" || strings.Contains(fmt.Sprint(seen), "Bearer") {
				t.Errorf("%v: saw %q", urls, seen)
			}
			m.want(t, 0)
		}
	}
}

// A caller that builds the redirected request on its own may leave out where it came from.
func TestRedirect_ofUnknownOriginCarriesNoToken(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour})
	req := newRequest(t, http.MethodGet, "https://api.test/b", nil)
	req.Response = &http.Response{StatusCode: http.StatusFound}
	resp, err := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it carries the token")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})).RoundTrip(req)
	if err != nil || resp.Request != req {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestTransport_errorThatQuotesTheHeaderShowsNoToken(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, c := range []struct{ name, refused string }{{"the first request", ""}, {"the replay", "Bearer t1"}} {
		var log bytes.Buffer
		r := &recorder{}
		s := newSource(t, &mint{lifetime: time.Hour}, WithObserver(r),
			WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_, err := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == c.refused {
				return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody}, nil
			}
			return nil, fmt.Errorf("cannot send %v: %w", r.Header, broken)
		})).RoundTrip(newRequest(t, http.MethodGet, "https://api.test/", nil))
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "cannot send") {
			t.Errorf("%s: got %v", c.name, err)
		}
		for where, text := range map[string]string{"the log": log.String(), "an event": fmt.Sprint(r.events), "the error": fmt.Sprintf("%v %+v", err, err)} {
			if strings.Contains(text, "Bearer t") {
				t.Errorf("%s: %s shows the token: %s", c.name, where, text)
			}
		}
	}
	// Any other error comes as it is.
	_, err := newSource(t, &mint{lifetime: time.Hour}).Transport(roundTripperFunc(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})).RoundTrip(newRequest(t, http.MethodGet, "https://api.test/", nil))
	if err != io.ErrUnexpectedEOF {
		t.Errorf("got %#v", err)
	}
}

// idler counts how often its connections are closed.
type idler struct {
	http.RoundTripper
	closed int
}

func (i *idler) CloseIdleConnections() { i.closed++ }

func TestClient_closesTheIdleConnectionsOfItsBase(t *testing.T) {
	base := &idler{RoundTripper: http.DefaultTransport}
	s := newSource(t, &mint{}, WithHTTPClient(&http.Client{Transport: base}))
	s.Client().CloseIdleConnections()
	if base.closed != 1 {
		t.Errorf("closed %d times", base.closed)
	}
	(&http.Client{Transport: s.Transport(roundTripperFunc(nil))}).CloseIdleConnections() // has none
}
