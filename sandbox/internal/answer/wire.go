package answer

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A Wire is how an answer goes out.
type Wire int

// The ways for an answer to go out.
const (
	Good    Wire = iota
	Hang         // never
	Reset        // the connection is reset instead
	Cut          // the connection ends in the middle of the body
	Trickle      // byte by byte
	Endless      // the body never ends
)

// trickleEvery is the time between two bytes.
const trickleEvery = 100 * time.Millisecond

// Deliver sends the answer, or lets the connection fail as how says. Once done is closed, it waits
// no longer.
func (a Answer) Deliver(w http.ResponseWriter, r *http.Request, how Wire, done <-chan struct{}) {
	switch how {
	case Hang:
		Wait(r, done, 0)
		panic(http.ErrAbortHandler)
	case Reset:
		reset(w)
	case Cut:
		body := a.Body()
		a.head(w, len(body))
		_, _ = w.Write(body[:len(body)/2])
		flush(w)
		panic(http.ErrAbortHandler)
	case Trickle:
		body := a.Body()
		a.head(w, len(body))
		for i := range body {
			if _, err := w.Write(body[i : i+1]); err != nil {
				return
			}
			flush(w)
			if !Wait(r, done, trickleEvery) {
				panic(http.ErrAbortHandler)
			}
		}
	case Endless:
		a.head(w, -1)
		// White space may follow any JSON, so nothing but the length is wrong with it.
		chunk := make([]byte, 32<<10)
		for i := range chunk {
			chunk[i] = ' '
		}
		for Wait(r, done, time.Nanosecond) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
		panic(http.ErrAbortHandler)
	default:
		body := a.Body()
		a.head(w, len(body))
		_, _ = w.Write(body)
	}
}

// head sends status and headers. If length is negative, it is unknown.
func (a Answer) head(w http.ResponseWriter, length int) {
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	if a.Header.Get("Content-Type") == "" {
		h["Content-Type"] = nil // or net/http would guess one
	}
	if length >= 0 && a.Status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.Status)
}

// Wait waits d, or without end if d is 0. It returns early, with false, once the caller has gone or
// done is closed.
func Wait(r *http.Request, done <-chan struct{}, d time.Duration) bool {
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
	case <-done:
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
