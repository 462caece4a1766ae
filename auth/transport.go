package auth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
)

// Transport returns a RoundTripper that sets the Authorization header like [TokenSource.Authorize] and sends
// requests with base, or http.DefaultTransport if base is nil. It is safe for use by several goroutines, and
// changes no request that it is given.
//
// When the API answers 401, the token is invalidated and the request sent once more with a new one, provided
// that its body can be read again (http.Request.GetBody) and a new token can be had. Otherwise the 401 is
// returned. A redirect to a host that may not have the token is followed without it, and so is every further one
// from there, wherever it leads; a request that had an Authorization header of its own gets no token on its way
// either. A header with a token of this source is not the caller's own, whoever has set it. An error of base that
// quotes the token is returned, and reported, with the token taken out.
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

type transport struct {
	source *TokenSource
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	s := t.source
	if s.hasOwn(req.Header) || (req.Response != nil && !s.mayFollow(req)) {
		return t.pass(req)
	}
	if err := s.hosts.Check(req); err != nil {
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
	if err != nil || !isRefusal(resp) {
		return resp, err
	}
	return t.replay(ctx, req, resp, e)
}

// isRefusal reports whether resp is a 401. A base that returns nothing at all is for http.Client to complain about.
func isRefusal(resp *http.Response) bool {
	return resp != nil && resp.StatusCode == http.StatusUnauthorized
}

// pass sends a request on that gets no token.
func (t *transport) pass(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(t.source.withoutOurs(req))
	if resp != nil {
		resp.Request = req // mayFollow finds its way back by it
	}
	return resp, err
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
	// The token may have to come over the connection that the 401 holds, where there are no others.
	resp, body := readAhead(resp)
	e, err := s.validEntry(ctx)
	if err != nil || e.token.AccessToken == refused.token.AccessToken {
		// The API's answer tells the caller more than the failed renewal, which the log has.
		return resp, nil
	}
	again := *req
	if req.Body != nil && req.GetBody != nil {
		sent, err := req.GetBody()
		if err != nil {
			return resp, nil
		}
		again.Body = sent
	}
	body.discard()
	resp, err = t.send(&again, e)
	if resp != nil {
		resp.Request = req
	}
	s.report(ctx, Event{Kind: EventReplay, Err: err})
	if err == nil && isRefusal(resp) {
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
	chain := []*http.Request{req}
	for hop := req; ; {
		switch {
		case s.hasOwn(hop.Header):
			return false
		case hop.Response == nil:
			return s.hosts.PermitsChain(chain)
		case hop.Response.Request == nil: // a way that cannot be seen is not one to vouch for
			return false
		}
		hop = hop.Response.Request
		chain = append(chain, hop)
	}
}

// authorized is a request of our own with room for what a copy needs, in one allocation.
type authorized struct {
	req    http.Request
	url    url.URL
	values [12]string
}

// withHeader copies req with the Authorization header set to value. Nothing that base might change in it is shared, the
// body excepted: bases of tests and of proxies rewrite the URL that they are given.
func withHeader(req *http.Request, value string) *http.Request {
	a := &authorized{req: *req}
	if req.URL != nil {
		a.url = *req.URL
		a.req.URL = &a.url
	}
	values := a.values[:0]
	h := make(http.Header, len(req.Header)+1)
	for name, given := range req.Header {
		if given == nil || len(values)+len(given) >= cap(values) { // one is kept for the token
			h[name] = slices.Clone(given)
			continue
		}
		from := len(values)
		values = append(values, given...)
		h[name] = values[from:len(values):len(values)]
	}
	values = append(values, value)
	h["Authorization"] = values[len(values)-1:]
	a.req.Header = h
	return &a.req
}

// withoutOurs is req, or a copy without the Authorization header where that is ours: after a redirect, or beside the
// caller's own in another spelling.
func (s *TokenSource) withoutOurs(req *http.Request) *http.Request {
	if values := req.Header["Authorization"]; len(values) != 1 || !s.isOurs(values[0]) {
		return req
	}
	bare := *req
	bare.Header = req.Header.Clone()
	delete(bare.Header, "Authorization")
	return &bare
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
