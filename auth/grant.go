package auth

import (
	"context"

	"golang.org/x/oauth2"
)

// A Grant asks one vendor for one token. last is the most recent token, nil at first; a Grant that can use its
// refresh token does so, and returns a token that carries the refresh token to use next.
//
// A TokenSource calls RequestToken with a context that carries the values of the caller that came first, but for its
// httptrace hooks, is not cancelled with it, ends after the request timeout, and holds under the key oauth2.HTTPClient
// an http.Client that follows no redirect (see [HTTPClient]). It makes one call at a time; but a call that has not come back soon after its
// context ended is given up, and the next one may begin while that still runs. The token's Expiry should count from
// when the request was sent. last must not be modified.
//
// A Grant that sends a secret calls [UseSecret] just before, so that a rejected one is not sent again and again.
//
// What becomes of a failure depends on the error. An [*Error] says for itself: with the StatusCode and Code of the
// vendor's answer its Kind follows from them, and its RetryAfter is honoured. An *oauth2.RetrieveError, as the Grants
// of x/oauth2 return, is read likewise. A request that got no answer is best described by [NewTransportError]. Every
// other error counts as [ErrUnavailable], and so does a panic: the next attempt comes after the back-off. So a Grant
// names what no further attempt mends: [ErrInvalidConfig], and [ErrInvalidCredentials], after which the secret is
// not sent again for a while. Secrets are taken out of all of them where UseSecret has named them.
type Grant interface {
	RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error)
}

// GrantFunc is a Grant made of a function.
type GrantFunc func(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error)

// RequestToken calls f.
func (f GrantFunc) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	return f(ctx, last)
}

// attemptKey finds the attempt that a Grant's context belongs to.
type attemptKey struct{}

// UseSecret tells the TokenSource on whose behalf RequestToken runs that secret is about to be sent. It returns
// the error with which the Grant must end instead when the vendor has rejected that very secret a short while
// ago; the secret has then not been sent. Outside a TokenSource it returns nil.
//
// A Grant that never calls it is treated as if it always sent the same secret.
func UseSecret(ctx context.Context, secret Secret) error {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a.useSecret(secret)
	}
	return nil
}
