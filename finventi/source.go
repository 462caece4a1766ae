package finventi

import (
	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// NewTokenSource checks c and returns a token source on it, which asks for no token before one is wanted. Its tokens
// go to the host of c.APIURL and to the hosts that auth.WithAPIHosts adds; without either, in production, to none.
func NewTokenSource(c Config, opts ...auth.Option) (*auth.TokenSource, error) {
	g, err := NewGrant(c)
	if err != nil {
		return nil, err
	}
	site, err := g.site()
	if err != nil {
		return nil, err
	}
	return auth.NewTokenSource(g, append(site.Options(), opts...)...)
}

func (g *Grant) site() (*vendorconfig.Site, error) {
	endpoint, err := vendorconfig.EndpointOf(finventigen.NewIssueTokenRequestWithBody(g.settings.authURL, g.settings.realm, "", nil))
	if err != nil {
		return nil, err
	}
	return &vendorconfig.Site{
		Vendor:   vendor,
		AuthURL:  g.settings.authURL,
		Endpoint: endpoint,
		APIURL:   g.settings.apiURL,
		APIHint:  "set APIURL (" + fieldAPIURL.Env + ") to the API's base, which Finventi gives at onboarding, or name its host with auth.WithAPIHosts",
		Identity: []string{g.settings.clientID},
	}, nil
}
