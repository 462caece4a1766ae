package auth

import (
	"context"
	"errors"
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

	"github.com/finsdk/finsdk-go/internal/errorlist"
)

func TestErrorAboutAHostShowsNoPassword(t *testing.T) {
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

func TestEveryErrorIsOneLine(t *testing.T) {
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
	var f errorlist.List
	if wrapped := error(errorlist.List{io.EOF, &Error{Err: errorlist.List{io.ErrNoProgress}}}); !errors.Is(wrapped, io.ErrNoProgress) || errors.As(io.EOF, &f) {
		t.Error("what is inside is not found")
	}
}

func TestRedactedTextIsOneShortLine(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 1000), strings.Repeat("é", 1000), strings.Repeat("€", 1000), strings.Repeat("\xff", 1000)} {
		if got := Redact(text); len(got) > 512 || len(got) < 505 || !strings.HasSuffix(got, "…") || strings.Contains(got[:506], "�") != (text[0] == 0xff) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
	if got := Redact(strings.Repeat("x", 512)); len(got) != 512 || strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := Redact("a\u0085b\u2028c\u009bd\u2029e\tf\x00g\x7fh"); got != "a b c d e f g h" {
		t.Errorf("got %q", got)
	}
	if got := Redact("it is my\r\nsecret\tpass phrase", "my  secret", "secret pass"); strings.Contains(got, "my") || strings.Contains(got, "pass ") {
		t.Errorf("a secret over two lines: %q", got)
	}
}

func TestProseAboutBearerAndBasicIsNoToken(t *testing.T) {
	for _, text := range []string{
		"basic authentication is not supported", "Basic Authentication required", "Bearer authorization.", "bearer credentials expired",
		"BEARER CHALLENGES", "basic authorisation", "no bearer expected",
	} {
		if got := Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if err := errors.New(text); RedactError(err) != err {
			t.Errorf("%q lost its type", text)
		}
	}
	for _, text := range []string{
		"Bearer supersecret", "basic authenticationX", "Bearer authentication-4711", "Bearer credentials=4711", "Basic Authentication Bearer abcdefgh",
		"bearer authentication/abc", "Basic YXV0aGVudGljYXRpb24=",
	} {
		if got := Redact(text); !strings.HasSuffix(got, redacted) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestCancelledCallIsNoTimeoutWhateverFailedBefore(t *testing.T) {
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

func TestRetrieveErrorHasTheURIToo(t *testing.T) {
	var r *oauth2.RetrieveError
	if err := error(&Error{StatusCode: 400, Code: "invalid_scope", URI: "https://vendor.test/scopes"}); !errors.As(err, &r) || r.ErrorURI != "https://vendor.test/scopes" {
		t.Errorf("got %+v", r)
	}
}
