package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// renderings are all the ways in which a value may end up in a log.
func renderings(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		out[verb] = fmt.Sprintf(verb, v)
		out["slice "+verb] = fmt.Sprintf(verb, []any{v})
		out["pointer "+verb] = fmt.Sprintf(verb, &v)
	}
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("x", "v", v)
	out["slog text"], out["slog json"] = text.String(), js.String()
	if b, err := json.Marshal(v); err == nil {
		out["json"] = string(b)
	}
	if b, err := xml.Marshal(v); err == nil {
		out["xml"] = string(b)
	}
	return out
}

func TestLeak_nothingPrintsASecret(t *testing.T) {
	wantHushed(t, "Secret", NewSecret(hush))
	wantHushed(t, "a struct with a Secret", struct {
		Name   string
		Secret Secret
		Ptr    *Secret
	}{"n", NewSecret(hush), ptr(NewSecret(hush))})
	wantHushed(t, "a map of Secrets", map[string]Secret{"a": NewSecret(hush)})

	// A Grant that does everything wrong with what it was given.
	leaky := func(err func(secret string) error) Grant {
		return GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			if err := UseSecret(ctx, NewSecret(hush)); err != nil {
				return nil, err
			}
			return nil, err(hush)
		})
	}
	for name, err := range map[string]func(secret string) error{
		"a plain error":   func(s string) error { return errors.New("bad secret " + s + " and token " + hushToken) },
		"a wrapped error": func(s string) error { return fmt.Errorf("x: %w", fmt.Errorf("secret=%s", url.QueryEscape(s))) },
		"an auth.Error":   func(s string) error { return &Error{StatusCode: 401, Description: "no such secret " + s} },
		"a wrapped Error": func(s string) error {
			return fmt.Errorf("with %s: %w", s, &Error{StatusCode: 400, Code: "invalid_client"})
		},
		"a cause in Error": func(s string) error { return &Error{Kind: ErrUnavailable, Err: errors.New("sent " + s)} },
		"a url.Error": func(s string) error {
			return &url.Error{Op: "Post", URL: "https://x?client_secret=" + url.QueryEscape(s), Err: errors.New(s)}
		},
		"a panic":           func(s string) error { panic("secret " + s + hushToken) },
		"a panic of errors": func(s string) error { panic(fmt.Errorf("secret %s", s)) },
		"json escaped":      func(s string) error { b, _ := json.Marshal(s); return errors.New(string(b)) },
	} {
		var log bytes.Buffer
		r := &recorder{}
		s := newSource(t, leaky(err), WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			WithObserver(r))
		var got error
		synctest.Test(t, func(t *testing.T) { // returns when the source's goroutines have ended
			s.born = time.Now()
			_, got = s.Token()
		})
		if got == nil {
			t.Fatal("no error")
		}
		wantHushed(t, name, got)
		for unwrapped := errors.Unwrap(got); unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
			wantHushed(t, name+", unwrapped", unwrapped)
		}
		if m, ok := got.(interface{ Unwrap() []error }); ok {
			for _, e := range m.Unwrap() {
				wantHushed(t, name+", unwrapped", e)
			}
		}
		if shows(log.String(), hush) || strings.Contains(log.String(), "s3cr3t") {
			t.Errorf("%s: the log shows it: %s", name, log.String())
		}
		for _, e := range r.events {
			wantHushed(t, name+", event", e)
		}
		s.Invalidate(&oauth2.Token{AccessToken: "none"})
		wantHushed(t, name+", TokenSource", s)
	}
}

func TestLeak_sourceInAForeignStructShowsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: hushToken, RefreshToken: hush, Expiry: time.Now().Add(time.Hour)}, nil
		}))
		tok, err := s.Token()
		if err != nil {
			t.Fatal(err)
		}
		s.Invalidate(tok) // the refused one is remembered, the next one is held
		if _, err := s.Token(); err != nil {
			t.Fatal(err)
		}
		wantHushed(t, "TokenSource", s)
		wantHushed(t, "a struct around it", struct{ source *TokenSource }{s})
		wantHushed(t, "its client", s.Client())
		wantHushed(t, "a struct around its transport", struct{ rt any }{s.Transport(nil)})
	})
}

