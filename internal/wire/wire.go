// Package wire sends a request to where it belongs: once if asked to, and never over plain http
// through a proxy, which could read it.
package wire

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
)

// Proxied is the error of a request over plain http that would go through a proxy.
type Proxied struct{ Host, Proxy string }

// Error implements error.
func (p *Proxied) Error() string {
	return fmt.Sprintf("plain http to %s would go through the proxy %s", p.Host, p.Proxy)
}

// CheckDirect returns a [*Proxied] if base, an *http.Transport, would send req over plain http
// through a proxy. [Send] finds out later, but for any base.
func CheckDirect(base http.RoundTripper, req *http.Request) error {
	t, ok := base.(*http.Transport)
	if !ok || !mayBeProxied(base, req) {
		return nil
	}
	proxy, err := t.Proxy(req)
	if err != nil || proxy == nil {
		return nil
	}
	return &Proxied{req.URL.Host, proxy.Host}
}

// mayBeProxied reports whether base could send req over plain http through a proxy.
func mayBeProxied(base http.RoundTripper, req *http.Request) bool {
	t, ok := base.(*http.Transport)
	return req.URL != nil && strings.EqualFold(req.URL.Scheme, "http") && !(ok && t.Proxy == nil)
}

// Send sends req through base, also if other RoundTrippers wrap an *http.Transport. It returns a
// [*Proxied] if that was about to send req over plain http through a proxy: Send closes the
// connection before a header field or the body has left the buffer.
func Send(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	if !mayBeProxied(base, req) {
		return base.RoundTrip(req)
	}
	w, req := follow(base, req, req.Context(), nil)
	resp, err := base.RoundTrip(req)
	return resp, w.explain(err)
}

// follow returns a watch, and the copy of req with ctx that it follows. If cancel is not nil, the
// watch calls it with [ErrNoAnswer] when base asks for too many connections to one address.
func follow(base http.RoundTripper, req *http.Request, ctx context.Context, cancel context.CancelCauseFunc) (*watch, *http.Request) {
	w := &watch{req: req, cancel: cancel}
	w.trace.GetConn = w.onGetConn
	if mayBeProxied(base, req) {
		w.own = net.JoinHostPort(req.URL.Hostname(), cmp.Or(req.URL.Port(), "80"))
		w.trace.GotConn, w.trace.WroteHeaderField = w.onGotConn, w.onWroteHeaderField
	}
	return w, req.WithContext(httptrace.WithClientTrace(ctx, &w.trace))
}

// A watch follows a request through an *http.Transport.
type watch struct {
	trace  httptrace.ClientTrace
	req    *http.Request
	own    string // the address of req's host; "" if no proxy could read req
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	address string   // of the server or proxy that the connection is for
	asked   []string // all such addresses: base may make requests of its own
	conn    net.Conn
	failure error
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
		w.cancel(ErrNoAnswer)
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
		w.failure = &Proxied{w.req.URL.Host, w.address}
		_ = w.conn.Close()
	}
}

// explain returns why the request was not sent, or else err.
func (w *watch) explain(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.failure != nil {
		return w.failure
	}
	return err
}

// maxConnections is how many connections to one address SendOnce may ask for: a kept one, which may
// turn out to be dead, and a new one.
const maxConnections = 2

// ErrNoAnswer is the error of a request that asks for a third connection to one address.
var ErrNoAnswer = errors.New("no answer over two connections, and a third one is not tried")

// SendOnce sends req like [Send], but once, and keeps no connection. Left to itself, net/http
// repeats some requests on new connections, without pause or limit: those that HTTP/2 reports as
// not processed and whose body was not read or can be read again.
func SendOnce(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	if err := CheckDirect(base, req); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	w, once := follow(base, req, ctx, cancel)
	once.GetBody = nil
	// Do not keep the connection. By the next renewal, many minutes later, it would be stale, and a
	// request that fails on it is not repeated. Also, net/http writes to the standard log whatever
	// arrives on an idle connection.
	once.Close = true
	resp, err := base.RoundTrip(once)
	if err != nil && context.Cause(ctx) == ErrNoAnswer {
		err = ErrNoAnswer
	}
	err = w.explain(err)
	if err != nil || resp == nil || resp.Body == nil {
		cancel(nil)
		return resp, err
	}
	resp.Request = req
	b := &body{ReadCloser: resp.Body, cancel: cancel}
	if _, ok := base.(*http.Transport); !ok {
		// The transports of net/http end a read with the context. Others may not.
		b.stop = context.AfterFunc(req.Context(), func() { _ = b.close() })
	}
	resp.Body = b
	return resp, nil
}

// body is the body of an answer. Closing it ends the request's context.
type body struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
	stop   func() bool // may be nil
	once   sync.Once
}

// Close implements io.Closer.
func (b *body) Close() error {
	if b.stop != nil {
		b.stop()
	}
	defer b.cancel(nil)
	return b.close()
}

// close closes the body of the base transport once.
func (b *body) close() (err error) {
	b.once.Do(func() { err = b.ReadCloser.Close() })
	return err
}
