package auth

import (
	"net/http"

	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/resend"
	"github.com/finsdk/finsdk-go/internal/wire"
)

// Transport returns a RoundTripper that sets the Authorization header like [TokenSource.Authorize]
// and sends requests through base, or http.DefaultTransport if base is nil. It is safe for use by
// several goroutines, and does not change the requests that it is given.
//
// If the API answers 401, Transport invalidates the token and sends the request once more with a
// new one. It returns the 401 instead if the body cannot be read again (http.Request.GetBody) or it
// gets no new token.
//
// With [WithRetry], Transport also sends a request again after failures that may pass.
//
// Transport follows a redirect to a host that may not have the token without it, and never adds it
// again to the redirects from there. It adds no token to a request with an Authorization header of
// the caller's, or to its redirects. A header with a token of this source never counts as the
// caller's.
//
// If an *http.Transport, base itself or one inside it, would send the token over plain http through
// a proxy, the request fails with [ErrHostNotAllowed]. If an error of base quotes the token,
// Transport removes the token from it before it returns and reports the error.
func (s *TokenSource) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{source: s, base: base}
}

// Client returns a client whose requests carry the token. With [WithHTTPClient] it has that
// client's Transport, Timeout, Jar and CheckRedirect.
func (s *TokenSource) Client() *http.Client {
	c := &http.Client{}
	if s.httpClient != nil {
		*c = *s.httpClient
	}
	c.Transport = s.Transport(c.Transport)
	return c
}

type transport struct {
	source *TokenSource
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, replayed, err := t.try(req, true)
	if t.source.budget == nil {
		return resp, err
	}
	return t.retry(req, resp, replayed, err)
}

// try sends req, and once more after a 401 if replay is set. It reports whether it did.
func (t *transport) try(req *http.Request, replay bool) (_ *http.Response, replayed bool, _ error) {
	s, ctx := t.source, req.Context()
	bare, others := s.stripped(req)
	if others || (req.Response != nil && !s.mayFollow(redirects(req))) {
		resp, err := t.base.RoundTrip(bare)
		if resp != nil {
			resp.Request = req // redirects needs it to find the earlier requests
		}
		return resp, false, err
	}
	if err := s.hosts.Check(req); err != nil {
		closeBody(req)
		return nil, false, s.own(newHostError(err))
	}
	if err := wire.CheckDirect(t.base, req); err != nil {
		closeBody(req)
		return nil, false, s.own(newProxyError(err))
	}
	first, err := s.validEntry(ctx)
	if err != nil {
		closeBody(req)
		return nil, false, err
	}
	resp, err := t.send(req, bare, first)
	if err != nil || !isRefusal(resp) {
		return resp, false, err
	}
	s.Invalidate(first.token)
	if !replay || !resend.Rereadable(req) {
		return resp, false, nil
	}
	// The new token may have to come over the connection that the 401 still holds.
	wire.ReadAhead(resp)
	second, err := s.validEntry(ctx)
	if err != nil {
		wire.SetCause(resp, err) // for the error of a typed client; others find it in the log
		return resp, false, nil
	}
	if second.token.AccessToken == first.token.AccessToken {
		return resp, false, nil
	}
	again, err := resend.Again(bare)
	if err != nil {
		return resp, false, nil
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	resp, err = t.send(req, again, second)
	s.report(ctx, Event{Kind: EventReplay, Err: err})
	if err == nil && isRefusal(resp) {
		s.Invalidate(second.token)
	}
	return resp, true, err
}

// send sends bare with e's token. The response refers to req instead of the copy with the token,
// because responses end up in logs.
func (t *transport) send(req, bare *http.Request, e *entry) (*http.Response, error) {
	resp, err := wire.Send(t.base, withHeader(bare, e.header))
	if _, proxied := err.(*wire.Proxied); proxied {
		err = t.source.own(newProxyError(err))
	} else if err != nil {
		err = errortext.Retell(err, redact.New([]string{e.token.AccessToken}).Text)
	}
	if resp == nil {
		return nil, err
	}
	resp.Request = req
	if err == nil && resp.StatusCode != http.StatusUnauthorized && resp.StatusCode < 500 && !e.accepted.Load() {
		e.accepted.Store(true)
	}
	if resp.StatusCode >= 400 && resp.Body != nil {
		resp.Body = wire.FailureBody(resp.Body, func(text string) string { return redact.New([]string{e.token.AccessToken}).Text(text) })
	}
	return resp, err
}

// isRefusal reports whether resp is a 401. If base returns no response and no error, http.Client
// complains about it.
func isRefusal(resp *http.Response) bool {
	return resp != nil && resp.StatusCode == http.StatusUnauthorized
}

// CloseIdleConnections forwards http.Client.CloseIdleConnections to base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
