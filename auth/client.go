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
		base = &tokenTransport{base: base}
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
	if err := checkDirect(t.base, req); err != nil {
		closeBody(req)
		err.Op = "request a token"
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	w := newWatch(t.base, req)
	w.cancel = cancel
	once := req.WithContext(w.follow(ctx))
	once.GetBody = nil
	// Do not keep the connection. By the next renewal, many minutes later, it would be stale, and a
	// request that fails on it is not repeated. Also, net/http writes to the standard log whatever
	// arrives on an idle connection.
	once.Close = true
	resp, err := t.base.RoundTrip(once)
	switch {
	case err == nil:
	case w.refusal() != nil:
		failure := w.refusal()
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
	body := &tokenBody{ReadCloser: resp.Body, cancel: cancel}
	if _, ok := t.base.(*http.Transport); !ok {
		// The transports of net/http end a read with the context. Others may not.
		body.stop = context.AfterFunc(req.Context(), func() { _ = body.close() })
	}
	resp.Body = body
	return resp, nil
}

// checkDirect returns an error if base, an *http.Transport, would send req over plain http through
// a proxy, which could read it. A watch finds out later, but for any base.
func checkDirect(base http.RoundTripper, req *http.Request) *Error {
	t, ok := base.(*http.Transport)
	if !ok || !mayBeProxied(base, req) {
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

// A watch follows a request through an *http.Transport, also if other RoundTrippers wrap that. If
// the request is about to be sent over plain http through a proxy, the watch closes the connection
// before a header field or the body has left the buffer.
type watch struct {
	trace  httptrace.ClientTrace
	req    *http.Request
	own    string                  // the address of req's host; "" if no proxy could read req
	cancel context.CancelCauseFunc // ends a request that asks for too many connections; may be nil

	mu      sync.Mutex
	address string   // of the server or proxy that the connection is for
	asked   []string // all such addresses: base may make requests of its own
	conn    net.Conn
	failure *Error
}

func newWatch(base http.RoundTripper, req *http.Request) *watch {
	w := &watch{req: req}
	if mayBeProxied(base, req) {
		w.own = net.JoinHostPort(req.URL.Hostname(), cmp.Or(req.URL.Port(), "80"))
	}
	return w
}

// mayBeProxied reports whether base could send req over plain http through a proxy.
func mayBeProxied(base http.RoundTripper, req *http.Request) bool {
	t, ok := base.(*http.Transport)
	return req.URL != nil && strings.EqualFold(req.URL.Scheme, "http") && !(ok && t.Proxy == nil)
}

// follow returns a context for the request.
func (w *watch) follow(ctx context.Context) context.Context {
	w.trace.GetConn = w.onGetConn
	if w.own != "" {
		w.trace.GotConn, w.trace.WroteHeaderField = w.onGotConn, w.onWroteHeaderField
	}
	return httptrace.WithClientTrace(ctx, &w.trace)
}

func (w *watch) onGetConn(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.address = address
	if w.cancel == nil {
		return
	}
	w.asked = append(w.asked, address)
	to := 0
	for _, asked := range w.asked {
		if asked == address {
			to++
		}
	}
	if to > maxConnections {
		w.cancel(errNotTaken)
	}
}

func (w *watch) onGotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn = info.Conn
}

// onWroteHeaderField looks at Host, which is the first field that net/http writes. It tells req
// from a request that base makes for itself.
func (w *watch) onWroteHeaderField(name string, values []string) {
	if name != "Host" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil && !strings.EqualFold(w.address, w.own) && strings.EqualFold(values[0], cmp.Or(w.req.Host, w.req.URL.Host)) {
		w.failure = proxied(w.req, w.address)
		_ = w.conn.Close()
	}
}

// refusal returns why the request was not sent, or nil. A nil watch refuses nothing.
func (w *watch) refusal() *Error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
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
	stop   func() bool // may be nil
	once   sync.Once
}

// Close implements io.Closer.
func (b *tokenBody) Close() error {
	if b.stop != nil {
		b.stop()
	}
	defer b.cancel(nil)
	return b.close()
}

// close closes the body of the base transport once.
func (b *tokenBody) close() (err error) {
	b.once.Do(func() { err = b.ReadCloser.Close() })
	return err
}
