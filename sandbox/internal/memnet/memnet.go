// Package memnet is a network within the process, for tests where sockets do not work.
package memnet

import (
	"context"
	"net"
	"sync"
)

// A Listener is a net.Listener to which only its own Dial connects.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// Listen makes a Listener.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns a loopback address where nobody listens, so that clients that insist on https
// elsewhere are content.
func (l *Listener) Addr() net.Addr { return address{} }

// Dial connects to the Listener, whatever the address; it is an http.Transport's DialContext.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- conn{server}:
		return client, nil
	case <-l.done:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Addr: address{}, Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "127.0.0.1:1" }

// conn has an address that looks like any other caller's on this machine.
type conn struct{ net.Conn }

func (conn) RemoteAddr() net.Addr { return address{} }
func (conn) LocalAddr() net.Addr  { return address{} }
