package cut

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// network connects clients and one server in memory. It cuts the connections at a given byte.
type network struct {
	accepted chan net.Conn
	closed   chan struct{}

	mu    sync.Mutex
	cuts  []cut // for the next connections in turn; later ones are not cut
	conns []*conn
}

// cut says after how many bytes a connection breaks, and with which error for its client. A
// negative count means never.
type cut struct {
	sent, received int
	err            error
}

var whole = cut{-1, -1, io.EOF}

func newNetwork() *network {
	return &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept, Close and Addr implement net.Listener.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.accepted:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	n.mu.Lock()
	c := &conn{Conn: client, server: server, cut: whole}
	if len(n.cuts) > 0 {
		c.cut, n.cuts = n.cuts[0], n.cuts[1:]
	}
	n.conns = append(n.conns, c)
	n.mu.Unlock()
	select {
	case n.accepted <- server:
		return c, nil
	case <-n.closed:
		return nil, syscall.ECONNREFUSED
	}
}

// recount makes the connections count bytes from here on, so that a kept one can be cut in its
// second request.
func (n *network) recount(c cut) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		conn.mu.Lock()
		conn.sent, conn.received, conn.cut = 0, 0, c
		conn.mu.Unlock()
	}
}

// written returns how many connections a client has written to, and the most bytes in either
// direction of the first.
func (n *network) written() (conns, sent, received int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, c := range n.conns {
		c.mu.Lock()
		if c.sent > 0 {
			conns++
		}
		if i == 0 {
			sent, received = c.sent, c.received
		}
		c.mu.Unlock()
	}
	return conns, sent, received
}

// conn is a client's end. Bytes that it wrote have arrived at the server.
type conn struct {
	net.Conn
	server net.Conn

	mu             sync.Mutex
	cut            cut
	sent, received int
}

func (c *conn) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	allowed := len(p)
	if c.cut.sent >= 0 {
		allowed = min(allowed, c.cut.sent-c.sent)
	}
	c.mu.Unlock()
	if allowed > 0 || len(p) == 0 {
		n, err = c.Conn.Write(p[:allowed])
	}
	c.mu.Lock()
	c.sent += n
	over := c.sent == c.cut.sent
	c.mu.Unlock()
	if err == nil && over {
		err = c.sever()
	}
	return n, c.seen(err)
}

// Read cuts the bytes that it has read, because the cut may be set while it waits.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	if left := c.cut.received - c.received; c.cut.received >= 0 && n > left {
		n, err = left, c.sever()
	}
	c.received += n
	c.mu.Unlock()
	return n, c.seen(err)
}

// sever ends the connection for both sides.
func (c *conn) sever() error {
	_ = c.server.Close()
	_ = c.Conn.Close()
	return c.cut.err
}

// seen replaces the errors of a pipe by those of a network.
func (c *conn) seen(err error) error {
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, io.EOF) {
		return c.cut.err
	}
	return err
}

// registry is an API that registers e-invoices. It keeps one for each Idempotency-Key.
type registry struct {
	mu         sync.Mutex
	begun      int // requests whose header has arrived
	registered int
	keys       map[string]bool
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodPost {
		r.mu.Lock()
		r.begun++
		r.mu.Unlock()
		body, err := io.ReadAll(req.Body)
		if err != nil || string(body) != invoice {
			return // only a part has arrived
		}
		r.mu.Lock()
		if key := req.Header.Get("Idempotency-Key"); key == "" || !r.keys[key] {
			r.registered++
			r.keys[key] = true
		}
		r.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{}`)
}

func (r *registry) counts() (begun, registered int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun, r.registered
}

// invoice is a small e-invoice.
var invoice = `{"documentNumber":"INV-1","items":[` + strings.Repeat(`{},`, 5) + `{}]}`

// serve starts the API in the network, with this version of HTTP.
func serve(t *testing.T, n *network, api http.Handler, version int) (client *http.Client) {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == 1)
	protocols.SetUnencryptedHTTP2(version == 2)
	server := &http.Server{Handler: api, Protocols: protocols}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(n) }()
	transport := &http.Transport{DialContext: n.dial, Protocols: protocols}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	})
	return &http.Client{Transport: transport}
}
