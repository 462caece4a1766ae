package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

func TestTransport_leavesTheCallersRequestAlone(t *testing.T) {
	a := newAPI(t, anyToken)
	s := newSource(t, &mint{lifetime: time.Hour})
	req := newRequest(t, http.MethodPost, a.URL, strings.NewReader("hello"))
	req.Header.Set("Accept", "x")
	before := req.Header.Clone()
	if status, body := do(t, s.Client(), req); status != 200 || body != "body 5" {
		t.Errorf("got %d %s", status, body)
	}
	if fmt.Sprint(before) != fmt.Sprint(req.Header) {
		t.Errorf("the header changed from %v to %v", before, req.Header)
	}
	if a.seen[0] != "Bearer t1" {
		t.Errorf("the API saw %q", a.seen[0])
	}
}

func TestTransport_callersAuthorizationWins(t *testing.T) {
	a := newAPI(t, func(tok string) bool { return tok == "Basic mine" })
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m, WithAPIHosts("api.example.com"))
	req := newRequest(t, http.MethodGet, a.URL, nil)
	req.Header.Set("Authorization", "Basic mine")
	if status, _ := do2(t, s, req); status != 200 {
		t.Errorf("got %d", status)
	}
	for _, edit := range []func(context.Context, *http.Request) error{s.Authorize, BearerEditor(s, "api.example.com")} {
		if err := edit(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Basic mine" {
			t.Errorf("got %v, header %q", err, req.Header.Get("Authorization"))
		}
	}
	m.want(t, 0)
}

func do2(t *testing.T, s *TokenSource, req *http.Request) (int, string) {
	t.Helper()
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestTransport_bodiesAreClosedOnce(t *testing.T) {
	ok := func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	}
	refuse := func(r *http.Request) (*http.Response, error) {
		resp, err := ok(r)
		resp.StatusCode = 401
		return resp, err
	}
	for name, c := range map[string]struct {
		url   string
		grant Grant
		base  roundTripperFunc
		own   bool
	}{
		"success":             {"https://api.example.com", &mint{lifetime: time.Hour}, ok, false},
		"own header":          {"https://api.example.com", &mint{lifetime: time.Hour}, ok, true},
		"host not allowed":    {"https://evil.example.com", &mint{lifetime: time.Hour}, ok, false},
		"no token":            {"https://api.example.com", &mint{before: failing(1, 99, &Error{StatusCode: 404})}, ok, false},
		"refused, no replay":  {"https://api.example.com", &mint{lifetime: time.Hour}, refuse, false},
		"the network failing": {"https://api.example.com", &mint{lifetime: time.Hour}, func(r *http.Request) (*http.Response, error) { _ = r.Body.Close(); return nil, io.ErrUnexpectedEOF }, false},
	} {
		s := newSource(t, c.grant, WithAPIHosts("api.example.com"))
		body := &bodyOf{Reader: strings.NewReader("x")}
		req := newRequest(t, http.MethodPost, c.url, body)
		if c.own {
			req.Header.Set("Authorization", "mine")
		}
		resp, err := s.Transport(c.base).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if n := body.closed.Load(); n != 1 {
			t.Errorf("%s: the body was closed %d times", name, n)
		}
	}
}

func TestTransport_replay_isIdenticalWithANewToken(t *testing.T) {
	a := newAPI(t, func(tok string) bool { return tok == "t2" })
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m)
	payload := strings.Repeat("same bytes ", 10000)
	status, _ := do(t, s.Client(), newRequest(t, http.MethodPost, a.URL, strings.NewReader(payload)))
	if status != 200 || len(a.bodies) != 2 || a.bodies[0] != payload || a.bodies[1] != payload {
		t.Errorf("got %d after %d requests", status, len(a.bodies))
	}
	if a.seen[0] != "Bearer t1" || a.seen[1] != "Bearer t2" {
		t.Errorf("the API saw %v", a.seen)
	}
	m.want(t, 2)
}

func TestTransport_replay_bodyThatCannotBeReadAgain(t *testing.T) {
	a := newAPI(t, func(tok string) bool { return tok == "t2" })
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m)
	status, body := do(t, s.Client(), newRequest(t, http.MethodPost, a.URL, io.MultiReader(strings.NewReader("once"))))
	if status != 401 || body != "body 4" || len(a.seen) != 1 {
		t.Errorf("got %d %q after %d requests; want the API's own 401", status, body, len(a.seen))
	}
	status, _ = do(t, s.Client(), newRequest(t, http.MethodGet, a.URL, nil))
	if status != 200 {
		t.Errorf("the next call got %d", status)
	}
	m.want(t, 2)
}

