package sandbox

import (
	"net/http"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/clientbook"
	"github.com/finsdk/finsdk-go/sandbox/internal/documented"
	"github.com/finsdk/finsdk-go/sandbox/internal/finapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/fincalc"
	"github.com/finsdk/finsdk-go/sandbox/internal/finventi"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/journal"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/onefinops"
	"github.com/finsdk/finsdk-go/sandbox/internal/page"
	"github.com/finsdk/finsdk-go/sandbox/internal/ratelimit"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// New returns a Server. If an option is invalid, [Server.Err] reports it and every request gets
// 500. [Start] and [Listen] report it themselves.
func New(opts ...Option) *Server {
	s := &Server{
		settings:   defaultSettings(),
		sameOrigin: http.NewCrossOriginProtection(),
		rings:      map[Vendor]*signing.Ring{},
		counts:     map[Vendor]int{},
		done:       make(chan struct{}),
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&s.settings)
		}
	}
	s.clock.base = s.now
	s.faults.NoMagic = s.noMagic
	s.journal = journal.New(s.known)
	for key, limit := range defaultLimits() {
		if _, set := s.limits[key]; !set {
			s.limits[key] = limit
		}
	}
	limiters := map[gate.Key]*ratelimit.Limiter{}
	for key, limit := range s.limits {
		if limit.Requests > 0 {
			limiters[key] = &ratelimit.Limiter{Requests: limit.Requests, Per: limit.Per}
		}
	}
	for _, v := range s.played() {
		s.rings[v] = &signing.Ring{}
	}
	s.accounts = accounts.New(accounts.Setup{
		Clients:   s.clients,
		Users:     s.users,
		Lifetimes: s.lifetimes,
		Disabled:  s.disabledRealms,
		Document:  s.document,
		Bare:      s.noDocument,
		IsMagic:   func(v Vendor, account string) bool { return s.faults.ScenarioOf(v, account) != "" },
	}, s.played())
	s.keycloak = &keycloak.Server{
		Accounts:      s.accounts,
		Rings:         s.rings,
		Before266:     s.keycloak265,
		Rotation:      s.rotation,
		HTTPSRequired: s.httpsRequired,
		Disabled:      s.disabledRealms,
		Login:         accounts.LoginPolicy{Failures: s.bruteForce, Lock: s.lock, DisabledFirst: s.keycloak265},
	}
	s.gate = &gate.Gate{Accounts: s.accounts, Rings: s.rings, BaseURL: s.baseURL, Limiters: limiters}
	s.oneFinOps = &onefinops.API{Gate: s.gate}
	s.finCalc = &fincalc.API{Gate: s.gate, Book: clientbook.New()}
	s.sites = s.theSites()
	s.mux = http.NewServeMux()
	s.mount()
	s.mountDiscovery()
	s.mountAdmin()
	for pattern, handler := range page.Handlers(adminPath) {
		s.mux.HandleFunc(pattern, s.trusted(handler))
	}
	s.mountNowhere()
	if err := s.loadState(); err != nil {
		s.fail("%w", err)
	}
	return s
}

// ServeHTTP answers as the vendor does whose prefix the path begins with.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.err != nil {
		http.Error(w, s.err.Error(), http.StatusInternalServerError)
		return
	}
	if v, ok := vendors.KeycloakAt(r.URL.Path); ok {
		if a := keycloak.Unfit(r.URL); a != nil {
			s.serve(w, r, v, OtherEndpoint, nil, func(*call.Call) answer.Answer { return *a })
			return
		}
		r = keycloak.WithoutSlash(r)
	} else if r.URL.Path != "/" && !keycloak.Normal(r.URL.EscapedPath()) && !strings.HasPrefix(r.URL.Path, adminPath+"/") {
		s.straighten(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// theSites are the vendors that a Server with these settings plays.
func (s *Server) theSites() []site {
	keycloaks := s.keycloak.Operations()
	finventis := &finventi.API{Gate: s.gate, Document: s.document(Finventi)}
	sites := []site{
		{Finventi, s.document(Finventi), keycloaks, finventis.Resource(), []string{vendors.FinventiPayeePath, vendors.FinventiPaymentsPath, vendors.FinventiAPIPath}},
		{FinAPI, s.document(FinAPI), keycloaks, finapi.API(s.gate), []string{vendors.FinAPIAPIPath}},
		{OneFinOps, s.document(OneFinOps), keycloaks, s.oneFinOps.Resource(), []string{vendors.OneFinOpsLiveAPIPath, vendors.OneFinOpsSandboxAPIPath}},
		{FinCalc, s.document(FinCalc), s.finCalc.Operations(), s.finCalc.Resource(), []string{vendors.FinCalcPath}},
	}
	for _, v := range s.played()[len(sites):] {
		d := s.documents[v]
		sites = append(sites, site{v, d, documented.Operations(s.gate, d), documented.API(s.gate), []string{"/" + string(v) + "/api"}})
	}
	return sites
}
