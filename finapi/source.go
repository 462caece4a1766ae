package finapi

import (
	"github.com/finsdk/finsdk-go/auth"
	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// NewTokenSource checks c and returns a token source on it, which asks for no token before one is wanted. It renews
// with the refresh token while that lives, and logs in again when not, without its callers noticing. Its tokens go to
// the host of c.APIURL and to the hosts that auth.WithAPIHosts adds; without either, to none.
func NewTokenSource(c Config, opts ...auth.Option) (*auth.TokenSource, error) {
	g, err := NewGrant(c)
	if err != nil {
		return nil, err
	}
	site, err := g.site()
	if err != nil {
		return nil, err
	}
	options := append(site.Options(), auth.WithStoredExtras(detailNames...))
	return auth.NewTokenSource(g, append(options, opts...)...)
}

func (g *Grant) site() (*vendorconfig.Site, error) {
	endpoint, err := vendorconfig.EndpointOf(finapigen.NewIssueTokenRequestWithBody(g.settings.authURL, g.settings.mandator, "", nil))
	if err != nil {
		return nil, err
	}
	return &vendorconfig.Site{
		Vendor:   vendor,
		AuthURL:  g.settings.authURL,
		Endpoint: endpoint,
		APIURL:   g.settings.apiURL,
		APIHint:  "set APIURL (" + fieldAPIURL.Env + ") to the API's base, which finAPI gives at onboarding, or name its host with auth.WithAPIHosts",
		Identity: []string{ClientID, g.settings.username},
	}, nil
}
