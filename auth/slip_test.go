package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// fragile panics when it is read through a nil pointer.
type fragile struct{ text string }

func (e *fragile) Error() string { return e.text }

// The goroutine that runs a Grant is ours: a panic there would end the caller's whole process.
func TestGrant_errorThatPanicsWhenReadIsAnError(t *testing.T) {
	for name, slip := range map[string]func() error{
		"nil *auth.Error":           func() error { var e *Error; return e },
		"nil pointer":               func() error { var e *fragile; return e },
		"nil pointer among others":  func() error { var e *fragile; return errors.Join(errors.New("first"), e) },
		"empty RetrieveError":       func() error { return &oauth2.RetrieveError{} },
		"panic with a nil pointer":  func() error { var e *fragile; panic(e) },
		"panic with *auth.Error":    func() error { var e *Error; panic(e) },
		"Error around a nil one":    func() error { var e *fragile; return &Error{Err: e} },
		"503 with a nil one within": func() error { var e *fragile; return &Error{StatusCode: 503, Err: e} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
				if err := UseSecret(ctx, NewSecret("some-secret")); err != nil {
					return nil, err
				}
				return nil, slip()
			}))
			_, err := s.Token()
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "Grant") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A nil context is the caller's mistake, but what comes of it must not depend on how fresh the
// token is.
func TestToken_nilContextIsTakenForOneWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: quarterHour})
		var none context.Context
		for i, wait := range []time.Duration{0, time.Minute, 14 * time.Minute, time.Hour} { // cold, fresh, in the refresh window, expired
			time.Sleep(wait)
			if _, err := s.TokenContext(none); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
			synctest.Wait()
		}
	})
}

func TestError_textAroundItIsRedactedToo(t *testing.T) {
	inner := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return nil, &Error{StatusCode: 503} }))
	s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		if err := UseSecret(ctx, NewSecret("hunter2hunter2")); err != nil {
			return nil, err
		}
		_, err := inner.Token()
		return nil, fmt.Errorf("exchange with %s: %w", "hunter2hunter2", err)
	}))
	if _, err := s.Token(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestError_ofATimeoutIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
			<-ctx.Done()
			return nil, errors.New("connection broke")
		}))
		_, err := s.Token()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection broke") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q", err)
		}
	})
}
