package auth

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// chain answers each path with a redirect to the next URL, and the last one with 200, and notes the
// Authorization headers that it sees. It stands in for the network: every host is at hand.
type chain struct {
	next map[string]string // by URL
	seen []string          // "URL header"
}

func (c *chain) RoundTrip(r *http.Request) (*http.Response, error) {
	c.seen = append(c.seen, strings.TrimSpace(r.URL.String()+" "+strings.Join(r.Header["Authorization"], ", ")))
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	if to := c.next[r.URL.String()]; to != "" {
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", to)
	}
	return resp, nil
}

// follow sends an authorized GET to the first URL, which redirects to the second and so on, and
// returns what was seen.
func follow(t *testing.T, s *TokenSource, urls ...string) []string {
	t.Helper()
	c := &chain{next: map[string]string{}}
	for i, u := range urls[1:] {
		c.next[urls[i]] = u
	}
	req := newRequest(t, http.MethodGet, urls[0], nil)
	if err := s.Authorize(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: c, CheckRedirect: s.CheckRedirect}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return c.seen
}

func TestCheckRedirect_takesTheTokenOffWhereItMayNotGo(t *testing.T) {
	const api, bearer = "https://api.vendor.com/v1", " Bearer t1"
	known := []Option{WithAPIHosts("api.vendor.com", "other.vendor.com"), withRefused(t, "https://api.vendor.com/oauth/token", "the token endpoint")}
	for name, c := range map[string]struct {
		opts []Option
		urls []string
		want []string // the headers behind the first URL
	}{
		"in clear text":                    {known, []string{api, "http://api.vendor.com/x"}, []string{""}},
		"subdomain":                        {known, []string{api, "https://evil.api.vendor.com/x"}, []string{""}},
		"another port":                     {known, []string{api, "https://api.vendor.com:8443/x"}, []string{""}},
		"another domain":                   {known, []string{api, "https://evil.test/x"}, []string{""}},
		"the token endpoint":               {known, []string{api, "https://api.vendor.com/oauth/token"}, []string{""}},
		"user name":                        {known, []string{api, "https://u@api.vendor.com/x"}, []string{" Basic dTo="}}, // net/http's, of the URL
		"same host":                        {known, []string{api, "https://api.vendor.com/v2"}, []string{bearer}},
		"away and back":                    {known, []string{api, "https://evil.api.vendor.com/x", "https://api.vendor.com/v2"}, []string{"", ""}},
		"back from clear text":             {known, []string{api, "https://api.vendor.com/a", "http://api.vendor.com/b", "https://api.vendor.com/c"}, []string{bearer, "", ""}},
		"no list: same origin":             {nil, []string{api, "https://api.vendor.com/v2"}, []string{bearer}},
		"no list: in clear text":           {nil, []string{api, "http://api.vendor.com/x"}, []string{""}},
		"no list: subdomain":               {nil, []string{api, "https://evil.api.vendor.com/x"}, []string{""}},
		"no list: another port":            {nil, []string{api, "https://api.vendor.com:8443/x"}, []string{""}},
		"no list: away and back":           {nil, []string{api, "https://a.api.vendor.com/x", "https://api.vendor.com/v2"}, []string{"", ""}},
		"no list: https to http, loopback": {nil, []string{"https://localhost/v1", "http://localhost/v2"}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := follow(t, newSource(t, &mint{lifetime: time.Hour}, c.opts...), c.urls...)
			want := []string{c.urls[0] + bearer}
			for i, header := range c.want {
				want = append(want, c.urls[i+1]+header)
			}
			if fmt.Sprint(seen) != fmt.Sprint(want) {
				t.Errorf("sent %q, want %q", seen, want)
			}
		})
	}
}

