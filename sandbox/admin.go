package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/journal"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

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
	route("POST /faults", reading(s.adminInject))
	route("DELETE /faults", func(*http.Request) (any, error) { s.ClearFaults(); return nil, nil })
	route("DELETE /faults/{id}", s.adminRemoveFault)
	route("POST /clock", reading(s.adminClock))
	route("GET /keys/{vendor}", s.adminKeys)
	route("POST /keys/{vendor}", reading(s.adminRollKey))
	route("POST /secrets", reading(s.adminRotate))
	route("POST /logout", reading(s.adminLogout))
	route("POST /accounts", reading(s.adminAccount))
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

// reading makes a handler of one that takes the request's JSON body, which is decoded strictly.
func reading[B any](handle func(*http.Request, B) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/json") {
			return nil, errors.New("send application/json")
		}
		d, err := jsondoc.Read("the body", r.Body)
		if err != nil {
			return nil, err
		}
		var body B
		if err := d.Decode(&body); err != nil {
			return nil, err
		}
		return handle(r, body)
	}
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

func (s *Server) adminInject(_ *http.Request, f faultMessage) (any, error) {
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

func (s *Server) adminClock(_ *http.Request, body struct {
	Advance string `json:"advance"`
}) (any, error) {
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

func (s *Server) adminRollKey(r *http.Request, body struct {
	KeepOld bool `json:"keep_old"`
}) (any, error) {
	v := Vendor(r.PathValue("vendor"))
	if err := vendors.Check(v); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotFound, err)
	}
	return nil, s.RollKey(v, body.KeepOld)
}

func (s *Server) adminRotate(_ *http.Request, body struct {
	Vendor Vendor `json:"vendor"`
	Client string `json:"client"`
}) (any, error) {
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

func (s *Server) adminLogout(_ *http.Request, body struct {
	Mandator string `json:"mandator"`
	User     string `json:"user"`
}) (any, error) {
	if body.User == "" {
		return nil, errors.New("name a user")
	}
	return map[string]int{"sessions": s.LogoutUser(body.Mandator, body.User)}, nil
}

func (s *Server) adminAccount(_ *http.Request, body struct {
	Vendor   Vendor `json:"vendor"`
	Client   string `json:"client"`
	Mandator string `json:"mandator"`
	User     string `json:"user"`
	Disabled *bool  `json:"disabled"`
	Password string `json:"password"`
}) (any, error) {
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
