package keycloak

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestScopesOfADocument reads the document of a made-up vendor, so that the vendors' documents may
// change.
func TestScopesOfADocument(t *testing.T) {
	form := func(schema string) string {
		return `{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{"/token":{"post":{"operationId":"IssueToken",
			"requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":` + schema + `}}},"responses":{"200":{"description":"x"}}}},
			"/other":{"post":{"operationId":"Other","requestBody":{"content":{"application/json":{"schema":{"properties":{
			"scope":{"type":"string","enum":["other"]}}}}}},"responses":{"200":{"description":"x"}}}}}}`
	}
	for name, test := range map[string]struct {
		document string
		want     []string
	}{
		"none":     {form(`{"properties":{"grant_type":{"type":"string"}}}`), nil},
		"free":     {form(`{"properties":{"scope":{"type":"string"}}}`), nil},
		"constant": {form(`{"properties":{"scope":{"type":"string","enum":["b a"]}}}`), []string{"a", "b"}},
		"variants": {form(`{"oneOf":[{"properties":{"scope":{"type":"string","enum":["b"]}}},{"properties":{"scope":{"type":"string","enum":["a","b"]}}}]}`), []string{"a", "b"}},
	} {
		path := filepath.Join(t.TempDir(), "document.yaml")
		if err := os.WriteFile(path, []byte(test.document), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := scopesIn(path)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q %v, want %q", name, got, err, test.want)
		}
	}
	for realm := range Realms() {
		if _, err := documentedScopes(realm); err != nil {
			t.Errorf("%s: %v", realm, err)
		}
	}
}
