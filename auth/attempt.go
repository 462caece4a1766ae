package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"golang.org/x/oauth2"
)

// attempt is one call of the Grant, as UseSecret sees it.
type attempt struct {
	source      *TokenSource
	fingerprint string   // of the secret in use; "" if the Grant named none
	secrets     []string // must not show in any text
	blocked     bool     // the secret was refused before, so nothing was sent
}

func (a *attempt) useSecret(secret Secret) error {
	value := secret.Reveal()
	fingerprint := fingerprint(value)
	if !slices.Contains(a.secrets, value) {
		a.secrets = append(a.secrets, value)
	}
	now := a.source.now()
	a.source.mu.Lock()
	defer a.source.mu.Unlock()
	if err := a.source.rejected.refusal(fingerprint, now); err != nil {
		// A Grant with several secrets may have sent another one before.
		if a.fingerprint == "" {
			a.blocked = true
		}
		return err
	}
	a.fingerprint, a.blocked = fingerprint, false
	return nil
}

// call runs the Grant once and describes its failure. It turns a panic in the Grant, or in the error
// that it returned, into a failure.
func (a *attempt) call(ctx context.Context, last *oauth2.Token) (t *oauth2.Token, err error) {
	if last != nil {
		a.secrets = append(a.secrets, last.AccessToken, last.RefreshToken)
	}
	s := a.source
	if p := guard(func() {
		if t, err = s.grant.RequestToken(context.WithValue(ctx, attemptKey{}, a), last); err != nil {
			err = s.describe(ctx, a, err)
		}
	}); p != nil {
		t, err = nil, a.failure(p.text("the Grant"))
		if s.logger != nil {
			attrs := []any{"vendor", s.vendor, "stack", string(p.stack)}
			if s.name != "" {
				attrs = append(attrs, "name", s.name)
			}
			s.tell(ctx, func(ctx context.Context) { s.logger.ErrorContext(ctx, "finsdk token grant panicked", attrs...) })
		}
	}
	return t, err
}

// failure returns an error that blames the Grant itself.
func (a *attempt) failure(text string) error {
	return a.source.own(&Error{Op: "request a token", Kind: ErrUnavailable, broken: true, clean: true, Err: errors.New(text),
		Hint: "this is a fault in the Grant or in the SecretSource that it asks, not in the vendor"})
}

// panicked is the value of a panic.
type panicked struct {
	value any
	stack []byte
}

// guard calls f and returns the value of a panic in it, or nil. A TokenSource calls a Grant, a Store,
// an Observer and a log handler in goroutines of its own, where a panic would end the process.
func guard(f func()) (p *panicked) {
	defer func() {
		if value := recover(); value != nil {
			p = &panicked{value, debug.Stack()}
		}
	}()
	f()
	return nil
}

// text describes the panic. It shows the text of the runtime's own errors. Of any other value it names
// the type, because the value may hold a secret.
func (p *panicked) text(who string) string {
	if err, ok := p.value.(runtime.Error); ok {
		return who + " panicked: " + err.Error()
	}
	return fmt.Sprintf("%s panicked with a %T", who, p.value)
}