// net/http keeps a Host header of the caller's on relative redirects.
func TestCheckRedirect_hostHeader(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.com", "other.vendor.com"))
	for _, set := range []func(first, next *http.Request){
		func(_, next *http.Request) { next.Host = "other.vendor.com" },
		func(first, _ *http.Request) { first.Host = "other.vendor.com" },
		func(_, next *http.Request) { next.URL.Opaque = "//other.vendor.com/x" },
	} {
		first, next := newRequest(t, http.MethodGet, "https://api.vendor.com/a", nil), newRequest(t, http.MethodGet, "https://api.vendor.com/b", nil)
		if err := s.Authorize(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		next.Header = first.Header.Clone()
		set(first, next)
		if err := s.CheckRedirect(next, []*http.Request{first}); err != nil || len(next.Header) > 0 {
			t.Errorf("%v, header %v", err, next.Header)
		}
		next.Response = &http.Response{StatusCode: http.StatusFound, Request: first}
		_, err := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if len(r.Header) > 0 {
				t.Errorf("sent %v", r.Header)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})).RoundTrip(next)
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCheckRedirect_knowsAReplacedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.com"))
		first := newRequest(t, http.MethodGet, "https://api.vendor.com/v1", nil)
		if err := s.Authorize(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if err := s.Authorize(t.Context(), newRequest(t, http.MethodGet, "https://api.vendor.com/v1", nil)); err != nil {
			t.Fatal(err)
		}
		next := newRequest(t, http.MethodGet, "https://sub.api.vendor.com/v1", nil)
		next.Header = first.Header.Clone()
		if err := s.CheckRedirect(next, []*http.Request{first}); err != nil || next.Header.Get("Authorization") != "" {
			t.Errorf("%v, header %q", err, next.Header.Get("Authorization"))
		}
		if first.Header.Get("Authorization") != "Bearer t1" {
			t.Error("the first request was changed")
		}
	})
}

func TestCheckRedirect_knowsTheTokenOfABearerEditor(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.com"))
	first := newRequest(t, http.MethodGet, "https://api.vendor.com/v1", nil)
	if err := BearerEditor(s, "api.vendor.com")(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	s.current.Store(nil)
	next := newRequest(t, http.MethodGet, "https://sub.api.vendor.com/v1", nil)
	next.Header = first.Header.Clone()
	if err := s.CheckRedirect(next, []*http.Request{first}); err != nil || next.Header.Get("Authorization") != "" {
		t.Errorf("%v, header %q", err, next.Header.Get("Authorization"))
	}
}

func TestCheckRedirect_leavesTheCallersCredentials(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.com"))
	wantToken(t, s, "t1")
	first := newRequest(t, http.MethodGet, "https://api.vendor.com/v1", nil)
	for _, own := range []string{"Basic mine", "Bearer of another source", ""} {
		next := newRequest(t, http.MethodGet, "https://sub.api.vendor.com/v1", nil)
		next.Header.Set("Authorization", own)
		if err := s.CheckRedirect(next, []*http.Request{first}); err != nil || fmt.Sprint(next.Header["Authorization"]) != fmt.Sprint([]string{own}) {
			t.Errorf("%q: %v, header %q", own, err, next.Header["Authorization"])
		}
	}
	both := newRequest(t, http.MethodGet, "https://sub.api.vendor.com/v1", nil)
	both.Header["Authorization"] = []string{"Basic mine", "Bearer t1"}
	if err := s.CheckRedirect(both, []*http.Request{first}); err != nil || fmt.Sprint(both.Header["Authorization"]) != "[Basic mine]" {
		t.Errorf("%v, header %q", err, both.Header["Authorization"])
	}
}

func TestCheckRedirect_stopsAfterTenRedirects(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour})
	ring := &chain{next: map[string]string{"https://api.vendor.com/": "https://api.vendor.com/"}}
	for name, check := range map[string]func(*http.Request, []*http.Request) error{"net/http's": nil, "ours": s.CheckRedirect} {
		ring.seen = nil
		_, err := (&http.Client{Transport: ring, CheckRedirect: check}).Do(newRequest(t, http.MethodGet, "https://api.vendor.com/", nil))
		if err == nil || len(ring.seen) != 10 || !strings.Contains(err.Error(), "stopped after 10 redirects") {
			t.Errorf("%s: %v after %d requests", name, err, len(ring.seen))
		}
	}
	if err := s.CheckRedirect(newRequest(t, http.MethodGet, "https://api.vendor.com/", nil), nil); err != nil {
		t.Error(err)
	}
}