func TestTransport_replay_apiThatRefusesEveryToken(t *testing.T) {
	a := newAPI(t, func(string) bool { return false })
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m)
	for range 50 {
		if status, _ := do(t, s.Client(), newRequest(t, http.MethodGet, a.URL, nil)); status != 401 {
			t.Errorf("got %d", status)
		}
	}
	m.want(t, 2)
}

func TestTransport_replay_acceptedReplacementIsReplacedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := ""
		m := &mint{lifetime: 24 * time.Hour}
		rt := newSource(t, m).Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			resp := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
			if r.Header.Get("Authorization") != "Bearer "+good {
				resp.StatusCode = http.StatusUnauthorized
			}
			return resp, nil
		}))
		for i := 1; i <= 5; i++ {
			good = fmt.Sprintf("t%d", i) // the vendor revokes each token after two minutes
			resp, err := rt.RoundTrip(newRequest(t, http.MethodGet, "https://api.vendor.com", nil))
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("call %d: %v, %v", i, resp, err)
			}
			time.Sleep(2 * time.Minute)
		}
		m.want(t, 5)
	})
}

func TestTransport_replay_vendorDownReturnsThe401(t *testing.T) {
	a := newAPI(t, func(string) bool { return false })
	s := newSource(t, &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})})
	status, body := do(t, s.Client(), newRequest(t, http.MethodPut, a.URL, bytes.NewReader([]byte("abc"))))
	if status != 401 || body != "body 3" {
		t.Errorf("got %d %q, want the API's own 401", status, body)
	}
}

func TestRedirect_elsewhereCarriesNoToken(t *testing.T) {
	elsewhere := newAPI(t, anyToken)
	// "localhost" and "127.0.0.1" are two hosts to everyone but the network.
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	for _, status := range []int{301, 302, 303, 307, 308} {
		here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other, status)
		}))
		host := strings.TrimPrefix(here.URL, "http://")
		for _, opts := range [][]Option{nil, {WithAPIHosts(host)}} {
			elsewhere.seen = nil
			s := newSource(t, &mint{lifetime: time.Hour}, opts...)
			if got, _ := do(t, s.Client(), newRequest(t, http.MethodGet, here.URL, nil)); got != 200 {
				t.Errorf("got %d", got)
			}
			if len(elsewhere.seen) != 1 || elsewhere.seen[0] != "" {
				t.Errorf("%d: the other host saw %q", status, elsewhere.seen)
			}
		}
		here.Close()
	}
}

func TestRedirect_sameHostKeepsTheToken(t *testing.T) {
	mux := http.NewServeMux()
	var seen string
	mux.HandleFunc("/old", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/new", http.StatusFound) })
	mux.HandleFunc("/new", func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Get("Authorization") })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	s := newSource(t, &mint{lifetime: time.Hour})
	do(t, s.Client(), newRequest(t, http.MethodGet, srv.URL+"/old", nil))
	if seen != "Bearer t1" {
		t.Errorf("saw %q", seen)
	}
}

