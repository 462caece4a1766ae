package auth

import (
	"errors"
	"net/http"
	"slices"
)

// maxRedirects is net/http's own limit, which a CheckRedirect replaces.
const maxRedirects = 10

// CheckRedirect is the CheckRedirect of an http.Client whose requests [TokenSource.Authorize] has
// authorized. On its own, net/http copies their header to every redirect within the same domain: to
// a subdomain, to another port, also over plain http.
//
// CheckRedirect removes the token as soon as a redirect leads to a host that may not have it (see
// [WithAPIHosts]). If every host may have it, CheckRedirect removes it as soon as a redirect leaves
// the origin of the first request. The request goes on without the token, and no further redirect
// restores it. As in net/http, more than ten redirects are an error.
//
// CheckRedirect leaves an Authorization header of the caller's to net/http. A client from
// [TokenSource.Client] needs no CheckRedirect, since none of its requests has a header to copy.
func (s *TokenSource) CheckRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errors.New("stopped after 10 redirects")
	}
	if len(via) > 0 && hasAuthorization(req.Header) && !s.mayFollow(append(slices.Clip(via), req)) {
		s.strip(req.Header)
	}
	return nil
}

// mayFollow reports whether the token may go along a chain of redirects. Every hop must be allowed
// to have it, and none may have an Authorization header of the caller's. The requests after such a
// hop are the caller's too, even if net/http has removed the header on the way.
func (s *TokenSource) mayFollow(chain []*http.Request) bool {
	return len(chain) > 0 && s.hosts.PermitsChain(chain) && !slices.ContainsFunc(chain, func(hop *http.Request) bool {
		_, others := s.stripped(hop)
		return others
	})
}

// redirects returns req and the requests that led to it. It returns nil if one of them is unknown.
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
