package auth

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Transport returns a RoundTripper that sets the Authorization header like [TokenSource.Authorize] and sends
// requests with base, or http.DefaultTransport if base is nil. It is safe for use by several goroutines, and
// changes no request that it is given.
//
// When the API answers 401, the token is invalidated and the request sent once more with a new one, provided
// that its body can be read again (http.Request.GetBody) and a new token can be had. Otherwise the 401 is
// returned. A redirect to a host that may not have the token is followed without it, and so is every further one
// from there, wherever it leads; a request that had an Authorization header of its own gets no token on its way
// either. An error of base that quotes the token is returned, and reported, with the token taken out.
func (s *TokenSource) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{source: s, base: base}
}

// Client returns a client whose requests carry the token. With [WithHTTPClient] it has that client's Transport,
// Timeout, Jar and CheckRedirect.
func (s *TokenSource) Client() *http.Client {
	c := &http.Client{}
	if s.httpClient != nil {
		*c = *s.httpClient
	}
	c.Transport = s.Transport(c.Transport)
	return c
}

// drainTime is how long the rest of a 401 may take before its connection is given up.
const drainTime = time.Second

type transport struct {
	source *TokenSource
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	s := t.source
	if hasAuthorization(req.Header) || (req.Response != nil && !s.mayFollow(req)) {
		resp, err := t.base.RoundTrip(req)
		if resp != nil {
			resp.Request = req // mayFollow finds its way back by it
		}
		return resp, err
	}
	if err := s.hosts.check(req.URL); err != nil {
		closeBody(req)
		return nil, newHostError(s.vendor, err)
	}
	ctx := req.Context()
	e, err := s.validEntry(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := t.send(req, e)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	return t.replay(ctx, req, resp, e)
}

// send sends req with e's token.
func (t *transport) send(req *http.Request, e *entry) (*http.Response, error) {
	resp, err := t.base.RoundTrip(withHeader(req, e.header))
	if resp != nil {
		// The copy that was sent has the token, and responses end up in logs.
		resp.Request = req
		if err == nil && resp.StatusCode != http.StatusUnauthorized && resp.StatusCode < 500 && !e.accepted.Load() {
			e.accepted.Store(true)
		}
	}
	if err != nil {
		err = RedactError(err, e.token.AccessToken)
	}
	return resp, err
}

// CloseIdleConnections is how http.Client.CloseIdleConnections reaches base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// replay sends req once more after the 401 in resp, or returns resp.
func (t *transport) replay(ctx context.Context, req *http.Request, resp *http.Response, refused *entry) (*http.Response, error) {
	s := t.source
	s.Invalidate(refused.token)
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil
	}
	e, err := s.validEntry(ctx)
	if err != nil || e.token.AccessToken == refused.token.AccessToken {
		// The API's answer tells the caller more than the failed renewal, which the log has.
		return resp, nil
	}
	again := *req
	if req.Body != nil && req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return resp, nil
		}
		again.Body = body
	}
	// Reading the rest lets the connection be used again, if it comes soon.
	rest := resp.Body
	closeRest := sync.OnceFunc(func() { _ = rest.Close() })
	late := time.AfterFunc(drainTime, closeRest)
	_, _ = io.CopyN(io.Discard, rest, 64<<10)
	late.Stop()
	closeRest()
	resp, err = t.send(&again, e)
	if resp != nil {
		resp.Request = req
	}
	s.report(ctx, Event{Kind: EventReplay, Err: err})
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		s.Invalidate(e.token)
	}
	return resp, err
}

// mayFollow reports whether a redirected request may carry the token. Whoever answered a hop chose the address of the
// next one, so the token must have been allowed to go to every one of them: a host that may not have it must not
// choose what is done with it at one that may. Without a list of hosts they all have to be of one origin. A hop with an
// Authorization header of its own was the caller's, and so is what follows from it, also where net/http has taken the
// header off on the way.
func (s *TokenSource) mayFollow(req *http.Request) bool {
	for hop := req; ; {
		switch {
		case !s.hosts.permitsHop(hop.URL, req.URL), hasAuthorization(hop.Header):
			return false
		case hop.Response == nil:
			return true
		case hop.Response.Request == nil: // a way that cannot be seen is not one to vouch for
			return false
		}
		hop = hop.Response.Request
	}
}

// authorized is a request with its Authorization header's value, in one allocation.
type authorized struct {
	req   http.Request
	value [1]string
}

// withHeader copies req, sharing all but the header map. The values of the map are shared too: a RoundTripper
// must not modify a request, and so not them either.
func withHeader(req *http.Request, value string) *http.Request {
	a := &authorized{req: *req, value: [1]string{value}}
	h := make(http.Header, len(req.Header)+1)
	for name, values := range req.Header {
		h[name] = values[:len(values):len(values)]
	}
	h["Authorization"] = a.value[:]
	a.req.Header = h
	return &a.req
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