func TestError_saysWhatFailedWhyAndWhatToDo(t *testing.T) {
	err := &Error{Vendor: "finapi", Op: "password grant", StatusCode: 400, Code: "invalid_grant", Kind: ErrInvalidCredentials,
		Description: "Account disabled", Hint: "ask finAPI to enable the user", Help: "https://vendor.example/help#", RetryAfter: 90 * time.Second}
	const want = `finapi: password grant: credentials rejected: the vendor answered 400 Bad Request (invalid_grant): "Account disabled"; ` +
		`retry after 1m30s; ask finAPI to enable the user (see https://vendor.example/help#credentials-rejected)`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if !errors.Is(err, ErrInvalidCredentials) || !errors.Is(err, ErrInvalidGrant) || errors.Is(err, ErrUnavailable) {
		t.Error("wrong kinds")
	}
	var retrieve *oauth2.RetrieveError
	if !errors.As(fmt.Errorf("x: %w", err), &retrieve) || retrieve.ErrorCode != "invalid_grant" || retrieve.Response.StatusCode != 400 ||
		retrieve.ErrorDescription != "Account disabled" || retrieve.Error() == "" {
		t.Errorf("got %+v", retrieve)
	}
	if errors.As(&Error{Kind: ErrUnavailable}, &retrieve) {
		t.Error("a RetrieveError without an answer")
	}
}

func TestKindOf_followsFromCodeThenStatus(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{401, "unauthorized_client", ErrInvalidCredentials}, {401, "invalid_client", ErrInvalidCredentials}, {400, "invalid_client", ErrInvalidCredentials},
		{401, "invalid_grant", ErrInvalidGrant}, {400, "invalid_grant", ErrInvalidGrant}, {400, "invalid_scope", ErrInvalidConfig},
		{400, "unsupported_grant_type", ErrInvalidConfig}, {400, "invalid_request", ErrInvalidConfig}, {429, "", ErrRateLimited}, {429, "invalid_client", ErrRateLimited},
		{500, "unknown_error", ErrUnavailable}, {503, "", ErrUnavailable}, {599, "", ErrUnavailable}, {500, "invalid_client", ErrInvalidCredentials},
		{408, "", ErrUnavailable}, {404, "", ErrInvalidConfig}, {418, "teapot", ErrInvalidConfig}, {401, "", ErrInvalidCredentials}, {403, "", ErrInvalidCredentials},
		{302, "", ErrHostNotAllowed}, {200, "invalid_client", ErrInvalidCredentials}, {200, "strange", ErrInvalidConfig}, {204, "", ErrMalformedResponse},
	} {
		err := fmt.Errorf("x: %w", &Error{StatusCode: c.status, Code: c.code})
		if !errors.Is(err, c.want) {
			t.Errorf("%d %q: not %v", c.status, c.code, c.want)
		}
		n := 0
		for _, kind := range []error{ErrInvalidConfig, ErrInvalidCredentials, ErrInvalidGrant, ErrRateLimited, ErrUnavailable, ErrMalformedResponse, ErrHostNotAllowed} {
			if errors.Is(err, kind) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d %q: of %d kinds", c.status, c.code, n)
		}
	}
	if errors.Is(&Error{}, nil) || errors.Is(&Error{}, ErrUnavailable) {
		t.Error("an empty Error is of no kind")
	}
}

func TestFailure_ofAnXOAuth2GrantIsClassified(t *testing.T) {
	s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		e := (&Error{StatusCode: 400, Code: "invalid_scope"}).retrieveError()
		e.Body = []byte("raw " + hush)
		return nil, fmt.Errorf("oauth2: %w", e)
	}))
	_, err := s.Token()
	if !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("got %v", err)
	}
	wantHushed(t, "the error", err)
}

func TestFailure_ofAnXOAuth2GrantWithoutAnAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		hint string
	}{
		"no such host": {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "login.test", IsNotFound: true}}, "check the host name in the token endpoint's URL"},
		"no HTTP":      {fmt.Errorf("net/http: HTTP/1.x transport connection broken: malformed HTTP status code %q", hush), "does not speak HTTP"},
		"a reset":      {syscall.ECONNRESET, "the connection broke"},
	} {
		base := roundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, tt.err })
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			return (&clientcredentials.Config{TokenURL: "https://login.test/token?key=" + hush}).Token(ctx)
		}), WithHTTPClient(&http.Client{Transport: base}))
		_, err := s.Token()
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.hint) || !strings.Contains(err.Error(), "https://login.test: ") {
			t.Errorf("%s: got %v", name, err)
		}
		wantHushed(t, "the error", err)
	}
}
