package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/journal"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// adminPath is the prefix of the admin API.
const adminPath = "/_sandbox"

// untrustedHost is the answer to a request by a host name that may be another site's.
var untrustedHost = map[string]string{"error": "this host name is not trusted: name it with sandbox.WithTrustedHosts or WithHosts, or with finsdk sandbox -host"}

// WithTrustedHosts adds host names that the page and the admin API answer to. They always answer to
// localhost, IP addresses, names without a dot and the host of WithBaseURL. Another name might
// belong to somebody who points it at this machine to reach the sandbox from a browser.
func WithTrustedHosts(hosts ...string) Option {
	return option(func(s *settings) { s.trustedHosts = append(s.trustedHosts, s.hostNames(hosts)...) })
}

// otherSite is the answer to a request that another site's page makes a browser send.
var otherSite = map[string]string{"error": "another site's page may not do this"}

// crossSite reports whether a browser marks a request as another site's. The vendors' endpoints
// refuse such a request before they read it: the page could lock users and use up limits.
func crossSite(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "cross-site" }

func (s *Server) mountAdmin() {
	methods := map[string][]string{}
	serve := func(pattern string, handler http.HandlerFunc) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" "+adminPath+path, handler)
		methods[path] = append(methods[path], method)
		if method == http.MethodGet {
			methods[path] = append(methods[path], http.MethodHead)
		}
	}
	// filters are the query's members that are taken.
	route := func(pattern string, handle func(*http.Request) (any, error), filters ...string) {
		serve(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.admin(w, r, func(r *http.Request) (any, error) {
				if err := checkQuery(r.URL.RawQuery, filters); err != nil {
					return nil, err
				}
				return handle(r)
			})
		})
	}
	serve("GET /health", s.health)
	serve("GET /events", s.events)
	route("GET /state", func(*http.Request) (any, error) { return s.overview(), nil })
	route("GET /scenarios", func(*http.Request) (any, error) { return scenarioList(), nil })
	route("GET /journal", s.adminJournal, journal.Filters...)
	route("DELETE /journal", func(*http.Request) (any, error) { s.ResetJournal(); return nil, nil })
	route("GET /tokens", s.adminTokens, "vendor")
	route("DELETE /tokens", s.adminRevokeTokens, "vendor")
	route("DELETE /tokens/{id}", s.adminRevokeToken)
	route("GET /faults", func(*http.Request) (any, error) { return s.faultList(), nil })
	route("POST /faults", s.adminInject)
	route("DELETE /faults", func(*http.Request) (any, error) { s.ClearFaults(); return nil, nil })
	route("DELETE /faults/{id}", s.adminRemoveFault)
	route("POST /clock", s.adminClock)
	route("GET /keys/{vendor}", s.adminKeys)
	route("POST /keys/{vendor}", s.adminRollKey)
	route("POST /secrets", s.adminRotate)
	route("POST /logout", s.adminLogout)
	route("POST /accounts", s.adminAccount)
	s.mux.HandleFunc(adminPath+"/", func(w http.ResponseWriter, r *http.Request) {
		s.admin(w, r, func(*http.Request) (any, error) { return nil, errNotFound })
	})
	for path, allowed := range methods {
		slices.Sort(allowed)
		s.mux.HandleFunc(adminPath+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.admin(w, r, func(*http.Request) (any, error) { return nil, errMethod })
		})
	}
}

// checkQuery refuses unknown parameters: with a misspelt filter, a call would apply to everything.
func checkQuery(query string, known []string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the query cannot be read")
	}
	for name, texts := range values {
		switch {
		case len(known) == 0:
			return fmt.Errorf("there is no filter %q, and no other one here", name)
		case !slices.Contains(known, name):
			return fmt.Errorf("there is no filter %q; the filters are %s", name, strings.Join(slices.Sorted(slices.Values(known)), ", "))
		case len(texts) > 1:
			return fmt.Errorf("%s stands there %d times", name, len(texts))
		}
	}
	return nil
}

var (
	errNotFound = errors.New("there is nothing here")
	errMethod   = errors.New("the header Allow names the methods that are taken here")
)

// admin guards and answers a request to the admin API.
func (s *Server) admin(w http.ResponseWriter, r *http.Request, handle func(*http.Request) (any, error)) {
	if !s.guard(w, r) {
		return
	}
	result, err := handle(r)
	refuse := func(status int) { // the prefix is for callers in Go
		respond(w, status, map[string]string{"error": strings.TrimPrefix(err.Error(), "sandbox: ")})
	}
	switch {
	case errors.Is(err, errNotFound):
		refuse(http.StatusNotFound)
	case errors.Is(err, errMethod):
		refuse(http.StatusMethodNotAllowed)
	case err != nil:
		refuse(http.StatusBadRequest)
	case result == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		respond(w, http.StatusOK, result)
	}
}

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

// namesItself reports whether a host is one that the options name.
func (s *Server) namesItself(host string) bool {
	if u, err := url.Parse(s.baseURL); err == nil && u.Hostname() != "" && strings.EqualFold(u.Hostname(), host) {
		return true
	}
	return slices.ContainsFunc(s.trustedHosts, func(h string) bool { return strings.EqualFold(h, host) })
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

// read decodes a request's JSON body, strictly.
func read(r *http.Request, into any) error {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		return errors.New("send application/json")
	}
	d, err := jsondoc.Read("the body", r.Body)
	if err != nil {
		return err
	}
	return d.Decode(into)
}

