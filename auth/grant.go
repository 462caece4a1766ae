package auth

import (
	"context"

	"golang.org/x/oauth2"
)

// A Grant asks one vendor for one token. last is the most recent token, nil at first, and must not
// be modified. A Grant that can use the refresh token in last does so, and returns a token with the
// refresh token to use next. The Expiry of the returned token should count from when the request
// was sent.
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
// StatusCode and Code unless it is set, and its RetryAfter is obeyed. An *oauth2.RetrieveError,
// which the Grants of x/oauth2 return, is read the same way. [NewTransportError] describes a
// request without an answer. Any other error, and a panic, counts as [ErrUnavailable]: the next
// attempt comes after the back-off. So a Grant should itself return [ErrInvalidConfig] for what no
// further attempt mends, and [ErrInvalidCredentials] for a rejected secret, which is then not sent
// again for a while. The source removes the secrets that UseSecret has named from all errors.
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
