package sandbox

import (
	"cmp"
	"strings"

	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// Finventi is a Config of product RRC for the sandbox at baseURL, with the first of its clients
// that the sandbox knows.
func (s *Server) Finventi(baseURL string) finventi.Config {
	return s.FinventiProduct(baseURL, finventi.RRC)
}

// FinventiProduct is a Config of a product for the sandbox at baseURL, with the first of its
// clients that the sandbox knows.
func (s *Server) FinventiProduct(baseURL string, p finventi.Product) finventi.Config {
	path := map[finventi.Product]string{finventi.VerificationOfPayee: vendors.FinventiPayeePath, finventi.Payments: vendors.FinventiPaymentsPath}[p]
	path = cmp.Or(path, vendors.FinventiAPIPath)
	c := s.accounts.FirstClient(Finventi, func(c accounts.Client) bool { return s.document(Finventi).ProductOf(c.ID) == productAt(path) })
	return finventi.Config{
		Product:      p,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Realm:        c.Realm,
		AuthURL:      below(baseURL, vendors.FinventiAuthPath),
		APIURL:       below(baseURL, path),
	}
}

// FinAPI is a Config for the sandbox at baseURL, with the first user that the sandbox knows.
func (s *Server) FinAPI(baseURL string) finapi.Config {
	u := s.accounts.FirstUser()
	return finapi.Config{
		Mandator: u.Mandator,
		Username: u.Username,
		Password: u.Password,
		AuthURL:  below(baseURL, vendors.FinAPIAuthPath),
		APIURL:   below(baseURL, vendors.FinAPIAPIPath),
	}
}

// OneFinOps returns a Config for the sandbox at baseURL, with the first client of OneFinOps's own
// sandbox environment.
func (s *Server) OneFinOps(baseURL string) onefinops.Config {
	return s.onefinops(baseURL, accounts.TestPrefix, vendors.OneFinOpsSandboxAPIPath)
}

// OneFinOpsLive returns a Config for the sandbox at baseURL, with the first client of OneFinOps's
// production environment.
func (s *Server) OneFinOpsLive(baseURL string) onefinops.Config {
	return s.onefinops(baseURL, accounts.LivePrefix, vendors.OneFinOpsLiveAPIPath)
}

func (s *Server) onefinops(baseURL, prefix, path string) onefinops.Config {
	c := s.accounts.FirstClient(OneFinOps, func(c accounts.Client) bool { return strings.HasPrefix(c.ID, prefix) })
	return onefinops.Config{
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		AuthURL:      below(baseURL, vendors.OneFinOpsAuthPath),
		APIURL:       below(baseURL, path),
	}
}

// FinCalc is a Config for the sandbox at baseURL, with the first client that the sandbox knows.
func (s *Server) FinCalc(baseURL string) fincalc.Config {
	c := s.accounts.FirstClient(FinCalc, func(accounts.Client) bool { return true })
	return fincalc.Config{
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Scope:        c.AnyScope(),
		EmailAddress: c.EmailAddress,
		AuthURL:      below(baseURL, vendors.FinCalcPath),
		APIURL:       below(baseURL, vendors.FinCalcPath),
	}
}

func below(baseURL, path string) string { return strings.TrimRight(baseURL, "/") + path }

// URLs returns the base URLs of a vendor's authorization server and API for the sandbox at baseURL.
// They are empty for a vendor that the sandbox does not play.
func (s *Server) URLs(baseURL string, v Vendor) (authURL, apiURL string) {
	for _, site := range s.sites {
		if site.vendor == v {
			return below(baseURL, site.auth()), below(baseURL, site.apis[len(site.apis)-1])
		}
	}
	return "", ""
}
