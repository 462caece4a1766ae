package fincalc

import (
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// NewTokenSource checks c and returns a token source on it, which asks for no token before one is wanted. Its tokens
// go to the host of c.APIURL, by default FinCalc's, and to the hosts that auth.WithAPIHosts adds.
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
	endpoint, err := vendorconfig.EndpointOf(fincalcgen.NewIssueTokenRequestWithBody(g.settings.authURL, "", nil))
	if err != nil {
		return nil, err
	}
	scope := strings.Fields(g.settings.scope)
	slices.Sort(scope)
	return &vendorconfig.Site{
		Vendor:   vendor,
		AuthURL:  g.settings.authURL,
		Endpoint: endpoint,
		APIURL:   g.settings.apiURL,
		APIHint:  "set APIURL (" + fieldAPIURL.Env + ")",
		Identity: []string{g.settings.clientID, g.settings.emailAddress, strings.Join(scope, " ")},
	}, nil
}
