package sandbox

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"
)

// wire is how an answer goes out.
type wire int

const (
	wireGood wire = iota
	wireHang
	wireReset
	wireCut
	wireTrickle
	wireEndless
)

// trickleEvery is the time between two bytes.
const trickleEvery = 100 * time.Millisecond

// deliver sends an answer, or lets the connection fail as the wire says.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, a answer, how wire) {
	switch how {
	case wireHang:
		s.wait(r, 0)
		panic(http.ErrAbortHandler)
	case wireReset:
		reset(w)
	case wireCut:
		body := a.body()
		a.head(w, len(body))
		_, _ = w.Write(body[:len(body)/2])
		flush(w)
		panic(http.ErrAbortHandler)
	case wireTrickle:
		body := a.body()
		a.head(w, len(body))
		for i := range body {
			if _, err := w.Write(body[i : i+1]); err != nil {
				return
			}
			flush(w)
			if !s.wait(r, trickleEvery) {
				panic(http.ErrAbortHandler)
			}
		}
	case wireEndless:
		a.head(w, -1)
		// White space may follow any JSON, so nothing but the length is wrong with it.
		chunk := make([]byte, 32<<10)
		for i := range chunk {
			chunk[i] = ' '
		}
		for s.wait(r, time.Nanosecond) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		panic(http.ErrAbortHandler)
	default:
		body := a.body()
		a.head(w, len(body))
		_, _ = w.Write(body)
	}
}

// head sends status and headers; a negative length is none.
func (a answer) head(w http.ResponseWriter, length int) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if a.header.Get("Content-Type") == "" {
		h["Content-Type"] = nil // or net/http would guess one
	}
	if length >= 0 && a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.status)
}

// wait waits d, or without end where d is 0. It reports whether the caller is still there.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// reset closes the connection. If it is a TCP connection, the caller sees a reset instead of an
// end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	inner := conn
	if secured, ok := conn.(*tls.Conn); ok {
		inner = secured.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}
