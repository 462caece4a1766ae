package auth

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

	"github.com/finsdk/finsdk-go/internal/retryafter"
)

// Retry says how [WithRetry] sends requests to the API again. A field that is zero has its default.
type Retry struct {
	Attempts int           // how many requests one call may send, the first included. Default: 3
	MaxWait  time.Duration // how long to wait before one of them at most. Default: 30 s
	Budget   int           // how many retries the source has in stock at most. Default: 10
}

// WithRetry sends requests of [TokenSource.Transport] and [TokenSource.Client] again if the API
// asks for it or fails in a way that may pass. It does so after
//
//   - 429 with Retry-After, whatever the method, because the API has not processed the request;
//   - 429 without it, 502, 503, 504 and a connection that was refused or broke before the answer,
//     for GET, HEAD, OPTIONS, TRACE, PUT and DELETE, and for a request with an Idempotency-Key
//     header. Set that header only if the API knows it: it must not process a key twice.
//
// A request with a body is sent again only if the body can be read again (http.Request.GetBody),
// which is so for the generated clients.
//
// The wait before the next request is that of Retry-After, or 200 ms, 400 ms and so on, lengthened
// at random. If Retry-After exceeds MaxWait, or the wait does not end before the context's deadline,
// the call returns the answer or error that it has.
//
// Each retry takes one from the budget, which all calls of the source share. Each answer that is
// neither 429 nor 5xx gives a tenth back. So while an API is down, at most Budget retries are added
// to the calls, and a tenth of the calls that succeed.
//
// At most Attempts requests leave for a call, and one more if the API answers 401 and the source
// gets a new token. A redirect is a call of its own. Below all this, an *http.Transport may write a
// request again if a connection that it kept turns out to be closed, by a similar rule: GET, HEAD,
// OPTIONS, TRACE, or an Idempotency-Key, or no byte has been written or processed.
//
// Default: no retry. Negative values are [ErrInvalidConfig].
func WithRetry(r Retry) Option {
	return optionFunc(func(s *settings) {
		if r.Attempts < 0 || r.MaxWait < 0 || r.Budget < 0 {
			s.refuse("WithRetry: %+v has a negative value", r)
			return
		}
		if r.Attempts == 0 {
			r.Attempts = 3
		}
		if r.MaxWait == 0 {
			r.MaxWait = 30 * time.Second
		}
		if r.Budget == 0 {
			r.Budget = 10
		}
		s.retries = &retries{Retry: r}
		s.retries.left.Store(int64(r.Budget) * refund)
	})
}

// refund is how many successful calls pay for one retry.
const refund = 10

// retries is a Retry and its budget.
type retries struct {
	Retry
	left atomic.Int64 // in shares of 1/refund
}

// take takes one retry from the budget, if there is one.
func (r *retries) take() bool {
	if r.left.Add(-refund) >= 0 {
		return true
	}
	r.left.Add(refund)
	return false
}

// give returns a share to the budget, up to its size.
func (r *retries) give() {
	if left := r.left.Load(); left < int64(r.Budget)*refund {
		r.left.CompareAndSwap(left, left+1) // if another call was faster, this share is lost
	}
}

// retry goes on after the first request of a call, which brought resp and err. replayed is set if
// that request was sent twice because of a 401.
func (t *transport) retry(req *http.Request, resp *http.Response, replayed bool, err error) (*http.Response, error) {
	s, r, ctx := t.source, t.source.retries, req.Context()
	for sent := 1; ; sent++ {
		reason := s.retryReason(req, resp, err)
		if reason == nil {
			if resp != nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
				r.give()
			}
			return resp, err
		}
		wait := r.wait(sent, reason.RetryAfter)
		deadline, ok := ctx.Deadline()
		if sent >= r.Attempts || reason.RetryAfter > r.MaxWait || (ok && time.Until(deadline) <= wait) ||
			ctx.Err() != nil || !r.take() {
			return resp, err
		}
		timer := time.NewTimer(wait)
		if resp != nil {
			readAhead(resp) // which frees the connection
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return resp, err
		}
		again := *req
		if req.Body != nil && req.GetBody != nil {
			body, failure := req.GetBody()
			if failure != nil {
				return resp, err
			}
			again.Body = body
		}
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		s.report(ctx, Event{Kind: EventRetry, Op: req.Method, Duration: wait, Failures: sent, Err: reason})
		var repeated bool
		resp, repeated, err = t.try(&again, !replayed)
		replayed = replayed || repeated
		if resp != nil {
			resp.Request = req
		}
	}
}

// retryReason returns the failure after which req may be sent again, or nil if it may not.
func (s *TokenSource) retryReason(req *http.Request, resp *http.Response, err error) *Error {
	asked := false // the API asks for the same request again
	switch {
	case err != nil:
		if !broken(err) {
			return nil
		}
	case resp == nil:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests:
		asked = resp.Header.Get("Retry-After") != ""
	case resp.StatusCode < http.StatusBadGateway, resp.StatusCode > http.StatusGatewayTimeout:
		return nil
	}
	if (!asked && !repeatable(req)) || (req.Body != nil && req.Body != http.NoBody && req.GetBody == nil) {
		return nil
	}
	reason := &Error{Vendor: s.vendor, Op: "call the API", Kind: ErrUnavailable, Err: err}
	if err == nil {
		reason.Kind, reason.StatusCode = KindOf(resp.StatusCode, ""), resp.StatusCode
		reason.RetryAfter = retryafter.Parse(resp.Header, time.Now())
	}
	return reason
}

// repeatable reports whether processing req twice does what processing it once does (RFC 9110
// section 9.2.2).
func repeatable(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return req.Header.Get("Idempotency-Key") != ""
}

// broken reports whether err says that the connection was refused, or ended before the answer.
func broken(err error) bool {
	var (
		own    *Error
		stream streamError
	)
	if errors.As(err, &own) { // about the token or the host
		return false
	}
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, cause) {
			return true
		}
	}
	// net/http does not export these.
	for _, text := range []string{"http: server closed idle connection", "http2: client conn", "http2: server sent GOAWAY"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return errors.As(err, &stream)
}

// streamError is the shape of the error that net/http has for a stream of HTTP/2 that was reset.
// Its As method fills any struct with these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error implements error, which errors.As asks for.
func (streamError) Error() string { return "the stream was reset" }

const firstRetryWait = 200 * time.Millisecond

// wait returns how long to wait before the next request of a call that has sent some.
func (r *retries) wait(sent int, retryAfter time.Duration) time.Duration {
	step := firstRetryWait << min(sent-1, 10)
	wait := max(step, retryAfter)
	return max(min(wait+rand.N(max(step, wait/4)), r.MaxWait), retryAfter)
}
