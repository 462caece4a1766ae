package sandbox

import (
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/finventi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// overview is what the page shows beside the journal.
type overview struct {
	Clock   time.Time        `json:"clock"`
	Vendors []vendorOverview `json:"vendors"`
	Tokens  []accounts.Token `json:"tokens"` // the newest
	Faults  []faultMessage   `json:"faults"`
}

type vendorOverview struct {
	Vendor        Vendor            `json:"vendor"`
	Title         string            `json:"title"`
	AuthPath      string            `json:"auth_path"`
	APIPath       string            `json:"api_path"`
	LiveAPIPath   string            `json:"live_api_path,omitempty"` // if production has another
	ProductPaths  map[string]string `json:"product_paths,omitempty"` // if products have others, by name
	Invoice       any               `json:"invoice,omitempty"`       // of OneFinOps' document, to be registered
	TokenRequests int               `json:"token_requests"`
	Accounts      []accountOverview `json:"accounts"`
}

// accountOverview is an account with its secret: the sandbox's accounts are there to be tried.
type accountOverview struct {
	Realm    string `json:"realm,omitempty"`
	Product  string `json:"product,omitempty"` // of the client, if the vendor has several
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
	o := overview{Clock: s.clock.now(), Tokens: s.accounts.Tokens(shownTokens, s.clock.now()), Faults: s.faultList()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range Vendors() {
		vo := vendorOverview{Vendor: v, Title: vendors.Title(v), TokenRequests: s.counts[v], Accounts: []accountOverview{}}
		vo.AuthPath, vo.APIPath = s.URLs("", v)
		switch v {
		case Finventi:
			vo.ProductPaths = map[string]string{}
			for path, name := range finventi.Products() {
				vo.ProductPaths[name] = path
			}
		case OneFinOps:
			vo.LiveAPIPath = vendors.OneFinOpsLiveAPIPath
			ops, _ := s.document(v).At("/v1/einvoices/generate")
			vo.Invoice = ops[http.MethodPost].Request()
		}
		for _, rm := range s.accounts.Realms(v) {
			vo.Accounts = append(vo.Accounts, s.accountsOf(rm, o.Clock)...)
		}
		o.Vendors = append(o.Vendors, vo)
	}
	return o
}

// accountsOf lists a realm's users, and its clients with a secret.
func (s *Server) accountsOf(rm *accounts.Realm, now time.Time) (list []accountOverview) {
	for _, e := range s.accounts.Entries(rm, now) {
		a := accountOverview{Realm: e.Realm, Secret: e.Secret.Reveal(), Disabled: e.Disabled, Sessions: e.Sessions}
		switch {
		case e.User != nil:
			a.Client, a.User = accounts.Demobank, e.User.Username
		default:
			a.Client, a.Email = e.Client.ID, e.Client.EmailAddress
		}
		switch rm.Vendor {
		case Finventi:
			a.Product = s.document(Finventi).ProductOf(a.Client)
		case FinCalc:
			a.Scope = e.Client.AnyScope()
		}
		switch {
		case e.Locked:
			a.Note = "locked after wrong passwords"
		case e.User != nil && len(e.User.RequiredActions) > 0:
			a.Note = "not fully set up"
		case !e.Until.IsZero():
			a.Note = "the secret before works until " + e.Until.UTC().Format("Jan 2, 15:04 MST")
		}
		list = append(list, a)
	}
	return list
}
