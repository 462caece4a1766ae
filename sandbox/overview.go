package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// overview is what the page shows beside the journal.
type overview struct {
	Clock   time.Time        `json:"clock"`
	Vendors []vendorOverview `json:"vendors"`
	Tokens  []IssuedToken    `json:"tokens"` // the newest
	Faults  []faultMessage   `json:"faults"`
}

type vendorOverview struct {
	Vendor        Vendor            `json:"vendor"`
	Title         string            `json:"title"`
	AuthPath      string            `json:"auth_path"`
	APIPath       string            `json:"api_path"`
	LiveAPIPath   string            `json:"live_api_path,omitempty"` // where production has another
	ProductPaths  map[string]string `json:"product_paths,omitempty"` // where products have others, by name
	Invoice       any               `json:"invoice,omitempty"`       // of OneFinOps' document, to be registered
	TokenRequests int               `json:"token_requests"`
	Accounts      []accountOverview `json:"accounts"`
}

// accountOverview is an account with its secret: the sandbox's accounts are there to be tried.
type accountOverview struct {
	Realm    string `json:"realm,omitempty"`
	Product  string `json:"product,omitempty"` // that the client is for, where there are several
	Client   string `json:"client"`
	User     string `json:"user,omitempty"`
	Secret   string `json:"secret,omitempty"`
	Email    string `json:"email,omitempty"`
	Scope    string `json:"scope,omitempty"` // one that the client may ask for, if it must ask for one
	Disabled bool   `json:"disabled,omitempty"`
	Note     string `json:"note,omitempty"`
	Sessions int    `json:"sessions,omitempty"`
}

// shownTokens is how many tokens the page lists.
const shownTokens = 50

func (s *Server) overview() overview {
	o := overview{Clock: s.clock.now(), Tokens: s.newestTokens(shownTokens), Faults: s.faultList()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range Vendors() {
		vo := vendorOverview{Vendor: v, Title: vendors.Title(v), TokenRequests: s.counts[v], Accounts: []accountOverview{}}
		switch v {
		case Finventi:
			vo.AuthPath, vo.APIPath = finventiAuthPath, finventiAPIPath
			vo.ProductPaths = map[string]string{}
			for path, name := range productsAt {
				vo.ProductPaths[name] = path
			}
		case FinAPI:
			vo.AuthPath, vo.APIPath = finapiAuthPath, finapiAPIPath
		case OneFinOps:
			vo.AuthPath, vo.APIPath, vo.LiveAPIPath = onefinopsAuthPath, onefinopsSandboxAPIPath, onefinopsLiveAPIPath
			ops, _ := s.document(v).At("/v1/einvoices/generate")
			vo.Invoice = ops[http.MethodPost].Request()
		case FinCalc:
			vo.AuthPath, vo.APIPath = fincalcPath, fincalcPath
		}
		for _, name := range slices.Sorted(maps.Keys(s.realms[v])) {
			vo.Accounts = append(vo.Accounts, s.accounts(s.realms[v][name])...)
		}
		o.Vendors = append(o.Vendors, vo)
	}
	return o
}

// accounts lists a realm's users, and its clients with a secret. The mutex is held.
func (s *Server) accounts(rm *realm) []accountOverview {
	now := s.clock.now()
	list := []accountOverview{}
	for _, u := range slices.SortedFunc(maps.Values(rm.users), func(a, b *user) int { return cmp.Compare(a.rank, b.rank) }) {
		name := u.Username
		a := accountOverview{Realm: rm.name, Client: demobankClient, User: name, Secret: u.Password.Reveal(), Disabled: u.Disabled}
		if len(u.RequiredActions) > 0 {
			a.Note = "not fully set up"
		}
		if now.Before(u.lockedUntil) {
			a.Note = "locked after wrong passwords"
		}
		for _, x := range rm.sessions {
			if x.user == name && !x.detached && x.alive(rm.lifetimes, now) {
				a.Sessions++
			}
		}
		list = append(list, a)
	}
	clients := slices.SortedFunc(maps.Values(rm.clients), func(a, b *client) int { return cmp.Compare(a.rank, b.rank) })
	for _, c := range clients {
		if c.Public {
			continue
		}
		a := accountOverview{Realm: rm.name, Client: c.ID, Secret: c.secrets[0].value.Reveal(), Email: c.EmailAddress, Disabled: c.Disabled}
		switch rm.vendor {
		case Finventi:
			a.Product = s.productOf(c.ID)
		case FinCalc:
			a.Scope = c.anyScope()
		}
		if len(c.secrets) > 1 && now.Before(c.secrets[1].until) {
			a.Note = "the secret before works until " + c.secrets[1].until.UTC().Format("Jan 2, 15:04 MST")
		}
		list = append(list, a)
	}
	return list
}
