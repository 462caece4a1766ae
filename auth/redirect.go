package auth

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// maxRedirects is net/http's own limit, which a CheckRedirect takes the place of.
const maxRedirects = 10

// CheckRedirect is an http.Client's CheckRedirect for requests that [TokenSource.Authorize] has authorized. net/http
// copies their header to wherever an answer redirects within the same domain: to a subdomain, to another port, in clear
// text too. CheckRedirect takes the token off again as soon as a redirect leads to a host that may not have it (see
// [WithAPIHosts]) or, where every host may, to another origin than the first request's; from there on it stays off,
// wherever further redirects lead. The request itself goes on. It is an error to follow more than ten, as without
// CheckRedirect.
//
// An Authorization header that is not this source's is left to net/http. The requests of [TokenSource.Client] need no
// CheckRedirect: no header of theirs is ever copied.
func (s *TokenSource) CheckRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errors.New("stopped after 10 redirects")
	}
	if len(via) == 0 {
		return nil
	}
	values, ok := req.Header["Authorization"]
	if !ok || s.hosts.PermitsChain(append(via[:len(via):len(via)], req)) {
		return nil
	}
	// A new slice: net/http gives the old one to the next request again.
	kept := slices.DeleteFunc(slices.Clone(values), s.isOurs)
	if len(kept) == 0 {
		delete(req.Header, "Authorization")
	} else {
		req.Header["Authorization"] = kept
	}
	return nil
}

// hasOwn reports whether h has an Authorization header, be it an empty one, that is not this source's.
func (s *TokenSource) hasOwn(h http.Header) bool {
	if !hasAuthorization(h) {
		return false
	}
	values := h["Authorization"]
	if len(values) != 1 || !s.isOurs(values[0]) {
		return true
	}
	for name := range h {
		if name != "Authorization" && strings.EqualFold(name, "Authorization") {
			return true // and would be a second line
		}
	}
	return false
}

// isOurs reports whether an Authorization header's value has a token of this source, be it one that was renewed since.
func (s *TokenSource) isOurs(value string) bool {
	e := s.current.Load()
	return (e != nil && value == e.header) || s.issued.has(value)
}

// mostIssued is how many tokens are remembered: far more than are renewed while one request is on its way.
const mostIssued = 64

// issued remembers the headers of the tokens that a source has had, by their fingerprints.
type issued struct {
	mu     sync.Mutex
	prints []string
}

func (p *issued) note(e *entry) {
	print := fingerprint(e.header)
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.prints, print) {
		return
	}
	if len(p.prints) == mostIssued {
		p.prints = slices.Delete(p.prints, 0, 1)
	}
	p.prints = append(p.prints, print)
}

func (p *issued) has(header string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.prints, fingerprint(header))
}
