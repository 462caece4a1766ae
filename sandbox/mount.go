package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// endpoints are what the operations of the authorization servers are called in the journal.
var endpoints = map[string]Endpoint{
	"GetKeys":         KeysEndpoint,
	"RevokeToken":     RevocationEndpoint,
	"EndSession":      LogoutEndpoint,
	"IntrospectToken": IntrospectEndpoint,
}

// mount routes each vendor's paths to the operations of its document.
func (s *Server) mount() {
	for _, v := range s.sites {
		for _, prefix := range v.prefixes() {
			route := func(w http.ResponseWriter, r *http.Request) { s.route(w, r, v, prefix) }
			s.mux.HandleFunc(prefix+"/", route)
			s.mux.HandleFunc(prefix, route) // the router would redirect, unseen by the journal
		}
	}
}

// route finds the operation that a request below a prefix is for.
func (s *Server) route(w http.ResponseWriter, r *http.Request, v site, prefix string) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), prefix)
	ops, values := v.document.At(path)
	maps.DeleteFunc(ops, func(_ string, op *openapi.Operation) bool { return !v.serves(prefix, op) })
	if logout := ops[http.MethodPost]; logout != nil && endpoints[logout.ID] == LogoutEndpoint {
		ops[http.MethodGet] = logout // by a browser, which no document has
	}
	op := ops[r.Method]
	if op == nil && r.Method == http.MethodHead {
		op = ops[http.MethodGet]
	}
	if op == nil {
		var methods []string // nil if nothing is served at the path
		if len(ops) > 0 {
			methods = slices.Sorted(maps.Keys(ops))
		}
		s.elsewhere(v.vendor, methods)(w, r)
		return
	}
	for name, value := range values {
		r.SetPathValue(name, value)
	}
	run, endpoint := v.server[op.ID], endpoints[op.ID]
	switch {
	case op.Tagged("api"):
		run, endpoint = v.api.Serve, APIEndpoint
	case op.Tagged("token"):
		endpoint = TokenEndpoint
	case endpoint == "":
		endpoint = OtherEndpoint
	}
	if run == nil {
		run = func(*call.Call) answer.Answer { return call.Example(op) }
	}
	s.serve(w, r, v.vendor, endpoint, op, func(c *call.Call) answer.Answer {
		a := keycloak.Hardened(c, run(c))
		if endpoint == TokenEndpoint {
			a = c.Completed(a)
		}
		return a
	})
}

// mountDiscovery serves what stands beside the endpoints in the documents.
func (s *Server) mountDiscovery() {
	for _, v := range vendors.Keycloaks() {
		for _, p := range s.keycloak.Pages() {
			for _, path := range p.Paths(vendors.AuthPath(v)) {
				for _, method := range p.Methods {
					s.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
						s.serve(w, r, v, p.Endpoint, nil, func(c *call.Call) answer.Answer { return s.keycloak.Page(c, p) })
					})
				}
				s.mux.HandleFunc(path, s.elsewhere(v, p.Methods))
			}
		}
	}
}

// elsewhere answers a path that a vendor does not serve: 405 if it serves other methods, 404
// otherwise.
func (s *Server) elsewhere(v Vendor, methods []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, v, OtherEndpoint, nil, func(c *call.Call) answer.Answer { return s.nothingHere(c, methods) })
	}
}

// nothingHere is the vendor's answer if it serves nothing at a path, or only the methods named.
func (s *Server) nothingHere(c *call.Call, methods []string) answer.Answer {
	if c.FromKeycloak() {
		return s.keycloak.Nothing(c, methods)
	}
	status := http.StatusNotFound
	if methods != nil {
		status = http.StatusMethodNotAllowed
	}
	a := failures.Of(c.Vendor, c.Endpoint, status, http.StatusText(status))
	if methods != nil {
		a.With("Allow", strings.Join(methods, ", "))
	}
	return a
}
