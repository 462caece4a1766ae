package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// untrustedHost is the answer to a request by a host name that may be another site's.
var untrustedHost = map[string]string{"error": "this host name is not trusted: name it with sandbox.WithTrustedHosts or WithHosts, or with finsdk sandbox -host"}

// otherSite is the answer to a request that another site's page makes a browser send.
var otherSite = map[string]string{"error": "another site's page may not do this"}

// crossSite reports whether a browser marks a request as another site's. The vendors' endpoints
// refuse such a request before they read it: the page could lock users and use up limits.
func crossSite(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "cross-site" }

// guard refuses a browser, unless it shows the sandbox's own page. It lets other programs through.
func (s *Server) guard(w http.ResponseWriter, r *http.Request) bool {
	if !s.trusts(r.Host) {
		respond(w, http.StatusForbidden, untrustedHost)
		return false
	}
	if err := s.sameOrigin.Check(r); err != nil {
		respond(w, http.StatusForbidden, otherSite)
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		respond(w, http.StatusForbidden, otherSite)
		return false
	}
	return true
}

// trusted is a handler for requests by a host name that is trusted.
func (s *Server) trusted(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.trusts(r.Host) {
			respond(w, http.StatusForbidden, untrustedHost)
			return
		}
		handler(w, r)
	}
}

// trusts reports whether a Host header cannot be a name that an attacker's own DNS answers for.
func (s *Server) trusts(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return s.namesItself(host)
}

func respond(w http.ResponseWriter, status int, v any) {
	body, err := jsondoc.Encode(v)
	if err != nil {
		panic(err) // plain data
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
