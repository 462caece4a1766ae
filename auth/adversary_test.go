package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// An Observer that ends its goroutine, as t.FailNow does in a test, must not leave the callers
// waiting.
func TestObserver_thatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, nil
		}), auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
			if e.Kind == auth.EventRefresh {
				runtime.Goexit()
			}
		})))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := source.TokenContext(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A handler of the logger that panics is somebody's mistake, but no reason to end the process from
// a background goroutine.
func TestLogger_thatPanics(t *testing.T) {
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, nil
	}), auth.WithLogger(slog.New(panicHandler{slog.NewTextHandler(io.Discard, nil)})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Error(err)
	}
}

type panicHandler struct{ slog.Handler }

func (panicHandler) Enabled(context.Context, slog.Level) bool { return true }
func (panicHandler) Handle(_ context.Context, r slog.Record) error {
	panic(r.Message)
}

// A failure that cannot pass (an unknown realm) is known at once: nobody should wait out the
// back-off to be told again.
func TestFailure_ifPermanentIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			calls++
			return nil, &auth.Error{StatusCode: http.StatusNotFound}
		}))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			start := time.Now()
			_, err := source.TokenContext(t.Context())
			if took := time.Since(start); took > 0 {
				t.Errorf("it took %s to say %v (request %d)", took, err, calls)
			}
		}
	})
}

// Every error that concerns a token matches one of the kinds, a panicking Grant's too.
func TestGrant_panicHasAKind(t *testing.T) {
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { panic("oh") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.TokenContext(t.Context())
	for _, kind := range []error{auth.ErrInvalidConfig, auth.ErrInvalidCredentials, auth.ErrInvalidGrant, auth.ErrRateLimited,
		auth.ErrUnavailable, auth.ErrMalformedResponse, auth.ErrHostNotAllowed} {
		if errors.Is(err, kind) {
			return
		}
	}
	t.Errorf("no kind: %v", err)
}

// What a SecretSource panics with may be the secret, which nobody has named by then.
func TestGrant_panicShowsNoText(t *testing.T) {
	const secret = "Zq7Vx9Kw-secret-2Lm4Np8R"
	for name, p := range map[string]any{"a string": secret, "an error": errors.New(secret), "a struct": struct{ S string }{secret}} {
		var log strings.Builder
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { panic(p) }),
			auth.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.TokenContext(t.Context())
		want := fmt.Sprintf("the Grant panicked with a %T", p)
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error()+log.String(), "Zq7V") || !strings.Contains(log.String(), "goroutine ") {
			t.Errorf("%s: got %v\n%s", name, err, log.String())
		}
	}
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		var token *oauth2.Token
		return &oauth2.Token{AccessToken: token.AccessToken}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = source.TokenContext(t.Context()); !strings.Contains(err.Error(), "the Grant panicked: runtime error: invalid memory address") {
		t.Errorf("what the runtime says is lost: %v", err)
	}
}

// An API that answers 401 on one path and 200 on another, for every token, must not cost a new
// token for each call.
func TestTransport_replay_pathThatAlwaysAnswers401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var minted atomic.Int64
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: fmt.Sprint("t", minted.Add(1)), Expiry: time.Now().Add(time.Hour)}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: source.Transport(roundTrip(func(r *http.Request) *http.Response {
			status := http.StatusOK
			if r.URL.Path == "/forbidden" {
				status = http.StatusUnauthorized
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}
		}))}
		for i := range 100 {
			resp, err := client.Get("https://api.example.test/" + []string{"fine", "forbidden"}[i%2])
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		if n := minted.Load(); n > 3 {
			t.Errorf("%d tokens for 100 calls within no time", n)
		}
	})
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// A custom Grant's *Error may hold the secret in any field.
func TestError_everyFieldOfAGrantsIsRedacted(t *testing.T) {
	const secret = "Zq7Vx9Kw-secret-2Lm4Np8R"
	source, err := auth.NewTokenSource(auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		if err := auth.UseSecret(ctx, auth.NewSecret(secret)); err != nil {
			return nil, err
		}
		return nil, &auth.Error{StatusCode: 503, Code: "no_" + secret, Hint: "try " + secret, Op: "send " + secret,
			Description: "<p>" + secret, URI: "https://vendor.test/" + secret, Header: http.Header{"X-Echo": {secret}}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.TokenContext(t.Context())
	var failure *auth.Error
	var retrieve *oauth2.RetrieveError
	if !errors.As(err, &failure) || !errors.As(err, &retrieve) {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"Error()": err.Error(), "Code": failure.Code, "Hint": failure.Hint, "Description": failure.Description, "URI": failure.URI, "Op": failure.Op,
		"Header": fmt.Sprint(failure.Header), "RetrieveError": retrieve.Error(), "RetrieveError.Body": string(retrieve.Body),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows it: %s", where, text)
		}
	}
}

// A connection error quotes what a server sent that speaks no HTTP, and that may be a token.
func TestNewTransportError_quotesNoServer(t *testing.T) {
	err := auth.NewTransportError("test", "test", errors.New(`malformed HTTP response "{\"access_token\":\"Zq7Vx9Kw-opaque\"}"`))
	if strings.Contains(err.Error(), "Zq7Vx9Kw") {
		t.Error(err)
	}
}

// A token that is as good as over when it arrives is held to the margin that every other call keeps
// to.
func TestExpiry_lateAnswerIsBelowTheMargin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			sent := time.Now()
			<-time.After(29 * time.Second)
			return &oauth2.Token{AccessToken: "t", Expiry: sent.Add(30 * time.Second)}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		token, err := source.TokenContext(t.Context())
		if err == nil && time.Until(token.Expiry) < 6*time.Second {
			t.Errorf("a token with %s left of 30 s", time.Until(token.Expiry))
		}
	})
}

// The caller's own header wins, however its name is written.
func TestHeader_authorizationInSmallLetters(t *testing.T) {
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "t", Expiry: time.Now().Add(time.Hour)}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, "https://api.example.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["authorization"] = []string{"Basic x"}
	if err := source.Authorize(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if len(req.Header) != 1 {
		t.Errorf("two of them: %v", req.Header)
	}
}

// An API whose 401 has a body that never comes must not hold the caller: everybody else gets the
// answer at its header.
func TestTransport_replay_bodyOfThe401NeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var minted atomic.Int64
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: fmt.Sprint("t", minted.Add(1)), Expiry: time.Now().Add(time.Hour)}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: source.Transport(roundTrip(func(r *http.Request) *http.Response {
			if r.Header.Get("Authorization") == "Bearer t1" {
				return &http.Response{StatusCode: http.StatusUnauthorized, Body: &silentBody{closed: make(chan struct{})}, Request: r}
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}
		}))}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s: %v", took, err)
		}
	})
}

// silentBody has nothing to read until somebody gives up.
type silentBody struct{ closed chan struct{} }

func (b *silentBody) Read([]byte) (int, error) {
	select {
	case <-b.closed:
	case <-time.After(2 * time.Hour):
	}
	return 0, io.ErrUnexpectedEOF
}

func (b *silentBody) Close() error {
	close(b.closed)
	return nil
}
