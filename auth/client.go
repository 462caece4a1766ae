package auth

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/wire"
)

// ownTransport sends the token requests of every source without an http.Client of the caller's.
// They are few, to few hosts.
var ownTransport http.RoundTripper = &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	ForceAttemptHTTP2:     true,
	MaxIdleConnsPerHost:   2,
	IdleConnTimeout:       60 * time.Second,
	TLSHandshakeTimeout:   10 * time.Second,
	ExpectContinueTimeout: time.Second,
	// The header of a token response is small. This limit cuts off a flood of header lines.
	MaxResponseHeaderBytes: 64 << 10,
}

// HTTPClient returns the client that a Grant uses for its token request. It is made from the client
// that ctx holds under the key oauth2.HTTPClient, as x/oauth2 defines it, and keeps secrets safe:
//
//   - It follows no redirect, since that would carry the secret elsewhere. It returns the
//     redirect's own answer instead.
//   - It keeps no cookies and no connection.
//   - It sends each request once. A Transport of net/http repeats none, and a request that asks for
//     a third connection to one address fails.
//   - It sends nothing over plain http through a proxy ([ErrHostNotAllowed]).
//
// Requests use the Transport of the client in ctx. Without such a client, they use a transport that
// is separate from http.DefaultTransport. The timeout is that client's, or 30 s
// ([DefaultRequestTimeout]) if it has none; within a token source it is at most the request
// timeout. If ctx holds anything but an http.Client, every request fails with [ErrInvalidConfig].
func HTTPClient(ctx context.Context) *http.Client {
	switch c := ctx.Value(oauth2.HTTPClient).(type) {
	case nil:
		return hardened(nil)
	case *http.Client:
		return hardened(c)
	case http.Client:
		return hardened(&c)
	default:
		return hardened(&http.Client{Transport: noClient{c}})
	}
}

// noClient replaces a value in the context that is not an http.Client. Its requests fail.
type noClient struct{ held any }

// RoundTrip implements http.RoundTripper.
func (n noClient) RoundTrip(req *http.Request) (*http.Response, error) {
	closeBody(req)
	return nil, &Error{Op: "request a token", Kind: ErrInvalidConfig, Err: fmt.Errorf("the context holds a %T under oauth2.HTTPClient", n.held),
		Hint: "put an *http.Client there"}
}

func hardened(c *http.Client) *http.Client {
	h := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       DefaultRequestTimeout,
	}
	base := ownTransport
	if c != nil {
		if base = c.Transport; base == nil {
			base = http.DefaultTransport
		}
		if c.Timeout > 0 {
			h.Timeout = c.Timeout
		}
	}
	if _, ok := base.(*tokenTransport); !ok {
		base = &tokenTransport{base: base}
	}
	h.Transport = base
	return h
}

// tokenTransport sends a token request once (see [wire.SendOnce]).
type tokenTransport struct {
	base  http.RoundTripper
	check func(context.Context) error // whether a request may still be sent; may be nil
}

// RoundTrip implements http.RoundTripper.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.check != nil {
		if err := t.check(req.Context()); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	resp, err := wire.SendOnce(t.base, req)
	if _, proxied := err.(*wire.Proxied); proxied {
		failure := newProxyError(err)
		failure.Op = "request a token"
		err = failure
	}
	return resp, err
}

// newProxyError makes the refusal of package wire an *Error.
func newProxyError(err error) *Error {
	return &Error{Op: "authorize the request", Kind: ErrHostNotAllowed, Err: err,
		Hint: "use https, or a Transport whose Proxy leaves loopback hosts out, as http.ProxyFromEnvironment does"}
}

// CloseIdleConnections forwards http.Client.CloseIdleConnections to base.
func (t *tokenTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
