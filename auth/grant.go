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

// A Grant asks one vendor for one token. last is a copy of the most recent token, nil at first. A
// Grant that can use the refresh token in last does so, and returns a token with the refresh token
// to use next. The Expiry of the returned token should count from when the request was sent.
//
// A TokenSource calls RequestToken with a context of its own. The context has the values of the
// first caller's context, without its httptrace hooks; it is not cancelled with that context, and
// ends after the request timeout. Under the key oauth2.HTTPClient it holds an http.Client that
// follows no redirect (see [HTTPClient]). The source makes one call at a time. If a call has not
// returned soon after its context ended, the source gives it up, and may start the next one while
// the old one still runs.
//
// A Grant that sends a secret calls [UseSecret] just before, so that a rejected secret is not sent
// again and again.
//
// The error decides how the source goes on. An [*Error] is used as returned: its Kind follows from
// StatusCode and Code unless it is set, and its RetryAfter is obeyed. An *oauth2.RetrieveError and
// a *url.Error, which the Grants of x/oauth2 return, are read the same way. [NewTransportError]
// describes a request without an answer. Any other error, and a panic, counts as [ErrUnavailable]:
// the next attempt comes after the back-off. So a Grant should itself return [ErrInvalidConfig] for
// what no further attempt mends, and [ErrInvalidCredentials] for a rejected secret, which is then
// not sent again for a while. The source removes the secrets that UseSecret has named from all
// errors.
type Grant interface {
	RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error)
}

// GrantFunc is a function that implements Grant.
type GrantFunc func(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error)

// RequestToken calls f.
func (f GrantFunc) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	return f(ctx, last)
}

// attemptKey is the context key of the attempt that calls the Grant.
type attemptKey struct{}

// UseSecret tells the TokenSource that called RequestToken that secret is about to be sent. If the
// vendor has recently rejected this secret, UseSecret returns an error: the Grant must return it
// and not send the secret. Outside a TokenSource, UseSecret returns nil.
//
// A Grant that never calls UseSecret is treated as if it always sent the same secret.
func UseSecret(ctx context.Context, secret Secret) error {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a.useSecret(secret)
	}
	return nil
}

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

// call runs the Grant once and describes its failure. It turns a panic in the Grant, or in the
// error that it returned, into a failure.
func (a *attempt) call(ctx context.Context, last *oauth2.Token) (t *oauth2.Token, err error) {
	if last != nil {
		a.secrets = append(a.secrets, last.AccessToken, last.RefreshToken)
		last = new(*last) // callers have the token itself, and some code of x/oauth2 writes to it
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
		Hint: "this is a fault in the Grant, or in the SecretSource or http.Client that it uses, not in the vendor"})
}

// panicked is the value of a panic.
type panicked struct {
	value any
	stack []byte
}

// guard calls f and returns the value of a panic in it, or nil. A TokenSource calls a Grant, a
// Store, an Observer and a log handler in goroutines of its own, where a panic would end the
// process.
func guard(f func()) (p *panicked) {
	defer func() {
		if value := recover(); value != nil {
			p = &panicked{value, debug.Stack()}
		}
	}()
	f()
	return nil
}

// text describes the panic. It shows the text of the runtime's own errors. Of any other value it
// names the type, because the value may hold a secret.
func (p *panicked) text(who string) string {
	if err, ok := p.value.(runtime.Error); ok {
		return who + " panicked: " + err.Error()
	}
	return fmt.Sprintf("%s panicked with a %T", who, p.value)
}
