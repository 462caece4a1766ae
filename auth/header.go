package auth

import (
	"crypto/sha256"
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
	hashes [][sha256.Size]byte // oldest first
}

func (h *history) add(token string) {
	hash := sha256.Sum256([]byte(token))
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
	hash := sha256.Sum256([]byte(token))
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
