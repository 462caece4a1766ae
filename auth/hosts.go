package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// hostRules say where the token may go.
type hostRules struct {
	allowed    []origin
	refused    []refusedURL
	closed     bool // refuse what is not allowed even when nothing is
	closedHint string
}

// origin is a scheme, host and port as RFC 6454 has it, in lower case and without a trailing dot. An empty
// scheme is any that is secure for the host; an empty port is any.
type origin struct{ scheme, host, port string }

type refusedURL struct {
	origin
	path string // without a trailing slash; "" is the whole origin
	hint string
}

func (r *hostRules) allow(host string) error {
	o, _, err := parseOrigin(host)
	if err == nil {
		r.allowed = append(r.allowed, o)
	}
	return err
}

func (r *hostRules) refuse(rawURL, hint string) error {
	o, p, err := parseOrigin(rawURL)
	if err == nil {
		r.refused = append(r.refused, refusedURL{o, strings.TrimRight(p, "/"), hint})
	}
	return err
}

// check returns why u may not get the token, or nil. It does not allocate for a URL that may.
func (r *hostRules) check(u *url.URL) error {
	if u == nil {
		return errors.New("the request has no URL")
	}
	if u.User != nil || strings.Contains(u.Host, "@") {
		return &hostError{"the URL carries a user name", "take the part before the @ out of the URL"}
	}
	host := hostname(u.Host)
	if !secure(u.Scheme, host) {
		return &hostError{fmt.Sprintf("%s://%s is not https", u.Scheme, u.Host),
			"use https; plain http is for loopback hosts only"}
	}
	for i := range r.refused {
		f := &r.refused[i]
		if f.match(u, host) && below(u.Path, f.path) {
			return &hostError{fmt.Sprintf("%s must not get the token", u.Host), f.hint}
		}
	}
	for i := range r.allowed {
		if r.allowed[i].match(u, host) {
			return nil
		}
	}
	switch {
	case len(r.allowed) == 0 && !r.closed:
		return nil
	case len(r.allowed) == 0:
		return &hostError{fmt.Sprintf("no API host is known, so %s may not get the token", u.Host), r.closedHint}
	}
	return &hostError{fmt.Sprintf("%s is not one of the API's hosts (%s)", u.Host, r.list()),
		"call the API's own host; if this is one, set APIURL to it or add it with auth.WithAPIHosts"}
}

func (r *hostRules) list() string {
	names := make([]string, len(r.allowed))
	for i, o := range r.allowed {
		names[i] = o.String()
	}
	return strings.Join(names, ", ")
}

// match compares without allocating; host is u's, as hostname returns it.
func (o *origin) match(u *url.URL, host string) bool {
	return (o.port == "" || portOf(u) == o.port) && (o.scheme == "" || strings.EqualFold(u.Scheme, o.scheme)) &&
		isASCII(host) && strings.EqualFold(host, o.host)
}

func (o origin) String() string {
	h := o.host
	if strings.Contains(h, ":") {
		h = "[" + h + "]"
	}
	if o.port != "" && o.port != defaultPort(o.scheme) {
		h += ":" + o.port
	}
	if o.scheme == "http" {
		h = o.scheme + "://" + h
	}
	return h
}

// hostError is a refusal and what to do about it.
type hostError struct{ msg, hint string }

func (e *hostError) Error() string { return e.msg }

// newHostError makes the refusal an *Error.
func newHostError(vendor string, err error) *Error {
	e := &Error{Vendor: vendor, Op: "authorize the request", Kind: ErrHostNotAllowed, Err: err}
	var h *hostError
	if errors.As(err, &h) {
		e.Hint = h.hint
	}
	return e
}

// parseOrigin reads a host, a host and port, or a URL.
func parseOrigin(s string) (origin, string, error) {
	refuse := func(problem string) (origin, string, error) {
		return origin{}, "", fmt.Errorf("%s %s", quotable(s), problem)
	}
	raw, bare := s, false
	if !strings.Contains(s, "://") {
		if strings.ContainsAny(s, "/?#@\\ ") {
			return refuse("is not a host name")
		}
		bare, raw = true, "https://"+s
	}
	u, err := url.Parse(raw)
	if err != nil {
		return refuse("is not a host name or URL")
	}
	host := hostname(u.Host)
	scheme := strings.ToLower(u.Scheme)
	switch {
	case host == "":
		return refuse("names no host")
	case u.User != nil:
		return refuse("carries a user name")
	case u.RawQuery != "" || u.Fragment != "":
		return refuse("has a query or fragment")
	case !isASCII(host):
		return refuse("has to be written in its ASCII form (xn--…)")
	case strings.ContainsAny(host, "*%_ "):
		return refuse("is not one exact host name")
	case !secure(scheme, host):
		return refuse("is not https (plain http is for loopback hosts only)")
	}
	port := u.Port()
	switch {
	case bare && IsLoopback(host):
		scheme = "" // a test server speaks plain http as often as https, and its port changes from run to run
	case port == "":
		port = defaultPort(scheme)
	}
	return origin{scheme: scheme, host: strings.ToLower(host), port: port}, u.Path, nil
}

// quotable is s for an error's text, unless a password or a key may stand in it: before an @, or in a query.
func quotable(s string) string {
	if strings.ContainsAny(s, "@?#") || strings.Contains(s, "%40") {
		return "the host or URL given (not shown: it has an @, ? or # in it)"
	}
	return strconv.Quote(s)
}

// hostname cuts port, brackets and one trailing dot off a URL's host, without allocating.
func hostname(hostport string) string {
	h := hostport
	if strings.HasPrefix(h, "[") {
		if i := strings.IndexByte(h, ']'); i > 0 {
			return h[1:i]
		}
		return ""
	}
	if i := strings.LastIndexByte(h, ':'); i >= 0 {
		h = h[:i]
	}
	return strings.TrimSuffix(h, ".")
}

// permitsHop reports whether the token may go to u on a way of redirects on which it also goes to other. Without a list of
// hosts, a way stays within one origin.
func (r *hostRules) permitsHop(u, other *url.URL) bool {
	return r.check(u) == nil && (len(r.allowed) > 0 || SameOrigin(u, other))
}

// SameOrigin reports whether two URLs have scheme, host and port in common (RFC 6454), whichever way they are written.
func SameOrigin(a, b *url.URL) bool {
	host := hostname(a.Host)
	return host != "" && isASCII(host) && strings.EqualFold(a.Scheme, b.Scheme) && portOf(a) == portOf(b) &&
		isASCII(b.Host) && strings.EqualFold(host, hostname(b.Host))
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return defaultPort(u.Scheme)
}

func defaultPort(scheme string) string {
	switch {
	case strings.EqualFold(scheme, "https"):
		return "443"
	case strings.EqualFold(scheme, "http"):
		return "80"
	}
	return ""
}

// secure reports whether a credential may travel: by https, or by http to this very machine.
func secure(scheme, host string) bool {
	return strings.EqualFold(scheme, "https") || (strings.EqualFold(scheme, "http") && IsLoopback(host))
}

// IsLoopback reports whether host, without port and brackets, is this very machine by its usual names.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// below reports whether p is prefix or a path under it, however it is spelled.
func below(p, prefix string) bool {
	if prefix == "" {
		return true
	}
	if strings.Contains(p, "//") || strings.Contains(p, "/.") {
		p = path.Clean(p)
	}
	return strings.HasPrefix(p, prefix) && (len(p) == len(prefix) || p[len(prefix)] == '/')
}
