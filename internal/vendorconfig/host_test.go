package vendorconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestSameOrigin(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://h/a", "https://H.:443/b", true}, {"http://h", "http://h:80/", true}, {"https://[::1]", "https://[::1]:443", true},
		{"https://h", "http://h", false}, {"https://h", "https://h:444", false}, {"https://h", "https://i", false}, {"", "", false}, {"https://h", "", false},
	} {
		if got := SameOrigin(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %t", tt.a, tt.b, got)
		}
	}
}

func TestStoreKeyFollowsFromEverythingButTheSecret(t *testing.T) {
	site := func(vendor, endpoint string, identity ...string) string {
		s := Site{Vendor: vendor, Endpoint: endpoint, Identity: identity}
		return s.storeKey()
	}
	keys := []string{
		site("v", "e", "a"), site("w", "e", "a"), site("v", "f", "a"), site("v", "e", "b"), site("v", "e", "a", ""), site("v", "e", "a", "b"),
		site("v", "e", "a\"\"b"), site("v", "ea"), site("v", "e"),
	}
	for i, k := range keys {
		if !strings.HasPrefix(k, "finsdk:") || len(k) > 60 || slices.Contains(keys[:i], k) {
			t.Errorf("%d: %s is no key of its own", i, k)
		}
	}
	if site("v", "e", "a") != keys[0] {
		t.Error("the key changes")
	}
}
