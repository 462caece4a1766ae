package auth

import (
	"errors"
	"hash/maphash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const authorization = "Authorization"

func isAuthorization(name string) bool {
	return name == authorization || (len(name) == len(authorization) && strings.EqualFold(name, authorization))
}

// hasAuthorization reports whether an Authorization header is present, even if empty or in
// non-canonical case.
func hasAuthorization(h http.Header) bool {
	for name := range h {
		if isAuthorization(name) {
			return true
		}
	}
	return false
}

func setAuthorization(req *http.Request, value string) {
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header[authorization] = []string{value}
}

// strip removes this source's tokens from h. It reports whether an Authorization header is left,
// even an empty one: that header is the caller's. It changes h, but none of its slices, because
// net/http shares them among requests.
func (s *TokenSource) strip(h http.Header) (others bool) {
	for name, values := range h {
		switch kept := values; {
		case !isAuthorization(name):
		case !slices.ContainsFunc(values, s.isOurs):
			others = true
		default:
			if kept = slices.DeleteFunc(slices.Clone(values), s.isOurs); len(kept) == 0 {
				delete(h, name)
				continue
			}
			h[name], others = kept, true
		}
	}
	return others
}

// stripped strips a copy of req. It returns req itself if there is nothing to strip.
func (s *TokenSource) stripped(req *http.Request) (bare *http.Request, others bool) {
	if !hasAuthorization(req.Header) {
		return req, false
	}
	c := *req
	c.Header = req.Header.Clone()
	others = s.strip(c.Header)
	return &c, others
}

// isOurs reports whether an Authorization header's value contains a token of this source, current
// or earlier, with any scheme and spacing.
func (s *TokenSource) isOurs(value string) bool {
	if e := s.current.Load(); e != nil && value == e.header {
		return true
	}
	_, behindScheme, _ := strings.Cut(strings.TrimSpace(value), " ")
	return s.history.has(strings.TrimSpace(behindScheme)) || slices.ContainsFunc(strings.FieldsFunc(value, separates), s.history.has)
}

func separates(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;="'`, r) }

// historySize is how many tokens a source remembers: far more than it renews while one request is
// on its way.
const historySize = 64

// history remembers the hashes of tokens, the last historySize of them.
type history struct {
	mu     sync.Mutex
	hashes []uint64 // oldest first
}

// historySeed makes the hashes of a history unpredictable.
var historySeed = maphash.MakeSeed()

func (h *history) add(token string) {
	hash := maphash.String(historySeed, token)
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.hashes, hash) {
		return
	}
	if len(h.hashes) == historySize {
		h.hashes = slices.Delete(h.hashes, 0, 1)
	}
	h.hashes = append(h.hashes, hash)
}

func (h *history) has(token string) bool {
	hash := maphash.String(historySeed, token)
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.hashes, hash)
}

// authorized is a copy of a request with what it needs, in one allocation.
type authorized struct {
	req   http.Request
	url   url.URL
	value [1]string
}

// withHeader copies req and sets its Authorization header to value. The copy has a URL and a header
// of its own, because a RoundTripper of a test or a proxy may rewrite what it is given. It shares
// the body and, as the requests of a redirect in net/http do, the other header fields' values.
func withHeader(req *http.Request, value string) *http.Request {
	a := &authorized{req: *req, value: [1]string{value}}
	if req.URL != nil {
		a.url = *req.URL
		a.req.URL = &a.url
	}
	if a.req.Header = maps.Clone(req.Header); a.req.Header == nil {
		a.req.Header = make(http.Header)
	}
	a.req.Header[authorization] = a.value[:]
	return &a.req
}

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
