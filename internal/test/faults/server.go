package faults

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience bounds what the server does on one connection, so that a client that never lets go fails
// a test instead of hanging it.
const patience = 40 * time.Second

// Server plays one script on every connection.
type Server struct {
	listener net.Listener
	plan     Plan

	wg      sync.WaitGroup
	written atomic.Int64 // bytes that the client's side accepted

	mu       sync.Mutex
	open     map[*heard]bool
	warm     bool
	closed   bool
	accepted int
	requests []*Request
	stuck    int // connections that the client had not closed within patience
}

// Plan says what a Server does.
type Plan struct {
	Shape  Shape             // how this vendor writes a token
	Warm   Script            // for the connections until Begin is called, after a correct handshake; nil for none
	Script Script            // for those that follow
	TLS    *Handshake        // nil: plain TCP
	Words  map[string]string // further words of the vocabulary
}

// Request is one request that arrived.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// listened counts the servers.
var listened atomic.Uint32

// Listen starts a Server on a free port of a loopback address, one of its own where the system has
// them all, as Linux does. A client that goes on dialling the port of a server which has closed, as
// net/http does after some HTTP/2 faults, would else use up the first script of the next server
// that is given the port. The certificates always name 127.0.0.1.
func Listen(plan Plan) (*Server, error) {
	n := listened.Add(1)
	address := fmt.Sprintf("127.1.%d.%d:0", n>>8&0xff, n&0xff)
	l, err := net.Listen("tcp", address)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, plan: plan, open: map[*heard]bool{}, warm: plan.Warm != nil}
	s.wg.Go(s.accept)
	return s, nil
}

// URL is the server's base URL.
func (s *Server) URL() string {
	if s.plan.TLS != nil {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

// Close stops the server and waits for the scripts to end, so the client must close its
// connections. Close ends spare connections, on which the client has sent nothing: net/http keeps
// those that it dialled for a request that ended meanwhile.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		if c.received.Load() == 0 {
			_ = c.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// Requests returns the requests since Begin. Only the body of HTTP/2 requests is known.
func (s *Server) Requests() []*Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Request(nil), s.requests...)
}

// Begin ends the warming up, and forgets the requests that arrived until then.
func (s *Server) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warm, s.requests = false, nil
}

// Accepted counts the connections since Begin.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Stuck counts the connections that the client did not close in time.
func (s *Server) Stuck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stuck
}

// Written counts the bytes that were sent, including those in the kernel's buffers.
func (s *Server) Written() int64 { return s.written.Load() }

func (s *Server) accept() {
	for {
		accepted, err := s.listener.Accept()
		if err != nil {
			return
		}
		c := &heard{Conn: accepted}
		s.mu.Lock()
		if s.closed {
			_ = c.Close()
			s.mu.Unlock()
			return
		}
		s.open[c] = true
		warm := s.warm
		if !warm {
			s.accepted++
		}
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(c, accepted.(*net.TCPConn), warm) })
	}
}

func (s *Server) serve(c *heard, tcp *net.TCPConn, warm bool) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.open, c)
		s.mu.Unlock()
	}()
	_ = c.SetDeadline(time.Now().Add(patience))
	x := &exchange{server: s, tcp: tcp, conn: c, reader: bufio.NewReader(c)}
	if s.plan.TLS != nil {
		handshake := s.plan.TLS
		if warm {
			handshake = &Handshake{}
		}
		conn, err := handshake.accept(x)
		if err != nil {
			return
		}
		x.conn, x.reader = conn, bufio.NewReader(conn)
	}
	script := s.plan.Script
	if warm {
		script = s.plan.Warm
	}
	for _, step := range script {
		if err := step.play(x); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() && (x.request != nil || !x.preface) {
				s.mu.Lock()
				s.stuck++
				s.mu.Unlock()
			}
			return
		}
	}
	if t, ok := x.conn.(*tls.Conn); ok {
		_ = t.CloseWrite()
	}
}

// heard is a connection that counts the bytes that it received.
type heard struct {
	net.Conn
	received atomic.Int64
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	h.received.Add(int64(n))
	return n, err
}

// exchange is one connection while its script is played.
type exchange struct {
	server  *Server
	tcp     *net.TCPConn
	conn    net.Conn // tcp, or TLS over it
	reader  *bufio.Reader
	preface bool   // of HTTP/2, has been read
	head    []byte // of the last request, as it came
	request *Request
}

func (x *exchange) write(b []byte) error {
	n, err := x.conn.Write(b)
	x.server.written.Add(int64(n))
	return err
}

// readHead reads a request up to its blank line.
func (x *exchange) readHead() (*http.Request, error) {
	var head bytes.Buffer
	for {
		line, err := x.reader.ReadBytes('\n')
		head.Write(line)
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	x.head = head.Bytes()
	req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(x.head), x.reader)))
	if err != nil {
		return nil, fmt.Errorf("the client's request is broken: %w", err)
	}
	return req, nil
}

// readRequest reads a whole request and enters it in the server's list.
func (x *exchange) readRequest() error {
	req, err := x.readHead()
	if err != nil {
		return err
	}
	body := make([]byte, max(req.ContentLength, 0))
	if _, err := io.ReadFull(x.reader, body); err != nil {
		return err
	}
	x.enter(&Request{Method: req.Method, Path: req.URL.Path, Header: req.Header, Body: body})
	return nil
}

// enter adds a request to the server's list.
func (x *exchange) enter(r *Request) {
	x.request = r
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	x.server.requests = append(x.server.requests, r)
}
