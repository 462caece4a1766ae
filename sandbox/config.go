package sandbox

import (
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// Finventi is a Config of product RRC for the sandbox at baseURL, with the first of its clients that
// the sandbox knows.
func (s *Server) Finventi(baseURL string) finventi.Config {
	return s.FinventiProduct(baseURL, finventi.RRC)
}

// FinventiProduct is a Config of a product for the sandbox at baseURL, with the first of its clients
// that the sandbox knows.
func (s *Server) FinventiProduct(baseURL string, p finventi.Product) finventi.Config {
	path := map[finventi.Product]string{finventi.VerificationOfPayee: finventiPayeePath, finventi.Payments: finventiPaymentsPath}[p]
	path = or(path, finventiAPIPath)
	c := s.firstClient(Finventi, func(c Client) bool { return s.productOf(c.ID) == productsAt[path] })
	return finventi.Config{
		Product:      p,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Realm:        c.Realm,
		AuthURL:      below(baseURL, finventiAuthPath),
		APIURL:       below(baseURL, path),
	}
}

// FinAPI is a Config for the sandbox at baseURL, with the first user that the sandbox knows.
func (s *Server) FinAPI(baseURL string) finapi.Config {
	u := defaultUsers()[0]
	if len(s.users) > 0 {
		u = s.users[0]
	}
	u = u.withDefaults()
	s.mu.Lock()
	if known := s.realms[FinAPI][u.Mandator].users[u.Username]; known != nil {
		u.Password = known.Password
	}
	s.mu.Unlock()
	return finapi.Config{
		Mandator: u.Mandator,
		Username: u.Username,
		Password: u.Password,
		AuthURL:  below(baseURL, finapiAuthPath),
		APIURL:   below(baseURL, finapiAPIPath),
	}
}

// OneFinOps returns a Config for the sandbox at baseURL, with the first client of OneFinOps's own
// sandbox environment.
func (s *Server) OneFinOps(baseURL string) onefinops.Config {
	return s.onefinops(baseURL, testPrefix, onefinopsSandboxAPIPath)
}

// OneFinOpsLive returns a Config for the sandbox at baseURL, with the first client of OneFinOps's
// production environment.
func (s *Server) OneFinOpsLive(baseURL string) onefinops.Config {
	return s.onefinops(baseURL, livePrefix, onefinopsLiveAPIPath)
}

func (s *Server) onefinops(baseURL, prefix, path string) onefinops.Config {
	c := s.firstClient(OneFinOps, func(c Client) bool { return strings.HasPrefix(c.ID, prefix) })
	return onefinops.Config{
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		AuthURL:      below(baseURL, onefinopsAuthPath),
		APIURL:       below(baseURL, path),
	}
}

// FinCalc is a Config for the sandbox at baseURL, with the first client that the sandbox knows.
func (s *Server) FinCalc(baseURL string) fincalc.Config {
	c := s.firstClient(FinCalc, func(Client) bool { return true })
	return fincalc.Config{
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Scope:        c.anyScope(),
		EmailAddress: c.EmailAddress,
		AuthURL:      below(baseURL, fincalcPath),
		APIURL:       below(baseURL, fincalcPath),
	}
}

// firstClient returns the first of a vendor's clients that fits, with its current secret. It returns
// the zero Client if there is none.
func (s *Server) firstClient(v Vendor, fits func(Client) bool) Client {
	clients := s.settings.clients[v]
	if len(clients) == 0 {
		clients = defaultClients(v)
	}
	for _, c := range clients {
		if fits(c) {
			c = c.withDefaults(v)
			c.Secret = s.newestSecret(v, c)
			return c
		}
	}
	return Client{}
}

func (s *Server) newestSecret(v Vendor, c Client) auth.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.realms[v][c.Realm].clients[c.ID]; known != nil {
		return known.secrets[0].value
	}
	return c.Secret
}

func below(baseURL, path string) string { return strings.TrimRight(baseURL, "/") + path }
