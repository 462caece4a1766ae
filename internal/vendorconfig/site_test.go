package vendorconfig

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestStoreKeyFollowsFromEverythingButTheSecret(t *testing.T) {
	site := func(vendor, endpoint string, identity ...string) string {
		s := Site{Vendor: vendor, Endpoint: &url.URL{Path: endpoint}, Identity: identity}
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
