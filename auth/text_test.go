package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

func TestError_aboutAHostShowsNoPassword(t *testing.T) {
	for _, host := range []string{
		"user:hunter2@api.example.com", "https://user:hunter2@api.example.com", "https://user:hunter2%zz@api.example.com",
		"user:hunter2%40api.example.com", "https://api.example.com/?key=hunter2", "api.example.com?key=hunter2", "https://api.example.com#hunter2",
	} {
		if _, err := NewTokenSource(&mint{}, WithAPIHosts(host)); !errors.Is(err, ErrInvalidConfig) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", host, err)
		}
		req := newRequest(t, http.MethodGet, "https://api.example.com", nil)
		if err := BearerEditor(newSource(t, &mint{}), host)(t.Context(), req); !errors.Is(err, ErrInvalidConfig) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: BearerEditor got %v", host, err)
		}
	}
	// A URL that was put together by hand.
	req := &http.Request{URL: &url.URL{Scheme: "https", Host: "user:hunter2@api.example.com"}}
	if err := newSource(t, &mint{}).Authorize(t.Context(), req); !errors.Is(err, ErrHostNotAllowed) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	if _, err := NewTokenSource(&mint{}, WithAPIHosts("*.example.com")); !strings.Contains(err.Error(), `"*.example.com"`) {
		t.Errorf("what is harmless should be named: %v", err)
	}
}

func TestError_isOneLine(t *testing.T) {
	_, several := NewTokenSource(&mint{}, WithRefreshWindow(-1), WithRequestTimeout(-1), WithAPIHosts("*"))
	joined := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return nil, errors.Join(io.ErrUnexpectedEOF, errors.New("second"), context.DeadlineExceeded)
	}))
	_, fromGrant := joined.Token()
	edit := BearerEditor(nil, "*", "a b")(t.Context(), newRequest(t, http.MethodGet, "https://api.test", nil))
	for name, err := range map[string]error{
		"several options": several, "a Grant's joined errors": fromGrant, "BearerEditor": edit,
		"odd fields": &Error{Vendor: "a\nb", Op: "c\r", Code: "d\u2028", Hint: "e\u0085f\u009b"},
	} {
		if text := err.Error(); strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 }) {
			t.Errorf("%s: %q", name, text)
		}
	}
	if n := strings.Count(several.Error(), "; "); n < 2 || !errors.Is(several, ErrInvalidConfig) {
		t.Errorf("got %v", several)
	}
	if !errors.Is(fromGrant, io.ErrUnexpectedEOF) || !errors.Is(fromGrant, context.DeadlineExceeded) || !strings.Contains(fromGrant.Error(), "unexpected EOF; second; ") {
		t.Errorf("got %v", fromGrant)
	}
}

func TestNewTransportError_showsNothingThatNetHTTPQuotes(t *testing.T) {
	for text, want := range map[string]string{
		`malformed HTTP response "{\"access_token\":\"t0p\"}"`:           `malformed HTTP response [redacted]`,
		`malformed MIME header line: access_token=t0p and more`:          `malformed MIME header line: [redacted]`,
		`unsupported transfer encoding: "gzip"`:                          `unsupported transfer encoding: "gzip"`,
		`unsupported transfer encoding: "t0p-secret-token"`:              `unsupported transfer encoding: "[redacted]"`,
		`http2: server sent GOAWAY; ErrCode=PROTOCOL, debug="t0p token"`: `http2: server sent GOAWAY; ErrCode=PROTOCOL, debug="[redacted]"`,
		`dial tcp 127.0.0.1:1: connect: connection refused`:              `dial tcp 127.0.0.1:1: connect: connection refused`,
	} {
		if got := NewTransportError("v", "op", errors.New(text)).Err.Error(); got != want {
			t.Errorf("%s\n  became %s\n  want   %s", text, got, want)
		}
	}
	authority := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	named := fmt.Errorf("(candidate authority %q): %w", "Corporate Root CA", authority)
	if err := NewTransportError("v", "op", named); err.Err != named {
		t.Errorf("a certificate's error became %v", err)
	}
	if err := NewTransportError("v", "op", io.ErrUnexpectedEOF); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("an error is lost")
	}
}

func TestError_cancelledCallIsNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{before: failing(1, 99, NewTransportError("test", "x", &net.DNSError{Err: "i/o timeout", IsTimeout: true}))})
		for cancelled, want := range map[bool]bool{true: false, false: true} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if cancelled {
				time.AfterFunc(time.Second/2, cancel)
			}
			_, err := s.TokenContext(ctx)
			var n net.Error
			if !errors.As(err, &n) || n.Timeout() != want || errors.Is(err, context.Canceled) != cancelled {
				t.Errorf("cancelled: %v, got %v", cancelled, err)
			}
		}
	})
}

func TestError_retrieveErrorHasTheURIToo(t *testing.T) {
	var r *oauth2.RetrieveError
	if err := error(&Error{StatusCode: 400, Code: "invalid_scope", URI: "https://vendor.test/scopes"}); !errors.As(err, &r) || r.ErrorURI != "https://vendor.test/scopes" {
		t.Errorf("got %+v", r)
	}
}
