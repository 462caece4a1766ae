package origin

import (
	"net/url"
	"strings"
	"testing"
)

// kelvin is U+212A. strings.EqualFold and IDNA mappings treat it as a k.
const kelvin = "\u212a"

func mustParse(t testing.TB, s string) Origin {
	t.Helper()
	o, err := Parse(s)
	if err != nil {
		t.Fatalf("%s %v", s, err)
	}
	return o
}

func TestParse_spellings(t *testing.T) {
	for s, want := range map[string]string{
		"api.example.com":                      "api.example.com",
		"API.Example.com.":                     "api.example.com",
		"api.example.com:443":                  "api.example.com",
		"api.example.com:0443":                 "api.example.com",
		"api.example.com:":                     "api.example.com",
		"api.example.com:8443":                 "api.example.com:8443",
		"my_service.internal":                  "my_service.internal",
		"xn--bcher-kva.example":                "xn--bcher-kva.example",
		"https://gw.example:8443/vendor":       "gw.example:8443",
		"HTTPS://GW.example":                   "gw.example",
		"localhost":                            "localhost",
		"localhost.":                           "localhost",
		"127.0.0.1:9090":                       "127.0.0.1:9090",
		"http://127.0.0.1":                     "http://127.0.0.1",
		"http://localhost:9090/x":              "http://localhost:9090",
		"[::1]:8080":                           "[::1]:8080",
		"https://[0:0:0:0:0:0:0:1]:8080":       "[::1]:8080",
		"http://[::ffff:127.0.0.1]:8080/":      "http://127.0.0.1:8080",
		"[::ffff:c000:0201]":                   "192.0.2.1",
		"https://[2001:DB8:0::1]":              "[2001:db8::1]",
		"https://api.example.com/realms/x%2Fy": "api.example.com",
	} {
		if o, err := Parse(s); err != nil || o.String() != want {
			t.Errorf("%s became %q, %v; want %s", s, o.String(), err, want)
		}
	}
}

// If a URL's host can be read in two ways, some other program reads it in the other way.
func TestParse_refused(t *testing.T) {
	for _, s := range []string{
		"", " ", "a b", "*.example.com", "api.example.com/v1", "api.example.com?x", "user@api.example.com",
		"http://api.example.com", "ftp://api.example.com", "https://", "https:///x", "://", "https://u:p@api.example.com",
		"https://api.example.com?x=1", "https://api.example.com#x", "https://api.example.com/%2e%2e/x", `https:\\api.example.com`,
		"bücher.example", "https://bücher.example", kelvin + "ite.example", "https://" + kelvin + "ite.example",
		"%61pi.example.com", ".example.com", "api..example.com", "api.example.com..", ".", "-api.example.com",
		"api.example.com:0", "api.example.com:65536", "api.example.com:https", "api.example.com:x.evil.com", "api.example.com:+443",
		"api.example.com:443:443", "[api.example.com]", "[api.example.com]evil.com", "[::1]evil.com", "[::1", "::1", "[::1]:x", "[]", "[fe80::1%25eth0]",
		"[127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0x7f.1", "010.0.0.1", "127.0.0.1.", "1.2.3.4.5", "api.example.0x", "api.example.1",
	} {
		if o, err := Parse(s); err == nil {
			t.Errorf("%q became %s", s, o.String())
		}
	}
}

func TestParse_errorQuotesNothing(t *testing.T) {
	for _, s := range []string{"user:hunter2@api.example.com", "https://user:hunter2@api.example.com", "hunter2%zz", "https://h?hunter2", "http://hunter2"} {
		if _, err := Parse(s); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", s, err)
		}
	}
}

// A program can put hosts into a url.URL that net/url would not parse.
func TestOf_handBuilt(t *testing.T) {
	for _, host := range []string{
		"api.example.com:x.evil.com", "[api.example.com]evil.com", "[::1]evil.com", "api.example.com@evil.com", "user:pw@api.example.com",
		"api.example.com/x", "api.example.com?x", "api.example.com#x", `api.example.com\evil.com`, "api.example.com evil.com", "api.example.com\x00",
		"evil.com,api.example.com", "api%2eexample.com", kelvin + "ite.example", "api.example.com::443", "::1", "",
	} {
		if o, err := Of(&url.URL{Scheme: "https", Host: host}); err == nil {
			t.Errorf("%q became %s", host, o.String())
		}
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://h/a", "https://H.:443/b", true},
		{"http://localhost", "http://LOCALHOST:80/", true},
		{"https://[::1]", "https://[0:0:0:0:0:0:0:1]:443", true},
		{"http://[::ffff:127.0.0.1]:80", "http://127.0.0.1", true},
		{"https://my_host", "https://MY_HOST", true},
		{"https://localhost", "http://localhost", false},
		{"https://h", "https://h:444", false},
		{"https://h", "https://i", false},
		{"https://[::1]", "https://[::2]", false},
		{"https://localhost", "https://127.0.0.1", false},
	} {
		a, b := mustParse(t, tt.a), mustParse(t, tt.b)
		if a.Equal(&b) != tt.want || b.Equal(&a) != tt.want || !a.Equal(&a) {
			t.Errorf("%s and %s: %t", tt.a, tt.b, a.Equal(&b))
		}
	}
	var zero Origin
	if h := mustParse(t, "h"); zero.Equal(&zero) || zero.Equal(&h) || !zero.IsZero() || h.IsZero() {
		t.Error("the zero Origin is taken for an origin")
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "128.0.0.1": false, "localhost.example": false, "::2": false, "127.1": false, "localhost\u200d": false,
	} {
		if IsLoopback(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}

func TestParseBase(t *testing.T) {
	for raw, want := range map[string]string{
		"https://login.example":          "https://login.example/",
		"https://login.example/base":     "https://login.example/base/",
		"https://login.example/a/../b//": "https://login.example/b/",
		"https://login.example:8443/x/":  "https://login.example:8443/x/",
		"http://127.0.0.1:8080/gw":       "http://127.0.0.1:8080/gw/",
	} {
		if b, err := ParseBase(raw); err != nil || b.String() != want {
			t.Errorf("%s became %q, %v; want %s", raw, b.String(), err, want)
		}
	}
	for raw, want := range map[string]string{
		"login.example":                  "absolute",
		"/base":                          "absolute",
		"https://login.example/ x":       "white space",
		"https://login.example\n":        "white space",
		"https://u@login.example":        "user name",
		"https://login.example?":         "query",
		"https://login.example#":         "query",
		"https://login.example/%2E%2e":   "percent-encoded dot",
		"https://login.example:":         "port",
		"https://login.example:0":        "port",
		"https:opaque":                   "not a URL",
		"http://login.example":           "not https",
		"https://bücher.example":         "ASCII",
		"https://" + kelvin + "ite.test": "ASCII",
	} {
		if b, err := ParseBase(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s became %q, %v; want %q", raw, b.String(), err, want)
		}
	}
}
