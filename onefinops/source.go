package onefinops

import (
	"fmt"

	"github.com/finsdk/finsdk-go/auth"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// NewTokenSource checks c and returns a token source on it, which asks for no token before one is wanted. Its tokens
// go to the host of c.APIURL, or the API host of the client's environment, and to the hosts that
// auth.WithAPIHosts adds; never to the other environment's host, where every call would be answered with 401.
func NewTokenSource(c Config, opts ...auth.Option) (*auth.TokenSource, error) {
	g, err := NewGrant(c)
	if err != nil {
		return nil, err
	}
	site, err := g.site()
	if err != nil {
		return nil, err
	}
	own, other := g.settings.environment, g.settings.environment.other()
	options := append(site.Options(), auth.WithRefusedURL(other.APIURL(), fmt.Sprintf(
		"this is the %s API, and the client id has prefix %s: call %s, or use a client with prefix %s",
		other, own.prefix(), g.settings.apiURL, other.prefix())))
	return auth.NewTokenSource(g, append(options, opts...)...)
}

func (g *Grant) site() (*vendorconfig.Site, error) {
	endpoint, err := vendorconfig.EndpointOf(onefinopsgen.NewIssueTokenRequestWithBody(g.settings.authURL, "", nil))
	if err != nil {
		return nil, err
	}
	return &vendorconfig.Site{
		Vendor:   vendor,
		AuthURL:  g.settings.authURL,
		Endpoint: endpoint,
		APIURL:   g.settings.apiURL,
		APIHint:  "set APIURL (" + fieldAPIURL.Env + ")",
		Identity: []string{g.settings.clientID},
	}, nil
}
