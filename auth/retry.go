package auth

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/internal/resend"
	"github.com/finsdk/finsdk-go/internal/retryafter"
	"github.com/finsdk/finsdk-go/internal/wire"
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
// at random. If Retry-After exceeds MaxWait, or the wait does not end before the context's
// deadline, the call returns the answer or error that it has.
//
// Each retry takes one from the budget, which all calls of the source share. Each answer that is
// neither 429 nor 5xx gives a tenth back. So while an API is down, at most Budget retries are added
// to the calls, and a tenth of the calls that succeed.
//
// At most Attempts requests leave for a call, and one more if the API answers 401 and the source
// gets a new token. A redirect is a call of its own. Below all this, an *http.Transport may write a
// request again if a connection that it kept turns out to be closed, by a similar rule: GET, HEAD,
// OPTIONS, TRACE, or an Idempotency-Key, or no byte has been written or processed. Over HTTP/2 it
// does so until the context ends, as long as the server refuses each request unprocessed.
//
// Default: no retry. Negative values are [ErrInvalidConfig].
func WithRetry(r Retry) Option {
	return optionFunc(func(s *settings) {
		if r.Attempts < 0 || r.MaxWait < 0 || r.Budget < 0 {
			s.refuse("WithRetry: %+v has a negative value", r)
			return
		}
		r = Retry{Attempts: cmp.Or(r.Attempts, 3), MaxWait: cmp.Or(r.MaxWait, 30*time.Second), Budget: cmp.Or(r.Budget, 10)}
		s.retry, s.budget = r, resend.NewBudget(r.Budget)
	})
}

// retry goes on after the first request of a call, which brought resp and err. replayed is set if
// that request was sent twice because of a 401.
func (t *transport) retry(req *http.Request, resp *http.Response, replayed bool, err error) (*http.Response, error) {
	s, r, ctx := t.source, t.source.retry, req.Context()
	for sent := 1; ; sent++ {
		reason := s.retryReason(req, resp, err)
		if reason == nil {
			if resp != nil && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
				s.budget.Refund()
			}
			return resp, err
		}
		wait := resend.Wait(sent, reason.RetryAfter, r.MaxWait)
		deadline, ok := ctx.Deadline()
		if sent >= r.Attempts || reason.RetryAfter > r.MaxWait || (ok && time.Until(deadline) <= wait) ||
			ctx.Err() != nil || !s.budget.Take() {
			return resp, err
		}
		timer := time.NewTimer(wait)
		if resp != nil {
			wire.ReadAhead(resp) // which frees the connection
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return resp, err
		}
		again, failure := resend.Again(req)
		if failure != nil {
			return resp, err
		}
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		s.report(ctx, Event{Kind: EventRetry, Op: req.Method, Duration: wait, Failures: sent, Err: reason})
		var repeated bool
		resp, repeated, err = t.try(again, !replayed)
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
		// An *Error is about the token or the host.
		if _, own := errors.AsType[*Error](err); own || !resend.Broken(err) {
			return nil
		}
	case resp == nil:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests:
		asked = resp.Header.Get("Retry-After") != ""
	case resp.StatusCode < http.StatusBadGateway, resp.StatusCode > http.StatusGatewayTimeout:
		return nil
	}
	if (!asked && !resend.Repeatable(req)) || !resend.Rereadable(req) {
		return nil
	}
	reason := &Error{Vendor: s.vendor, Op: "call the API", Kind: ErrUnavailable, Err: err}
	if err == nil {
		reason.Kind, reason.StatusCode = KindOf(resp.StatusCode, ""), resp.StatusCode
		reason.RetryAfter = retryafter.Parse(resp.Header, time.Now())
	}
	return reason
}
