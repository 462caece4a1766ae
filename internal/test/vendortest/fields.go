package vendortest

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// WantFields fails unless err is an ErrInvalidConfig of the vendor about exactly these fields,
// given as "Field ENV", and quotes none of the values, except short ones.
func WantFields(t testing.TB, err error, vendor string, want []string, values ...string) {
	t.Helper()
	var e *auth.Error
	if !errors.As(err, &e) || !errors.Is(err, auth.ErrInvalidConfig) {
		t.Fatalf("got %v, want ErrInvalidConfig", err)
	}
	if e.Vendor != vendor || e.Op == "" || e.Hint == "" || e.StatusCode != 0 {
		t.Errorf("the error lacks vendor, op or hint: %v", err)
	}
	var got []string
	for _, f := range auth.FieldErrors(err) {
		got = append(got, f.Field+" "+f.Env)
		if f.Problem == "" || !strings.Contains(err.Error(), f.Field) || !strings.Contains(err.Error(), f.Env) {
			t.Errorf("the text does not name %s and %s: %v", f.Field, f.Env, err)
		}
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("problems of [%s], want [%s]: %v", strings.Join(got, ", "), strings.Join(want, ", "), err)
	}
	for _, v := range values {
		if len(v) > 6 && !strings.HasSuffix(v, "_") && strings.Contains(err.Error(), v) {
			t.Errorf("the text quotes the value %q: %v", v, err)
		}
	}
	var first *auth.FieldError
	if len(want) > 0 && !errors.As(err, &first) {
		t.Errorf("errors.As finds no FieldError in %v", err)
	}
}

// BadBaseURLs are invalid AuthURLs and APIURLs, with the reasons.
var BadBaseURLs = map[string]string{
	"plain http":               "http://login.vendor.test",
	"plain http to an address": "http://192.0.2.1",
	"relative":                 "/base",
	"no scheme":                "login.vendor.test",
	"host and port alone":      "login.vendor.test:443",
	"user name":                "https://user:hunter2@login.vendor.test",
	"user name as host":        "https://login.vendor.test@evil.test",
	"loopback as user name":    "http://127.0.0.1@evil.test",
	"loopback as prefix":       "http://127.0.0.1.evil.test",
	"localhost as prefix":      "http://localhost.evil.test",
	"query":                    "https://login.vendor.test/?a=b",
	"empty query":              "https://login.vendor.test?",
	"fragment":                 "https://login.vendor.test/#x",
	"empty fragment":           "https://login.vendor.test#",
	"other scheme":             "ftp://login.vendor.test",
	"opaque":                   "https:login.vendor.test",
	"no host":                  "https:///path",
	"port alone":               "https://:443",
	"nothing as port":          "https://login.vendor.test:",
	"port out of range":        "https://login.vendor.test:65536",
	"port 0":                   "https://login.vendor.test:0",
	"words as port":            "https://login.vendor.test:https",
	"line break":               "https://login.vendor.test\n",
	"inner line break":         "https://login.vendor.test/a\r\nHost: evil.test",
	"space around":             " https://login.vendor.test",
	"space inside":             "https://login.vendor.test/a b",
	"backslash":                `https://login.vendor.test\@evil.test`,
	"wildcard":                 "https://*.vendor.test",
	"encoded dots in the path": "https://login.vendor.test/%2e%2E/base",
	"not ASCII":                "https://lögin.vendor.test",
	"escaped host":             "https://login%2evendor.test",
	"bad escape":               "https://login.vendor.test/%zz",
	"zone":                     "http://[::1%25eth0]",
	"not UTF-8":                "https://login.vendor.test/\xff",
}

// BadSegments are invalid realms and mandators.
var BadSegments = []string{
	"x/../../admin", "..", ".", "...", "../x", "x/y", "x%2fy", "%2e%2e", "x?y", "x#y", "x;y", "x\\y", "x y", " x", "x\n",
	"\x00", "realm\u202e", "réalm", "-x", "_x", ".x", "x:y", "x@y", "{realm}", strings.Repeat("a", 129),
}

// GoodBaseURLs are valid AuthURLs and APIURLs.
var GoodBaseURLs = []string{
	"https://login.vendor.test", "https://login.vendor.test/", "https://login.vendor.test:8443/a/b", "HTTPS://LOGIN.vendor.test",
	"https://login.vendor.test./", "https://192.0.2.1", "https://[2001:db8::1]:8443/x", "https://xn--lgin-5qa.vendor.test",
	"http://127.0.0.1:8080/base/", "http://localhost", "http://[::1]:9000", "http://127.8.9.1", "https://login.vendor.test/a%2Fb",
}

// Setenv sets the variables of env, and unsets all others that start with prefix.
func Setenv(t *testing.T, prefix string, env map[string]string) {
	t.Helper()
	for _, line := range os.Environ() {
		if name, _, _ := strings.Cut(line, "="); strings.HasPrefix(name, prefix) {
			t.Setenv(name, "")
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
}
