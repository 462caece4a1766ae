package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// ownTransport serves the token requests of every source that was given no client: few, to few hosts.
var ownTransport http.RoundTripper = &http.Transport{
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

// HTTPClient returns the client that a Grant uses for its token request: the one that ctx holds under
// the key oauth2.HTTPClient, as x/oauth2 has it, made safe for secrets. It follows no redirect, since
// that would carry the secret elsewhere; the redirect's own answer is returned instead. It keeps no
// cookies and no connection. Its requests go out through that client's Transport or, without a
// client, through one that is kept apart from http.DefaultTransport. Each is sent once: a Transport of
// net/http repeats none, and a request that asks for a third connection to one address fails. Nor does
// it send one over plain http through a proxy ([ErrHostNotAllowed]). Its timeout is that client's, or
// 30 s ([DefaultRequestTimeout]) where it has none; within a token source it is no longer than the
// request timeout. Where ctx holds something else than an http.Client, every request is
// [ErrInvalidConfig].
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

// noClient stands in for a client that cannot be used.
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
		base = &tokenTransport{base}
	}
	h.Transport = base
	return h
}

// maxConnections is how many connections to one address a token request may ask for: a kept one that
// turns out to be dead, and a new one. The third request for one ends it.
const maxConnections = 2

var errNotTaken = errors.New("no answer over two connections, and a third one is not tried")

// tokenTransport sends a token request once. Where HTTP/2 says that a request was not processed, and
// its body can be read again or was not read, net/http sends it on new connections without pause or end.
type tokenTransport struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkDirect(t.base, req); err != nil {
		closeBody(req)
		err.Op = "request a token"
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	var mu sync.Mutex
	asked := map[string]int{} // by address: a base may have requests of its own to make
	trace := &httptrace.ClientTrace{GetConn: func(address string) {
		mu.Lock()
		defer mu.Unlock()
		if asked[address]++; asked[address] > maxConnections {
			cancel(errNotTaken)
		}
	}}
	once := req.WithContext(httptrace.WithClientTrace(ctx, trace))
	once.GetBody = nil
	// A connection kept for the next renewal would be stale by then, many minutes later, and a request
	// that fails on it is not repeated. Nor may anything arrive on an idle one: net/http writes that to
	// the standard log.
	once.Close = true
	resp, err := t.base.RoundTrip(once)
	if err != nil && context.Cause(ctx) == errNotTaken {
		err = errNotTaken
	}
	if err != nil || resp == nil || resp.Body == nil {
		cancel(nil)
		return resp, err
	}
	resp.Request = req
	resp.Body = &tokenBody{resp.Body, cancel}
	return resp, nil
}

// checkDirect returns an error if base would hand req to a proxy that can read it: plain http is for
// this machine. It knows the proxies of net/http's own Transport; other ones are the caller's to mind.
func checkDirect(base http.RoundTripper, req *http.Request) *Error {
	t, ok := base.(*http.Transport)
	if !ok || t.Proxy == nil || req.URL == nil || !strings.EqualFold(req.URL.Scheme, "http") {
		return nil
	}
	proxy, err := t.Proxy(req)
	if err != nil || proxy == nil {
		return nil
	}
	return &Error{Kind: ErrHostNotAllowed, Err: fmt.Errorf("plain http to %s would go through the proxy %s", req.URL.Host, proxy.Host),
		Hint: "use https, or a Transport whose Proxy leaves loopback hosts out, as http.ProxyFromEnvironment does"}
}

// CloseIdleConnections is how http.Client.CloseIdleConnections reaches base.
func (t *tokenTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// tokenBody is the body of an answer. The request's context lasts as long as it is open.
type tokenBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

// Close implements io.Closer.
func (b *tokenBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
