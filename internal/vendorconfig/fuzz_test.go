package vendorconfig

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// A base URL that is taken leads, whatever is added to it, to its own host and below its own path.
func FuzzBaseURL(f *testing.F) {
	for _, s := range []string{"https://login.vendor.test", "https://a@b", "http://127.0.0.1:80/x/", "https://h/../..", "https://h//x", "https:\\h", "https://h/%2e%2e/", "https://h/%2e//h", "https://h/a%2F%2Fb", "//h", "https://[::1]/", "https://h:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, problem := parseBase(raw)
		if problem != "" {
			return
		}
		base := u.String()
		again, problem := parseBase(base)
		if problem != "" || again.String() != base {
			t.Errorf("%q became %q, which became %v: %s", raw, base, again, problem)
		}
		parsed, err := url.Parse(base)
		if err != nil || !strings.HasSuffix(base, "/") || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
			t.Fatalf("%q became %q, %v", raw, base, err)
		}
		endpoint, err := parsed.Parse("./realms/x/protocol/openid-connect/token")
		if err != nil || endpoint.Host != parsed.Host || !strings.HasPrefix(endpoint.EscapedPath(), path.Clean(parsed.EscapedPath())) || !strings.HasSuffix(endpoint.Path, "/realms/x"+TokenPath) {
			t.Errorf("%q leads to %v, %v", raw, endpoint, err)
		}
		if parsed.Scheme != "https" && (parsed.Scheme != "http" || !auth.IsLoopback(strings.TrimSuffix(parsed.Hostname(), "."))) {
			t.Errorf("%q is taken", raw)
		}
		if originOf(base) == "" {
			t.Errorf("%q has no origin", base)
		}
	})
}

// A segment that is taken is one segment of a path, and stands in it as it is.
func FuzzSegment(f *testing.F) {
	for _, s := range []string{"sti-connector", "customer", "..", "x/../../admin", "%2e%2e", "a.b", "-", "é", "", strings.Repeat("a", 129)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !IsSegment(s) {
			return
		}
		u, err := url.Parse("https://h/base/realms/" + s + "/token")
		if err != nil || u.EscapedPath() != "/base/realms/"+s+"/token" || path.Clean(u.Path) != u.Path || url.PathEscape(s) != s {
			t.Errorf("%q leads to %v, %v", s, u, err)
		}
		if len(s) > maxSegment {
			t.Errorf("%d characters are taken", len(s))
		}
	})
}
