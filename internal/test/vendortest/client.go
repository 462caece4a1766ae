package vendortest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// RoundTrip is an http.RoundTripper that calls a function, for addresses that are not on loopback.
type RoundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f RoundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Stub returns a client that answers every request with body, which is JSON, without any network.
func Stub(status int, body string) *http.Client {
	return &http.Client{Transport: RoundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}
}

// Silent returns a client whose requests get no answer.
func Silent() *http.Client {
	return &http.Client{Transport: RoundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})}
}

// With returns the test's context with a client for token requests.
func With(t testing.TB, c *http.Client) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, c)
}

// WantFailure fails unless err is an *auth.Error of this vendor, op and kind whose hint contains
// hint.
func WantFailure(t testing.TB, err error, vendor, op string, kind error, hint string) {
	t.Helper()
	var e *auth.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T %v, want an *auth.Error", err, err)
	}
	if e.Vendor != vendor || e.Op != op {
		t.Errorf("vendor %q, op %q, want %q, %q", e.Vendor, e.Op, vendor, op)
	}
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
	if e.Hint == "" || !strings.Contains(e.Hint, hint) {
		t.Errorf("hint %q, want one with %q", e.Hint, hint)
	}
}

// WantText fails unless text contains part.
func WantText(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("got %q, want %q in it", text, part)
	}
}
