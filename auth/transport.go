package auth

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// Transport returns a RoundTripper that sets the Authorization header like [TokenSource.Authorize]
// and sends requests with base, or http.DefaultTransport if base is nil. It is safe for use by
// several goroutines, and changes no request that it is given.
//
// When the API answers 401, the token is invalidated and the request sent once more with a new one,
// provided that its body can be read again (http.Request.GetBody) and a new token can be had.
// Otherwise the 401 is returned. A redirect to a host that may not have the token is followed
// without it, and so is every further one from there, wherever it leads; a request that had an
// Authorization header of its own gets no token on its way either. A header with a token of this
// source is not the caller's own, whoever has set it. A token that base, an *http.Transport, would
// send over plain http through a proxy is not sent: [ErrHostNotAllowed]. An error of base that quotes
// the token is returned, and reported, with the token taken out.
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
	s, ctx := t.source, req.Context()
	bare, others := s.stripped(req)
	if others || (req.Response != nil && !s.mayFollow(redirects(req))) {
		resp, err := t.base.RoundTrip(bare)
		if resp != nil {
			resp.Request = req // redirects finds its way back by it
		}
		return resp, err
	}
	if err := s.hosts.Check(req); err != nil {
		closeBody(req)
		return nil, s.own(newHostError(err))
	}
	if err := checkDirect(t.base, req); err != nil {
		closeBody(req)
		err.Vendor, err.Help, err.Op = s.vendor, s.help, "authorize the request"
		return nil, err
	}
	first, err := s.validEntry(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := t.send(req, bare, first)
	if err != nil || !isRefusal(resp) {
		return resp, err
	}
	s.Invalidate(first.token)
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil
	}
	// The token may have to come over the connection that the 401 holds, where there are no others.
	readAhead(resp)
	second, err := s.validEntry(ctx)
	if err != nil || second.token.AccessToken == first.token.AccessToken {
		// The API's answer tells the caller more than the failed renewal, which the log has.
		return resp, nil
	}
	again := *bare
	if req.Body != nil && req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	resp, err = t.send(req, &again, second)
	s.report(ctx, Event{Kind: EventReplay, Err: err})
	if err == nil && isRefusal(resp) {
		s.Invalidate(second.token)
	}
	return resp, err
}

// send sends bare with e's token. The answer is to req: bare's copy has the token, and responses
// end up in logs.
func (t *transport) send(req, bare *http.Request, e *entry) (*http.Response, error) {
	resp, err := t.base.RoundTrip(withHeader(bare, e.header))
	if err != nil {
		err = RedactError(err, e.token.AccessToken)
	}
	if resp == nil {
		return nil, err
	}
	resp.Request = req
	if err == nil && resp.StatusCode != http.StatusUnauthorized && resp.StatusCode < 500 && !e.accepted.Load() {
		e.accepted.Store(true)
	}
	return resp, err
}

// isRefusal reports whether resp is a 401. A base that returns nothing at all is for http.Client to
// complain about.
func isRefusal(resp *http.Response) bool {
	return resp != nil && resp.StatusCode == http.StatusUnauthorized
}

const (
	readAheadSize = 64 << 10
	readAheadTime = time.Second
)

// readAhead reads resp's body, so that its connection is free again, for as much and as long as the
// constants say: a body that takes longer is cut off. Whoever reads resp then gets what was read,
// and the rest.
func readAhead(resp *http.Response) {
	body := resp.Body
	if body == nil { // http.Client allows for that, and so must whoever stands between
		return
	}
	closeOnce := sync.OnceValue(body.Close)
	late := time.AfterFunc(readAheadTime, func() { _ = closeOnce() })
	read, err := io.ReadAll(io.LimitReader(body, readAheadSize))
	late.Stop()
	rest := readerFunc(body.Read)
	if err != nil {
		rest = func([]byte) (int, error) { return 0, err }
	}
	resp.Body = &bodyAhead{io.MultiReader(bytes.NewReader(read), rest), closeOnce}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type bodyAhead struct {
	io.Reader
	close func() error
}

func (b *bodyAhead) Close() error { return b.close() }

// CloseIdleConnections is how http.Client.CloseIdleConnections reaches base.
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
