package origin

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzParseBase checks that every path appended to a valid base URL stays on its host and below its
// path.
func FuzzParseBase(f *testing.F) {
	for _, s := range []string{"https://login.vendor.test", "https://a@b", "http://127.0.0.1:80/x/", "https://h/../..", "https://h//x", "https:\\h",
		"https://h/%2e%2e/", "https://h/%2e//h", "https://h/a%2F%2Fb", "//h", "https://[::1]/", "https://h:0", "https://h_1", "http://[::ffff:127.0.0.1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		b, err := ParseBase(raw)
		if err != nil {
			return
		}
		base := b.String()
		if again, err := ParseBase(base); err != nil || again.String() != base || !again.Equal(&b.Origin) {
			t.Errorf("%q became %q, which became %q: %v", raw, base, again.String(), err)
		}
		parsed, err := url.Parse(base)
		if err != nil || !strings.HasSuffix(base, "/") || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
			t.Fatalf("%q became %q, %v", raw, base, err)
		}
		const token = "realms/x/protocol/openid-connect/token"
		endpoint, err := parsed.Parse("./" + token)
		if err != nil || endpoint.Host != parsed.Host || !strings.HasPrefix(endpoint.EscapedPath(), path.Clean(parsed.EscapedPath())) ||
			!strings.HasSuffix(endpoint.Path, "/"+token) {
			t.Errorf("%q leads to %v, %v", raw, endpoint, err)
		}
		if parsed.Scheme != "https" && (parsed.Scheme != "http" || !IsLoopback(strings.TrimSuffix(parsed.Hostname(), "."))) {
			t.Errorf("%q is taken", raw)
		}
	})
}

// FuzzRules checks that Rules allow a request only if net/http dials the allowed host for it.
func FuzzRules(f *testing.F) {
	for _, s := range []string{"api.vendor.com", "api.vendor.com.evil.test", "api.vendor.com@evil.test", "API.VENDOR.COM.:443", "[::1]", "api.vendor.com:0443",
		"api.vendor.com%2eevil.test", "api.vendor.com:x.evil.com", "[api.vendor.com]evil.com", "api.vendor.com\t", "аpi.vendor.com", "127.0.0.1:8080", "[::ffff:127.0.0.1]"} {
		f.Add("https", s, s, "")
		f.Add("HTTP", "api.vendor.com", s, "//"+s)
	}
	listed, open := allow(f, "api.vendor.com"), &Rules{}
	f.Fuzz(func(t *testing.T, scheme, host, header, opaque string) {
		req := &http.Request{URL: &url.URL{Scheme: scheme, Host: host, Opaque: opaque, Path: "/"}, Host: header}
		https := strings.EqualFold(scheme, "https")
		if _, err := listed.check(req); (err == nil) != (listed.Check(req) == nil) {
			t.Errorf("%q, %q, %q, %q: the short cut lets it pass, and check says %v", scheme, host, header, opaque, err)
		}
		if listed.Check(req) == nil {
			for _, dialled := range []string{host, header} {
				u := &url.URL{Host: dialled}
				name, port := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), strings.TrimLeft(u.Port(), "0")
				if dialled != "" && (name != "api.vendor.com" || (port != "" && port != "443")) || !https {
					t.Errorf("%q, %q, %q, %q may have the token", scheme, host, header, opaque)
				}
			}
			if to, err := url.Parse(req.URL.RequestURI()); err != nil || (to.Host != "" && !strings.HasPrefix(strings.ToLower(to.Host), "api.vendor.com")) {
				t.Errorf("%q, %q, %q leads to %v, %v", scheme, host, opaque, to, err)
			}
		}
		if u := req.URL; open.Check(req) == nil && !https && !IsLoopback(strings.TrimSuffix(u.Hostname(), ".")) {
			t.Errorf("%q, %q may have the token in the clear", scheme, host)
		}
		if o, err := Parse(host); err == nil {
			if again, err := Parse(o.String()); err != nil || again.String() != o.String() {
				t.Errorf("%q became %s, which became %s, %v", host, o.String(), again.String(), err)
			}
		}
	})
}