// Every way of putting the token on a request minds the URL, its opaque form and the Host header.
// What exactly may pass is tested in internal/origin.
func TestAuthorize_hostRules(t *testing.T) {
	m := &mint{lifetime: time.Hour}
	hosts := []string{"api.vendor.com", "kite.vendor.com", "https://gw.corp.test:8443/vendor/", "[::1]:8080", "127.0.0.1"}
	s := newSource(t, m, WithAPIHosts(hosts...), withRefused(t, "https://api.vendor.com/realms/x/token", "the API is elsewhere"))
	send := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: r.Header}, nil
	}))
	ways := map[string]func(*http.Request) (http.Header, error){
		"Authorize": func(r *http.Request) (http.Header, error) { err := s.Authorize(t.Context(), r); return r.Header, err },
		"BearerEditor": func(r *http.Request) (http.Header, error) {
			err := BearerEditor(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t1"}), hosts...)(t.Context(), r)
			return r.Header, err
		},
		"Transport": func(r *http.Request) (http.Header, error) {
			resp, err := send.RoundTrip(r)
			if err != nil {
				return r.Header, err
			}
			return resp.Header, nil
		},
	}
	type to struct{ url, host, opaque string }
	for _, refused := range []to{
		{url: "https://evil.test/"},
		{url: "http://api.vendor.com/v1"},
		{url: "https://user:pw@api.vendor.com/"},
		{url: "https://\u212aite.vendor.com/"}, // KELVIN SIGN, which folds to k
		{url: "https://api.vendor.com/realms/x/token"},
		{url: "https://api.vendor.com/", host: "gw.corp.test:8443"},
		{url: "https://api.vendor.com/", host: "evil.test"},
		{url: "https://api.vendor.com/", opaque: "//evil.test/x"},
		{url: "https://api.vendor.com/", opaque: "https://evil.test/x"},
		{url: "/v1"},
	} {
		for name, way := range ways {
			if name == "BearerEditor" && strings.HasSuffix(refused.url, "/token") {
				continue // which knows hosts alone
			}
			req := &http.Request{URL: mustURL(t, refused.url), Host: refused.host}
			req.URL.Opaque = refused.opaque
			if h, err := way(req); !errors.Is(err, ErrHostNotAllowed) || len(h) > 0 {
				t.Errorf("%s for %+v: %v, %v", name, refused, h, err)
			}
		}
	}
	for _, host := range []string{"api.vendor.com:x.evil.com", "[api.vendor.com]evil.com", "api.vendor.com@evil.com"} {
		for name, way := range ways {
			if h, err := way(&http.Request{URL: &url.URL{Scheme: "https", Host: host}}); !errors.Is(err, ErrHostNotAllowed) || len(h) > 0 {
				t.Errorf("%s for %s: %v, %v", name, host, h, err)
			}
		}
	}
	m.want(t, 0)
	for _, allowed := range []to{
		{url: "https://api.vendor.com/v1"},
		{url: "https://API.vendor.com.:443/v1", host: "api.vendor.com"},
		{url: "https://gw.corp.test:8443/", host: "GW.corp.test:8443", opaque: "//gw.corp.test:8443/a%2Fb"},
		{url: "http://[0:0:0:0:0:0:0:1]:8080/", host: "[::1]:8080"},
		{url: "http://127.0.0.1:1234/"},
	} {
		for name, way := range ways {
			req := &http.Request{URL: mustURL(t, allowed.url), Host: allowed.host}
			req.URL.Opaque = allowed.opaque
			if h, err := way(req); err != nil || h.Get("Authorization") != "Bearer t1" {
				t.Errorf("%s for %+v: %v, %v", name, allowed, h, err)
			}
		}
	}
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A Director leaves the Host header that its own client sent, by which an edge with several tenants
// goes.
func TestTransport_reverseProxy(t *testing.T) {
	a := newAPI(t, anyToken)
	target := mustURL(t, a.URL)
	m := &mint{lifetime: time.Hour}
	s := newSource(t, m, WithAPIHosts(a.URL))
	director := httputil.NewSingleHostReverseProxy(target)
	director.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, ErrHostNotAllowed) || !strings.Contains(err.Error(), "SetURL") {
			t.Errorf("got %v", err)
		}
		w.WriteHeader(http.StatusBadGateway)
	}
	for _, tt := range []struct {
		proxy *httputil.ReverseProxy
		want  int
		calls int64
	}{
		{director, http.StatusBadGateway, 0},
		{&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}, http.StatusOK, 1},
	} {
		tt.proxy.Transport = s.Transport(nil)
		w := httptest.NewRecorder()
		tt.proxy.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://other-tenant.example/x", nil))
		if w.Code != tt.want {
			t.Errorf("got %d, want %d", w.Code, tt.want)
		}
		m.want(t, tt.calls)
	}
}

func TestAuthorize_withoutHosts(t *testing.T) {
	open := newSource(t, &mint{lifetime: time.Hour}, withRefused(t, "https://login.vendor.com", "this is the token endpoint"))
	var site Site
	site.Hosts.RefuseOthers("set APIURL")
	closed := newSource(t, &mint{lifetime: time.Hour}, WithSite(site))
	for url, ok := range map[string]bool{
		"https://anything.test/": true, "http://127.0.0.1:80/": true, "http://anything.test/": false, "https://login.vendor.com/x": false,
	} {
		req := newRequest(t, http.MethodGet, url, nil)
		if err := open.Authorize(t.Context(), req); (err == nil) != ok {
			t.Errorf("%s: got %v", url, err)
		}
		if err := closed.Authorize(t.Context(), newRequest(t, http.MethodGet, url, nil)); !errors.Is(err, ErrHostNotAllowed) {
			t.Errorf("closed, %s: got %v", url, err)
		}
	}
	err := closed.Authorize(t.Context(), newRequest(t, http.MethodGet, "https://anything.test/", nil))
	if !strings.Contains(err.Error(), "set APIURL") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}

