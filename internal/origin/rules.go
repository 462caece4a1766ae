package origin

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Rules decide which requests may carry a token. The zero Rules allow every https origin and every
// loopback origin.
type Rules struct {
	allowed []Origin
	refused []refusal
	hint    string   // how to name a host; "" if none must be named
	usual   []string // the usual URL spelling of allowed https origins without refused paths
}

type refusal struct {
	Origin
	path string // without a trailing slash; "" is the whole origin
	hint string
}

// Allow adds an origin that may receive the token.
func (r *Rules) Allow(o Origin) {
	r.allowed = append(r.allowed, o)
	r.index()
}

// Refuse keeps the token from path and everything below it on o, even if Allow names o. hint says
// where to send it instead.
func (r *Rules) Refuse(o Origin, path, hint string) {
	r.refused = append(r.refused, refusal{o, strings.TrimRight(path, "/"), hint})
	r.index()
}

// RefuseOthers refuses every origin that Allow has not named, even if it has named none. hint says
// how to name one.
func (r *Rules) RefuseOthers(hint string) { r.hint = hint }

// Add adds the rules of more, and does not change more.
func (r *Rules) Add(more Rules) {
	r.allowed = slices.Concat(r.allowed, more.allowed)
	r.refused = slices.Concat(r.refused, more.refused)
	if more.hint != "" {
		r.hint = more.hint
	}
	r.index()
}

func (r *Rules) index() {
	r.usual = nil
	for i := range r.allowed {
		o := &r.allowed[i]
		if o.scheme == schemeHTTPS && !slices.ContainsFunc(r.refused, func(f refusal) bool { return f.Equal(o) }) {
			r.usual = append(r.usual, o.String())
		}
	}
}

// A Refusal says why a request may not carry the token, and what to do about it.
type Refusal struct{ Problem, Hint string }

func (e *Refusal) Error() string { return e.Problem }

// Check returns a [*Refusal] unless req may carry the token. It does not allocate for an allowed
// request.
func (r *Rules) Check(req *http.Request) error {
	// Nearly every request passes here. check gives the same result more slowly.
	if u := req.URL; u != nil && u.Scheme == "https" && u.User == nil && u.Opaque == "" && (req.Host == u.Host || req.Host == "") &&
		(slices.Contains(r.usual, u.Host) || r.allowsAll() && isName(u.Host) && !endsInNumber(u.Host)) {
		return nil
	}
	_, err := r.check(req)
	return err
}

// allowsAll reports whether r allows every https origin.
func (r *Rules) allowsAll() bool {
	return len(r.allowed) == 0 && len(r.refused) == 0 && r.hint == ""
}

// PermitsChain reports whether a chain of redirects that began with a token may carry it to its
// last request. The server that answers a request chooses the URL of the next one. So every request
// must pass [Rules.Check] and, if no origin is allowed by name, all must have the same origin.
func (r *Rules) PermitsChain(chain []*http.Request) bool {
	var first Origin
	for i, req := range chain {
		o, err := r.check(req)
		switch {
		case err != nil:
			return false
		case i == 0:
			first = o
		case len(r.allowed) == 0 && !o.Equal(&first):
			return false
		}
	}
	return true
}

func (r *Rules) check(req *http.Request) (Origin, error) {
	o, p, err := target(req)
	switch {
	case err != nil && len(r.allowed) == 0 && r.hint != "":
		// A client without a base URL has no host to call.
		return o, &Refusal{"no API host is known", r.hint}
	case err != nil:
		return o, err
	}
	for i := range r.refused {
		if f := &r.refused[i]; f.Equal(&o) && below(p, f.path) {
			return o, &Refusal{o.String() + " must not get the token", f.hint}
		}
	}
	for i := range r.allowed {
		if r.allowed[i].matches(&o) {
			return o, nil
		}
	}
	switch {
	case len(r.allowed) > 0:
		return o, &Refusal{o.String() + " is not one of the API's hosts (" + r.list() + ")",
			"call the API's own host; if this is one, set APIURL to it or add it with auth.WithAPIHosts"}
	case r.hint != "":
		return o, &Refusal{"no API host is known, so " + o.String() + " may not get the token", r.hint}
	}
	return o, nil
}

func (r *Rules) list() string {
	names := make([]string, len(r.allowed))
	for i := range r.allowed {
		names[i] = r.allowed[i].String()
	}
	return strings.Join(names, ", ")
}

// target returns the origin and path that req leads to. The connection and the Host header must
// name the same origin: otherwise a server with several names would pass the token to another of
// them.
func target(req *http.Request) (Origin, string, error) {
	u := req.URL
	if u == nil {
		return Origin{}, "", &Refusal{Problem: "the request has no URL"}
	}
	o, err := Of(u)
	if err != nil {
		return o, "", invalid(u, err)
	}
	if req.Host != "" && req.Host != u.Host {
		host, err := of(u.Scheme, req.Host)
		if err != nil || !host.Equal(&o) {
			return o, "", &Refusal{"the Host header names another host than the URL",
				"set the request's Host to \"\"; in a httputil.ReverseProxy, use Rewrite with SetURL instead of a Director"}
		}
	}
	if u.Opaque != "" {
		p, ok := opaquePath(u, &o)
		if !ok {
			return o, "", &Refusal{"the URL's opaque part leads elsewhere than its host", "set the URL's Path and RawPath instead of Opaque"}
		}
		return o, p, nil
	}
	return o, u.Path, nil
}

// opaquePath returns the path in u.Opaque, which net/http sends in place of u.Path. It fails if
// u.Opaque names another origin.
func opaquePath(u *url.URL, o *Origin) (string, bool) {
	sent, err := url.Parse(u.Opaque)
	if err != nil || sent.User != nil || !strings.HasPrefix(u.Opaque, "/") {
		return "", false
	}
	if strings.HasPrefix(u.Opaque, "//") {
		named, err := of(u.Scheme, sent.Host)
		if err != nil || !named.Equal(o) {
			return "", false
		}
	}
	return sent.Path, true
}

func invalid(u *url.URL, err error) error {
	r := &Refusal{Problem: "the URL " + err.Error()}
	if _, malformed := parseAuthority(u.Host); malformed == nil {
		r.Problem = u.Scheme + "://" + u.Host + " " + err.Error()
	}
	if p, ok := err.(*problem); ok {
		r.Hint = p.hint
	}
	return r
}

// below reports whether a server may read p as prefix or a path under it. It may drop a segment's
// parameters (RFC 3986 section 3.3), read a backslash as a slash, or ignore case.
func below(p, prefix string) bool {
	if prefix == "" {
		return true
	}
	p, prefix = plain(p), plain(prefix)
	return len(p) >= len(prefix) && strings.EqualFold(p[:len(prefix)], prefix) && (len(p) == len(prefix) || p[len(prefix)] == '/')
}

func plain(p string) string {
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	if strings.Contains(p, `\`) {
		p = strings.ReplaceAll(p, `\`, "/")
	}
	if strings.Contains(p, ";") {
		segments := strings.Split(p, "/")
		for i, s := range segments {
			segments[i], _, _ = strings.Cut(s, ";")
		}
		p = strings.Join(segments, "/")
	}
	if strings.Contains(p, "//") || strings.Contains(p, "/.") {
		p = path.Clean(p)
	}
	return p
}
