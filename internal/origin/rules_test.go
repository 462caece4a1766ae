package origin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func request(t testing.TB, rawURL string) *http.Request {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{URL: u}
}

func allow(t testing.TB, hosts ...string) *Rules {
	t.Helper()
	r := &Rules{}
	for _, h := range hosts {
		r.Allow(mustParse(t, h))
	}
	return r
}

func TestRules_Check(t *testing.T) {
	r := allow(t, "api.vendor.com", "https://gw.corp.test:8443/vendor/", "[::1]:8080", "http://localhost:9090", "127.0.0.1", "kite_1.test")
	r.Refuse(mustParse(t, "https://api.vendor.com"), "/realms/x/token/", "the API is elsewhere")
	r.Refuse(mustParse(t, "https://login.vendor.com"), "", "this is the token endpoint")
	for _, u := range []string{
		"https://api.vendor.com/v1", "https://api.vendor.com:443/v1", "https://API.Vendor.COM/v1", "HTTPS://api.vendor.com", "https://api.vendor.com./v1",
		"https://api.vendor.com:/v1", "https://api.vendor.com:0443/v1", "https://api.vendor.com/realms/x/tokens", "https://gw.corp.test:8443/anything",
		"http://[::1]:8080/", "https://[0:0:0:0:0:0:0:1]:8080/", "http://localhost:9090/", "http://127.0.0.1:1234/", "https://127.0.0.1/",
		"http://[::ffff:127.0.0.1]:1234/", "https://KITE_1.test/",
	} {
		if err := r.Check(request(t, u)); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	for u, want := range map[string]string{
		"https://api.vendor.com:8443/v1":             "call the API's own host",
		"http://api.vendor.com/v1":                   "use https",
		"http://api.vendor.com:443/v1":               "use https",
		"https://api.vendor.com.evil.test/":          "call the API's own host",
		"https://evil.test/api.vendor.com":           "call the API's own host",
		"https://api.vendor@evil.test/":              "take the part before the @",
		"https://user:pw@api.vendor.com/":            "take the part before the @",
		"https://sub.api.vendor.com/":                "call the API's own host",
		"https://api.vendor.com../":                  "one ASCII name",
		"https://ａpi.vendor.com/":                    "one ASCII name", // full-width a, which IDNA would fold
		"https://" + kelvin + "ite_1.test/":          "one ASCII name",
		"https://gw.corp.test/anything":              "call the API's own host",
		"http://[::1]:8081/":                         "call the API's own host",
		"https://localhost:9090/":                    "call the API's own host",
		"http://127.0.0.2/":                          "call the API's own host",
		"http://127.1/":                              "one ASCII name",
		"http://0x7f000001/":                         "one ASCII name",
		"ftp://api.vendor.com/":                      "use https",
		"//api.vendor.com/":                          "use https",
		"/v1":                                        "give a full URL",
		"https:api.vendor.com":                       "give a full URL",
		"https://login.vendor.com/":                  "this is the token endpoint",
		"https://LOGIN.vendor.com.:443/":             "this is the token endpoint",
		"https://api.vendor.com/realms/x/token":      "the API is elsewhere",
		"https://api.vendor.com/realms/x/token/more": "the API is elsewhere",
		"https://api.vendor.com/realms/./x//token":   "the API is elsewhere",
		"https://api.vendor.com/a/../realms/x/token": "the API is elsewhere",
		"https://api.vendor.com/re%61lms/x%2ftoken":  "the API is elsewhere",
		"https://api.vendor.com/Realms/X/Token":      "the API is elsewhere",
		"https://api.vendor.com/realms;v=1/x/token;": "the API is elsewhere",
		"https://api.vendor.com/realms%5Cx%5Ctoken":  "the API is elsewhere",
		"https://api.vendor.com//realms/x/token":     "the API is elsewhere",
	} {
		var refusal *Refusal
		if err := r.Check(request(t, u)); !errors.As(err, &refusal) || !strings.Contains(refusal.Hint, want) {
			t.Errorf("%s: got %+v, want %q", u, err, want)
		}
	}
	if err := r.Check(&http.Request{}); err == nil {
		t.Error("a request without a URL may carry the token")
	}
}

// The URL Standard and net/netip know many spellings of one address. Rules refuse a URL in every
// spelling.
func TestRules_Check_respelledAddress(t *testing.T) {
	r := &Rules{}
	r.Refuse(mustParse(t, "https://[2001:db8::1]"), "", "hint")
	r.Refuse(mustParse(t, "https://192.0.2.1:8443"), "", "hint")
	for _, host := range []string{
		"[2001:db8::1]", "[2001:DB8:0:0:0:0:0:1]", "[2001:0db8::0001]:443", "192.0.2.1:8443", "[::ffff:192.0.2.1]:8443", "[::ffff:c000:201]:8443",
		"192.0.2.1.:8443", "3221225985:8443", "0xc0000201:8443", "192.0.513:8443", "192.0.2.01:8443",
	} {
		if r.Check(&http.Request{URL: &url.URL{Scheme: "https", Host: host}}) == nil {
			t.Errorf("%s may have the token", host)
		}
	}
}

func TestRules_Check_withoutHosts(t *testing.T) {
	var open, closed Rules
	open.Refuse(mustParse(t, "https://login.vendor.com"), "", "hint")
	closed.RefuseOthers("set APIURL")
	for u, ok := range map[string]bool{
		"https://anything.test/": true, "http://127.0.0.1:80/": true, "http://anything.test/": false, "https://login.vendor.com/x": false, "/v1": false,
	} {
		if err := open.Check(request(t, u)); (err == nil) != ok {
			t.Errorf("%s: got %v", u, err)
		}
		var refusal *Refusal
		if err := closed.Check(request(t, u)); !errors.As(err, &refusal) || refusal.Hint != "set APIURL" {
			t.Errorf("closed, %s: got %v", u, err)
		}
	}
}

func TestRules_Check_hostHeader(t *testing.T) {
	r := allow(t, "api.vendor.com", "other.vendor.com", "[::1]:8080")
	for _, tt := range []struct {
		url, host string
		ok        bool
	}{
		{"https://api.vendor.com/", "", true},
		{"https://api.vendor.com/", "api.vendor.com", true},
		{"https://api.vendor.com/", "API.vendor.com.:443", true},
		{"https://api.vendor.com:443/", "api.vendor.com", true},
		{"http://[::1]:8080/", "[0:0:0:0:0:0:0:1]:8080", true},
		{"https://api.vendor.com/", "other.vendor.com", false}, // allowed, but another tenant
		{"https://api.vendor.com/", "evil.test", false},
		{"https://api.vendor.com/", "api.vendor.com:8443", false},
		{"https://api.vendor.com/", "api.vendor.com:80", false},
		{"https://api.vendor.com/", "u@api.vendor.com", false},
		{"https://api.vendor.com/", "api.vendor.com/x", false},
		{"https://api.vendor.com/", "api.vendor.com evil.test", false},
		{"http://[::1]:8080/", "[::1]", false},
		{"https://evil.test/", "api.vendor.com", false},
	} {
		req := request(t, tt.url)
		req.Host = tt.host
		for name, rules := range map[string]*Rules{"listed": r, "open": {}} {
			if name == "open" && tt.url == "https://evil.test/" {
				continue
			}
			if err := rules.Check(req); (err == nil) != tt.ok {
				t.Errorf("%s with Host %q, %s: got %v", tt.url, tt.host, name, err)
			}
		}
	}
}

func TestRules_Check_opaqueURL(t *testing.T) {
	r := allow(t, "api.vendor.com", "other.vendor.com")
	r.Refuse(mustParse(t, "https://api.vendor.com"), "/oauth/token", "hint")
	for opaque, ok := range map[string]bool{
		"/v1/a%2Fb":                      true,
		"//api.vendor.com/v1":            true,
		"//API.vendor.com:443/v1":        true,
		"//other.vendor.com/x":           false,
		"//evil.test/x":                  false,
		"//api.vendor.com:8443/x":        false,
		"//u@api.vendor.com/x":           false,
		"///x":                           false,
		"https://api.vendor.com/x":       false,
		"api.vendor.com/x":               false,
		"x":                              false,
		"*":                              false,
		"/%zz":                           false,
		"/oauth/token":                   false,
		"//api.vendor.com/oauth/%74oken": false,
	} {
		req := &http.Request{URL: &url.URL{Scheme: "https", Host: "api.vendor.com", Opaque: opaque}}
		if err := r.Check(req); (err == nil) != ok {
			t.Errorf("%s: got %v", opaque, err)
		}
	}
}

func TestRules_PermitsChain(t *testing.T) {
	for _, tt := range []struct {
		listed, open bool
		urls         []string
	}{
		{true, true, []string{"https://a.test/1"}},
		{true, true, []string{"https://a.test/1", "https://A.test:443/2", "https://a.test./3"}},
		{true, false, []string{"https://a.test/1", "https://b.test/2", "https://a.test/3"}},
		{false, false, []string{"https://a.test/1", "https://evil.test/2", "https://a.test/3"}},
		{false, false, []string{"https://a.test/1", "http://a.test/2", "https://a.test/3"}},
		{false, false, []string{"https://a.test/1", "https://" + kelvin + "a.test/"}},
		{false, false, []string{"https://localhost/1", "http://localhost/2"}},
	} {
		var chain []*http.Request
		for _, u := range tt.urls {
			chain = append(chain, request(t, u))
		}
		if got := allow(t, "a.test", "b.test").PermitsChain(chain); got != tt.listed {
			t.Errorf("%v, listed: %t", tt.urls, got)
		}
		if got := (&Rules{}).PermitsChain(chain); got != tt.open {
			t.Errorf("%v, open: %t", tt.urls, got)
		}
	}
}

func TestRules_Add(t *testing.T) {
	a, b := allow(t, "a.test"), allow(t, "b.test")
	b.Refuse(mustParse(t, "c.test"), "", "hint")
	b.RefuseOthers("name one")
	a.Add(*b)
	for u, ok := range map[string]bool{"https://a.test": true, "https://b.test": true, "https://c.test": false, "https://d.test": false} {
		if err := a.Check(request(t, u)); (err == nil) != ok {
			t.Errorf("%s: got %v", u, err)
		}
	}
	if err := b.Check(request(t, "https://a.test")); err == nil {
		t.Error("Add changed the rules that were added")
	}
}

// Most requests take a short cut. It must not allow a request that the rules refuse, in any order
// of calls.
func TestRules_Check_shortCut(t *testing.T) {
	api := mustParse(t, "api.vendor.com")
	steps := map[string]func(*Rules){
		"allow":  func(r *Rules) { r.Allow(api) },
		"refuse": func(r *Rules) { r.Refuse(api, "/token", "hint") },
		"add": func(r *Rules) {
			var more Rules
			more.Refuse(api, "/token", "hint")
			r.Add(more)
		},
	}
	for _, order := range [][]string{{"allow", "refuse"}, {"refuse", "allow"}, {"allow", "add"}, {"add", "allow"}} {
		var r Rules
		for _, step := range order {
			steps[step](&r)
		}
		if r.Check(request(t, "https://api.vendor.com/v1")) != nil || r.Check(request(t, "https://api.vendor.com/token")) == nil {
			t.Errorf("%v: the rules do not hold", order)
		}
	}
}

// Rules without hosts have another short cut.
func TestRules_Check_shortCutWithoutHosts(t *testing.T) {
	var open Rules
	for _, host := range []string{"anything.test", "Any-thing_1.test.", "127.1", "0x7f000001", "1.2.3", "ex ample.test", "exämple.test", "a..b", "", "x:0", "[::1"} {
		req := &http.Request{URL: &url.URL{Scheme: "https", Host: host, Path: "/"}}
		_, want := open.check(req)
		if got := open.Check(req); (got == nil) != (want == nil) {
			t.Errorf("%q: the short cut says %v, the rules %v", host, got, want)
		}
	}
}

func TestRules_Check_allocatesNothing(t *testing.T) {
	r := allow(t, "other.example.com", "api.example.com", "[::1]:8080")
	r.Refuse(mustParse(t, "https://login.example.com"), "", "hint")
	for _, u := range []string{"https://api.example.com/v1", "https://other.example.com./v1", "https://Api.example.com:443/v1", "http://[0:0:0:0:0:0:0:1]:8080/v1"} {
		req := request(t, u)
		req.Host = strings.ToUpper(req.URL.Host)
		if n := testing.AllocsPerRun(100, func() {
			if err := r.Check(req); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", u, n)
		}
	}
}

func BenchmarkRules_Check(b *testing.B) {
	r := allow(b, "api.example.com")
	r.Refuse(mustParse(b, "https://login.example.com"), "", "hint")
	r.RefuseOthers("hint")
	for _, u := range []string{"https://api.example.com/v1/things", "https://Api.example.com:443/v1/things", "http://127.0.0.1:8080/v1"} {
		b.Run(u, func(b *testing.B) {
			req := request(b, u)
			req.Host = req.URL.Host
			b.ReportAllocs()
			for b.Loop() {
				_ = r.Check(req)
			}
		})
	}
}
