// Package resend says whether a request to an API may be sent again, and when.
package resend

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Repeatable reports whether processing req twice does what processing it once does (RFC 9110
// section 9.2.2).
func Repeatable(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return req.Header.Get("Idempotency-Key") != ""
}

// Rereadable reports whether req has no body, or a body that can be read again.
func Rereadable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// Again returns a copy of req whose body can be read from the start. See [Rereadable].
func Again(req *http.Request) (*http.Request, error) {
	c := *req
	if req.Body != nil && req.GetBody != nil {
		var err error
		if c.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// Broken reports whether err means that the connection was refused, or ended before the answer.
func Broken(err error) bool {
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, cause) {
			return true
		}
	}
	// net/http does not export these.
	for _, text := range []string{"http: server closed idle connection", "http2: client conn", "http2: server sent GOAWAY", "http2: Transport"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	_, reset := errors.AsType[streamError](err)
	return reset
}

// streamError matches net/http's error for an HTTP/2 stream that was reset: its As method fills any
// struct with these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error implements error.
func (streamError) Error() string { return "the stream was reset" }

const firstWait = 200 * time.Millisecond

// Wait returns how long to wait before the next request of a call that has sent some: at least as
// long as the server asks for, and otherwise at most limit.
func Wait(sent int, retryAfter, limit time.Duration) time.Duration {
	step := firstWait << min(sent-1, 10)
	wait := max(step, retryAfter)
	return max(min(wait+rand.N(max(step, wait/4)), limit), retryAfter)
}

// refund is how many successful calls pay for one retry.
const refund = 10

// A Budget bounds the retries of many calls.
type Budget struct {
	size int64
	left atomic.Int64 // in shares of 1/refund
}

// NewBudget returns a Budget with size retries in stock, which is also the most that it holds.
func NewBudget(size int) *Budget {
	b := &Budget{size: int64(size) * refund}
	b.left.Store(b.size)
	return b
}

// Take takes one retry from the budget, if there is one.
func (b *Budget) Take() bool {
	if b.left.Add(-refund) >= 0 {
		return true
	}
	b.left.Add(refund)
	return false
}

// Refund returns a tenth of a retry to the budget.
func (b *Budget) Refund() {
	if left := b.left.Load(); left < b.size {
		b.left.CompareAndSwap(left, left+1) // if another call was faster, this share is lost
	}
}
