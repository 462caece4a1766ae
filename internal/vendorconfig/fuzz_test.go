package vendorconfig

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzSegment checks that an accepted segment is one segment of a path, unchanged.
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
