package sandbox

import (
	"net/http"
	"slices"
	"strings"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
)

// mount routes each vendor's paths to the generated server interfaces.
func (s *Server) mount() {
	fv := finventiVendor{s}
	for prefix, keep := range map[string]func(string) bool{finventiAuthPath: isKeycloakPath, finventiAPIPath: isAPIPath} {
		m := &prefixMux{server: s, vendor: Finventi, prefix: prefix, keep: keep}
		finventiserver.HandlerWithOptions(fv, finventiserver.StdHTTPServerOptions{BaseURL: prefix, BaseRouter: m, ErrorHandlerFunc: fv.badRequest})
		m.close()
	}
	fa := finapiVendor{s}
	for prefix, keep := range map[string]func(string) bool{finapiAuthPath: isKeycloakPath, finapiAPIPath: isAPIPath} {
		m := &prefixMux{server: s, vendor: FinAPI, prefix: prefix, keep: keep}
		finapiserver.HandlerWithOptions(fa, finapiserver.StdHTTPServerOptions{BaseURL: prefix, BaseRouter: m})
		m.close()
	}
	for prefix, of := range map[string]onefinopsVendor{
		onefinopsAuthPath:       {Server: s},
		onefinopsLiveAPIPath:    {Server: s, clients: livePrefix},
		onefinopsSandboxAPIPath: {Server: s, clients: testPrefix},
	} {
		keep := isAPIPath
		if of.clients == "" {
			keep = isKeycloakPath
		}
		m := &prefixMux{server: s, vendor: OneFinOps, prefix: prefix, keep: keep}
		onefinopsserver.HandlerWithOptions(of, onefinopsserver.StdHTTPServerOptions{BaseURL: prefix, BaseRouter: m, ErrorHandlerFunc: of.badRequest})
		m.close()
	}
	fc := fincalcVendor{s}
	m := &prefixMux{server: s, vendor: FinCalc, prefix: fincalcPath, keep: isAPIPath}
	fincalcserver.HandlerWithOptions(fc, fincalcserver.StdHTTPServerOptions{BaseURL: fincalcPath, BaseRouter: m, ErrorHandlerFunc: fc.badRequest})
	m.close()
}

func isKeycloakPath(path string) bool { return strings.Contains(path, "/protocol/openid-connect/") }

func isAPIPath(path string) bool { return !isKeycloakPath(path) }

// prefixMux takes the routes that a generated server registers. A document describes two servers, the authorization
// server and the API, so each mount keeps the routes of one.
type prefixMux struct {
	server  *Server
	vendor  Vendor
	prefix  string
	keep    func(path string) bool
	methods map[string][]string
}

func (m *prefixMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	method, path, _ := strings.Cut(pattern, " ")
	if !m.keep(path) {
		return
	}
	if m.methods == nil {
		m.methods = map[string][]string{}
	}
	m.methods[path] = append(m.methods[path], method)
	m.server.mux.HandleFunc(pattern, handler)
}

func (m *prefixMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.server.mux.ServeHTTP(w, r) }

// close answers what no route takes: the other methods of each path, and all other paths.
func (m *prefixMux) close() {
	mux, other := m.server.mux, m.server.elsewhere(m.vendor)
	for path, methods := range m.methods {
		if strings.HasSuffix(path, "/logout") {
			methods = append(methods, http.MethodGet) // by a browser, which no document has
			mux.HandleFunc("GET "+path, m.leave)
		}
		slices.Sort(methods)
		mux.HandleFunc(path, other(methods))
	}
	mux.HandleFunc(m.prefix+"/", other(nil))
	mux.HandleFunc(m.prefix, other(nil)) // the router would redirect, unseen by the journal
}

// leave is the logout of a browser.
func (m *prefixMux) leave(w http.ResponseWriter, r *http.Request) {
	realmName, _ := realmIn(r.URL.Path)
	m.server.serve(w, r, m.vendor, LogoutEndpoint, keycloak(realmName, endSession))
}

// elsewhere answers where a vendor serves nothing: 405 where other methods are served, 404 otherwise.
func (s *Server) elsewhere(v Vendor) func(methods []string) http.HandlerFunc {
	return func(methods []string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s.serve(w, r, v, OtherEndpoint, func(c *call) answer { return c.nothingHere(methods) })
		}
	}
}

// nothingHere is the vendor's answer where it serves nothing, or only the methods named.
func (c *call) nothingHere(methods []string) answer {
	if c.fromKeycloak() {
		return c.keycloakNothing(methods)
	}
	status := http.StatusNotFound
	if methods != nil {
		status = http.StatusMethodNotAllowed
	}
	var a answer
	switch c.vendor {
	case FinCalc:
		a = fincalcFailure(status, http.StatusText(status))
	case OneFinOps:
		a = onefinopsFailure(status, http.StatusText(status))
	default:
		a = oauthError(status, strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"), "")
	}
	if methods != nil {
		a.with("Allow", strings.Join(methods, ", "))
	}
	return a
}
