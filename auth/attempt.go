package auth

import (
	"context"
	"fmt"
	"runtime"
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

// call runs the Grant once and turns a panic in it into an error.
func (a *attempt) call(ctx context.Context, last *oauth2.Token) (t *oauth2.Token, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = a.failure(panicText(p))
			a.source.logPanic(ctx)
		}
	}()
	if last != nil {
		a.secrets = append(a.secrets, last.AccessToken, last.RefreshToken)
	}
	return a.source.grant.RequestToken(context.WithValue(ctx, attemptKey{}, a), last)
}

func (a *attempt) failure(text string) error {
	return a.source.own(&Error{Op: "request a token", Kind: ErrUnavailable, broken: true, Err: textError(Redact(text, a.secrets...)),
		Hint: grantFault})
}

const grantFault = "this is a fault in the Grant or in the SecretSource that it asks, not in the vendor"

// panicText describes the value of a panic. It names only the type of a struct, which may hold
// anything, and of an error that panics when read, such as one around a nil pointer.
func panicText(p any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("the Grant panicked with a %T", p)
		}
	}()
	switch v := p.(type) {
	case runtime.Error:
		return "the Grant panicked: " + v.Error()
	case error:
		return "the Grant panicked: " + v.Error()
	case string:
		return "the Grant panicked: " + v
	}
	return fmt.Sprintf("the Grant panicked with a %T", p)
}

// textError is an error that is only its text.
type textError string

func (e textError) Error() string { return string(e) }