func TestWithAPIHosts_refusesWhatIsNoHost(t *testing.T) {
	for _, host := range []string{"", " ", "http://api.vendor.com", "*.vendor.com", "api.vendor.com/v1", "user@api.vendor.com",
		"https://u:p@api.vendor.com", "bücher.test", "https://api.vendor.com?x=1", "ftp://api.vendor.com", "https://", "a b", "%61pi.vendor.com", "\u212aite.vendor.com",
		"https://\u212aite.vendor.com", "api.vendor.com:https", "[api.vendor.com]evil.com"} {
		if _, err := NewTokenSource(&mint{}, WithAPIHosts(host)); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%q: got %v, want ErrInvalidConfig", host, err)
		}
		req := newRequest(t, http.MethodGet, "https://api.vendor.com", nil)
		if err := BearerEditor(newSource(t, &mint{lifetime: time.Hour}), host)(t.Context(), req); !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("BearerEditor with %q: got %v, want ErrInvalidConfig", host, err)
		}
	}
}

func TestBearerEditor_takesAnyTokenSource(t *testing.T) {
	for name, src := range map[string]oauth2.TokenSource{
		"static": oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t1"}),
		"ours":   newSource(t, &mint{lifetime: time.Hour}),
	} {
		req := newRequest(t, http.MethodGet, "https://api.vendor.com/x", nil)
		if err := BearerEditor(src, "api.vendor.com")(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Bearer t1" {
			t.Errorf("%s: got %v, %q", name, err, req.Header)
		}
		other := newRequest(t, http.MethodGet, "https://elsewhere.test/x", nil)
		if err := BearerEditor(src, "api.vendor.com")(t.Context(), other); !errors.Is(err, ErrHostNotAllowed) || other.Header.Get("Authorization") != "" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := newRequest(t, http.MethodGet, "https://api.vendor.com/x", nil)
	if err := BearerEditor(newSource(t, &mint{lifetime: time.Hour}))(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("the context did not reach the source: %v", err)
	}
	for _, src := range []oauth2.TokenSource{nil, oauth2.StaticTokenSource(nil), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a\nb"})} {
		if err := BearerEditor(src)(t.Context(), newRequest(t, http.MethodGet, "https://api.vendor.com", nil)); err == nil {
			t.Errorf("%v: no error", src)
		}
	}
}

func TestBearerEditor_withoutHostsKeepsToTheSource(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.com"))
	for u, want := range map[string]error{"https://api.vendor.com/x": nil, "https://elsewhere.test/x": ErrHostNotAllowed} {
		req := newRequest(t, http.MethodGet, u, nil)
		err := BearerEditor(s)(t.Context(), req)
		if !errors.Is(err, want) || (req.Header.Get("Authorization") == "Bearer t1") != (want == nil) {
			t.Errorf("%s: got %v, %q", u, err, req.Header)
		}
	}
}

func TestBearerEditor_refusesASourceThatIsNil(t *testing.T) {
	for name, src := range map[string]oauth2.TokenSource{
		"nothing": nil, "a nil *TokenSource": (*TokenSource)(nil), "a nil function": nilFunc(nil),
	} {
		err := BearerEditor(src)(t.Context(), newRequest(t, http.MethodGet, "https://api.vendor.com", nil))
		if !errors.Is(err, ErrInvalidConfig) {
			t.Errorf("%s: got %v, want ErrInvalidConfig", name, err)
		}
	}
}

func TestBearerEditor_tokenThatIsNoBearerIsRefused(t *testing.T) {
	for kind, ok := range map[string]bool{"": true, "Bearer": true, "bEARER": true, "MAC": false, "mac": false, "Basic": false, "DPoP": false} {
		req := newRequest(t, http.MethodGet, "https://api.vendor.com", nil)
		err := BearerEditor(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t1", TokenType: kind}))(t.Context(), req)
		if (err == nil) != ok || (!ok && !errors.Is(err, ErrMalformedResponse)) {
			t.Errorf("%q: got %v", kind, err)
		}
		if ok != (req.Header.Get("Authorization") == "Bearer t1") {
			t.Errorf("%q: header %q", kind, req.Header)
		}
	}
}
