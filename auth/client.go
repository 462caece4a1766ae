package auth

import (
	"context"
	"net"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// tokenTransport serves the token requests of every source that was given no client: few, to few hosts.
var tokenTransport http.RoundTripper = &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	ForceAttemptHTTP2:     true,
	MaxIdleConnsPerHost:   2,
	IdleConnTimeout:       60 * time.Second,
	TLSHandshakeTimeout:   10 * time.Second,
	ExpectContinueTimeout: time.Second,
	// A token response's header is small; a flood of header lines is cut off here.
	MaxResponseHeaderBytes: 64 << 10,
}

// HTTPClient returns the client that a Grant uses for its token request: the one that ctx holds under the key
// oauth2.HTTPClient, as x/oauth2 has it, made safe for secrets. It follows no redirect, since that would carry
// the secret elsewhere; the redirect's own answer is returned instead. It keeps no cookies. Its Transport is that
// client's; without a client, one that is kept apart from http.DefaultTransport. Its timeout is that
// client's, or 30 s ([DefaultRequestTimeout]) where it has none; within a token source it is no longer than the request
// timeout.
func HTTPClient(ctx context.Context) *http.Client {
	c, _ := ctx.Value(oauth2.HTTPClient).(*http.Client)
	return hardened(c)
}

func hardened(c *http.Client) *http.Client {
	h := &http.Client{
		Transport:     tokenTransport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       DefaultRequestTimeout,
	}
	if c != nil {
		if h.Transport = c.Transport; h.Transport == nil {
			h.Transport = http.DefaultTransport
		}
		if c.Timeout > 0 {
			h.Timeout = c.Timeout
		}
	}
	return h
}