// health says whether the sandbox works. It answers under any host name, for probes.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if err := s.stateError(); err != nil {
		respond(w, http.StatusInternalServerError, map[string]string{"status": "failing", "error": err.Error()})
		return
	}
	respond(w, http.StatusOK, map[string]string{"status": "ok", "clock": s.clock.now().UTC().Format(time.RFC3339)})
}

// queried are the vendors that a query is about: one, or all.
func queried(r *http.Request) ([]Vendor, error) {
	v := Vendor(r.URL.Query().Get("vendor"))
	if v == "" {
		return Vendors(), nil
	}
	return []Vendor{v}, vendors.Check(v)
}

func (s *Server) adminTokens(r *http.Request) (any, error) {
	wanted, err := queried(r)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(s.Tokens(), func(t IssuedToken) bool { return !slices.Contains(wanted, t.Vendor) }), nil
}

func (s *Server) adminRevokeTokens(r *http.Request) (any, error) {
	n := 0
	wanted, err := queried(r)
	if err != nil {
		return nil, err
	}
	for _, v := range wanted {
		n += s.RevokeTokens(v)
	}
	return map[string]int{"revoked": n}, nil
}

func (s *Server) adminRevokeToken(r *http.Request) (any, error) {
	if !s.RevokeToken(r.PathValue("id")) {
		return nil, errNotFound
	}
	return nil, nil
}

func (s *Server) adminRemoveFault(r *http.Request) (any, error) {
	if !s.RemoveFault(r.PathValue("id")) {
		return nil, errNotFound
	}
	return nil, nil
}

func (s *Server) adminInject(r *http.Request) (any, error) {
	var f faultMessage
	if err := read(r, &f); err != nil {
		return nil, err
	}
	fault, err := f.fault()
	if err != nil {
		return nil, err
	}
	active, err := s.InjectFault(fault)
	if err != nil {
		return nil, err
	}
	return messageOf(active), nil
}

func (s *Server) adminClock(r *http.Request) (any, error) {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil {
		return nil, fmt.Errorf("advance has to be a duration such as 15m, and no more than %s", time.Duration(math.MaxInt64).Truncate(time.Hour))
	}
	if err := s.advance(d); err != nil {
		return nil, err
	}
	return map[string]time.Time{"clock": s.Now()}, nil
}

func (s *Server) adminKeys(r *http.Request) (any, error) {
	v := Vendor(r.PathValue("vendor"))
	if err := vendors.Check(v); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotFound, err)
	}
	set := []jsondoc.Object{}
	for _, k := range s.rings[v].All() {
		set = append(set, k.JWK())
	}
	return jsondoc.Object{{"keys", set}}, nil
}

func (s *Server) adminRollKey(r *http.Request) (any, error) {
	v := Vendor(r.PathValue("vendor"))
	if err := vendors.Check(v); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotFound, err)
	}
	var body struct {
		KeepOld bool `json:"keep_old"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	return nil, s.RollKey(v, body.KeepOld)
}

func (s *Server) adminRotate(r *http.Request) (any, error) {
	var body struct {
		Vendor Vendor `json:"vendor"`
		Client string `json:"client"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := vendors.Check(body.Vendor); err != nil {
		return nil, err
	}
	if body.Client == "" {
		return nil, errors.New("name a client")
	}
	secret, err := s.RotateSecret(body.Vendor, body.Client)
	if err != nil {
		return nil, err
	}
	return map[string]string{"client": body.Client, "secret": secret.Reveal()}, nil
}

func (s *Server) adminLogout(r *http.Request) (any, error) {
	var body struct {
		Mandator string `json:"mandator"`
		User     string `json:"user"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.User == "" {
		return nil, errors.New("name a user")
	}
	return map[string]int{"sessions": s.LogoutUser(body.Mandator, body.User)}, nil
}

func (s *Server) adminAccount(r *http.Request) (any, error) {
	var body struct {
		Vendor   Vendor `json:"vendor"`
		Client   string `json:"client"`
		Mandator string `json:"mandator"`
		User     string `json:"user"`
		Disabled *bool  `json:"disabled"`
		Password string `json:"password"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	switch {
	case body.User != "" && body.Client != "":
		return nil, errors.New("name a user or a client, not both")
	case body.User != "" && body.Vendor != "" && body.Vendor != FinAPI:
		return nil, fmt.Errorf("users are finapi's, %s has none", body.Vendor)
	case body.User == "" && body.Client == "":
		return nil, errors.New("name a user, or a vendor and a client")
	case body.Client != "" && body.Password != "":
		return nil, errors.New("a client has no password; see secrets")
	case body.Client != "":
		if err := vendors.Check(body.Vendor); err != nil {
			return nil, err
		}
	}
	if body.Password != "" {
		if err := s.SetPassword(body.Mandator, body.User, auth.NewSecret(body.Password)); err != nil {
			return nil, err
		}
	}
	switch {
	case body.Disabled == nil && body.Password == "":
		return nil, errors.New("say what to change: disabled or password")
	case body.Disabled == nil:
		return nil, nil
	case body.User != "":
		return nil, s.DisableUser(body.Mandator, body.User, *body.Disabled)
	}
	return nil, s.DisableClient(body.Vendor, body.Client, *body.Disabled)
}
