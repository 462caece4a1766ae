package dialect

import (
	"slices"
	"strings"
	"testing"
)

func TestParseMembers(t *testing.T) {
	for body, want := range map[string]int{
		`{}`: 0, ` { "a" : 1 } `: 1, "\xef\xbb\xbf{\"a\":1}": 1, " \xef\xbb\xbf {}": 0, `{"a":1,"A":2}`: 2, `{"a":1,"a":1}`: 1,
		`{"a":1,"a":2}`: -1, `{"a":1,}`: -1, `{"a"}`: -1, `{a:1}`: -1, `[]`: -1, `null`: -1, ``: -1, `{}{}`: -1, `{} x`: -1, `{"a":01}`: -1, `{'a':1}`: -1,
		strings.Repeat(`{"a":`, 20000): -1, strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000): -1,
	} {
		m, err := ParseMembers([]byte(body))
		if (want < 0) != (err != nil) || (want >= 0 && len(m) != want) {
			t.Errorf("%.40q: %d members, %v, want %d", body, len(m), err, want)
		}
	}
}

func TestFault(t *testing.T) {
	for body, want := range map[string][2]string{
		`{"error":"c","error_description":"d"}`:                      {"c", "d"},
		`{"error":"c","error_description":"d","message":"m"}`:        {"c", "d"},
		`{"error":"c","message":"m","hint":"h"}`:                     {"c", "m (h)"},
		`{"message":{"description":"d"}}`:                            {"", "d"},
		`{"message":"m"}`:                                            {"", "m"},
		`{"message":["m"]}`:                                          {"", ""},
		`{"error":{"code":"c","message":"m"}}`:                       {"c", "m"},
		`{"error":{"code":7,"message":{"description":"d"}}}`:         {"", "d"},
		`{"error":7,"error_description":7,"message":null,"hint":""}`: {"", ""},
	} {
		m, err := ParseMembers([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, description := fault(m); code != want[0] || description != want[1] {
			t.Errorf("%s: %q, %q", body, code, description)
		}
	}
	if code, description := fault(nil); code != "" || description != "" {
		t.Errorf("nothing: %q, %q", code, description)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		scope any
		want  []string
	}{
		{"a b", []string{"a", "b"}}, {"  a   b ", []string{"a", "b"}}, {"", nil}, {nil, nil}, {7.0, nil},
		{[]any{"a", "b", 7}, []string{"a", "b"}},
	} {
		if got := Words(tt.scope); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.scope, got, tt.want)
		}
	}
}

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
