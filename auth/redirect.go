package auth

import (
	"errors"
	"net/http"
	"slices"
)

// maxRedirects is net/http's own limit, which a CheckRedirect takes the place of.
const maxRedirects = 10

// CheckRedirect is an http.Client's CheckRedirect for requests that [TokenSource.Authorize] has
// authorized. net/http copies their header to wherever an answer redirects within the same domain:
// to a subdomain, to another port, in clear text too. CheckRedirect takes the token off again as
// soon as a redirect leads to a host that may not have it (see [WithAPIHosts]) or, where every host
// may, to another origin than the first request's; from there on it stays off, wherever further
// redirects lead. The request itself goes on. It is an error to follow more than ten, as without
// CheckRedirect.
//
// An Authorization header that is not this source's is left to net/http. The requests of
// [TokenSource.Client] need no CheckRedirect: no header of theirs is ever copied.
func (s *TokenSource) CheckRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errors.New("stopped after 10 redirects")
	}
	if len(via) > 0 && hasAuthorization(req.Header) && !s.mayFollow(append(slices.Clip(via), req)) {
		s.strip(req.Header)
	}
	return nil
}

// mayFollow reports whether the token may go along a chain of redirects: only if every hop may have
// it, and none had an Authorization header of the caller's. What follows from such a hop is the
// caller's too, also where net/http has taken the header off on the way.
func (s *TokenSource) mayFollow(chain []*http.Request) bool {
	return len(chain) > 0 && s.hosts.PermitsChain(chain) && !slices.ContainsFunc(chain, func(hop *http.Request) bool {
		_, others := s.stripped(hop)
		return others
	})
}

// redirects returns req and the requests that led to it, or nothing where one of them is not known.
func redirects(req *http.Request) []*http.Request {
	chain := []*http.Request{req}
	for req.Response != nil {
		if req = req.Response.Request; req == nil {
			return nil
		}
		chain = append(chain, req)
	}
	return chain
}
