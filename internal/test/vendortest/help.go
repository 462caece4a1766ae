package vendortest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// testHelp checks that all errors of a vendor link to the same page.
func (v Vendor[C, G, T]) testHelp(t *testing.T) {
	var help *string
	want := func(from string, err error) {
		t.Helper()
		var e *auth.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *auth.Error", from, err)
			return
		}
		if help == nil {
			help = &e.Help
		}
		if e.Vendor != v.Name || e.Help != *help || (e.Kind != nil && !strings.Contains(e.Error(), e.Help)) {
			t.Errorf("%s: vendor %q, help %q, want %q, %q as everywhere", from, e.Vendor, e.Help, v.Name, *help)
		}
	}
	var empty C
	_, err := v.NewGrant(empty)
	want("the Config", err)
	Setenv(t, strings.ToUpper(v.Name)+"_", nil)
	_, err = v.ConfigFromEnv()
	want("the environment", err)
	c := v.Documented(t, "")
	_, err = v.Ask(v.Grant(t, c), With(t, Stub(http.StatusBadRequest, "{}")))
	want("an answer", err)
	broken := RoundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") })
	_, err = v.Ask(v.Grant(t, c), With(t, &http.Client{Transport: broken}))
	want("a request without an answer", err)
	_, err = v.source(t, c, auth.WithHTTPClient(Stub(http.StatusUnauthorized, ""))).Token()
	want("a token source", err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = v.source(t, c, auth.WithHTTPClient(Silent())).TokenContext(ended)
	want("a caller who gave up", err)
	_, err = v.NewTokenSource(c, auth.WithRefreshWindow(-1))
	want("an option", err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://elsewhere.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	want("a host", v.source(t, c).Authorize(t.Context(), req))
}
