package auth

import (
	"cmp"
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
		base = &tokenTransport{base}
	}
	h.Transport = base
	return h
}

// maxConnections is how many connections to one address a token request may ask for: a kept one,
// which may turn out to be dead, and a new one. A request that asks for a third fails.
const maxConnections = 2

var errNotTaken = errors.New("no answer over two connections, and a third one is not tried")

// tokenTransport sends a token request once. Left to itself, net/http repeats some requests on new
// connections, without pause or limit: those that HTTP/2 reports as not processed and whose body
// was not read or can be read again.
type tokenTransport struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkDirect(t.base, req); err != nil {
		closeBody(req)
		err.Op = "request a token"
		return nil, err
	}
	guarded, refused := unproxied(req)
	ctx, cancel := context.WithCancelCause(guarded.Context())
	var mu sync.Mutex
	asked := map[string]int{} // by address: base may make requests of its own
	trace := &httptrace.ClientTrace{GetConn: func(address string) {
		mu.Lock()
		defer mu.Unlock()
		if asked[address]++; asked[address] > maxConnections {
			cancel(errNotTaken)
		}
	}}
	once := guarded.WithContext(httptrace.WithClientTrace(ctx, trace))
	once.GetBody = nil
	// Do not keep the connection. By the next renewal, many minutes later, it would be stale, and a
	// request that fails on it is not repeated. Also, net/http writes to the standard log whatever
	// arrives on an idle connection.
	once.Close = true
	resp, err := t.base.RoundTrip(once)
	switch {
	case err == nil:
	case refused() != nil:
		failure := refused()
		failure.Op = "request a token"
		err = failure
	case context.Cause(ctx) == errNotTaken:
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

// checkDirect returns an error if base, an *http.Transport, would send req over plain http through
// a proxy, which could read it. [unproxied] finds out later, but for any base.
func checkDirect(base http.RoundTripper, req *http.Request) *Error {
	t, ok := base.(*http.Transport)
	if !ok || t.Proxy == nil || req.URL == nil || !strings.EqualFold(req.URL.Scheme, "http") {
		return nil
	}
	proxy, err := t.Proxy(req)
	if err != nil || proxy == nil {
		return nil
	}
	return proxied(req, proxy.Host)
}

func proxied(req *http.Request, proxy string) *Error {
	return &Error{Kind: ErrHostNotAllowed, Err: fmt.Errorf("plain http to %s would go through the proxy %s", req.URL.Host, proxy),
		Hint: "use https, or a Transport whose Proxy leaves loopback hosts out, as http.ProxyFromEnvironment does"}
}

// unproxied returns a copy of req that fails if an *http.Transport is about to send it over plain
// http through a proxy, also if other RoundTrippers wrap that Transport. The connection is then
// closed before a header field or the body has left the buffer, and refused returns the error.
func unproxied(req *http.Request) (guarded *http.Request, refused func() *Error) {
	if req.URL == nil || !strings.EqualFold(req.URL.Scheme, "http") {
		return req, func() *Error { return nil }
	}
	own := net.JoinHostPort(req.URL.Hostname(), cmp.Or(req.URL.Port(), "80"))
	host := cmp.Or(req.Host, req.URL.Host)
	var (
		mu      sync.Mutex
		address string // of the server or proxy that the connection is for
		conn    net.Conn
		failure *Error
	)
	trace := &httptrace.ClientTrace{
		GetConn: func(hostPort string) {
			mu.Lock()
			defer mu.Unlock()
			address = hostPort
		},
		GotConn: func(info httptrace.GotConnInfo) {
			mu.Lock()
			defer mu.Unlock()
			conn = info.Conn
		},
		// Host is the first field that net/http writes. It tells req from a request that base makes
		// for itself.
		WroteHeaderField: func(name string, values []string) {
			mu.Lock()
			defer mu.Unlock()
			if name == "Host" && conn != nil && !strings.EqualFold(address, own) && strings.EqualFold(values[0], host) {
				failure = proxied(req, address)
				_ = conn.Close()
			}
		},
	}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), trace)), func() *Error {
		mu.Lock()
		defer mu.Unlock()
		return failure
	}
}

// CloseIdleConnections forwards http.Client.CloseIdleConnections to base.
func (t *tokenTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// tokenBody is the body of an answer. Closing it ends the request's context.
type tokenBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

// Close implements io.Closer.
func (b *tokenBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
