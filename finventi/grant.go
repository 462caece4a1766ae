package finventi

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Grant asks Finventi's token endpoint for tokens. It is safe for use by several goroutines, keeps no token, and
// is what a token source asks. Services use [NewTokenSource] instead.
type Grant struct {
	settings *settled
}

var _ auth.Grant = (*Grant)(nil)

// NewGrant checks c and returns a Grant on it. It asks for nothing yet.
func NewGrant(c Config) (*Grant, error) {
	s, err := c.settle()
	if err != nil {
		return nil, err
	}
	return &Grant{settings: s}, nil
}

// ClientCredentials asks for a token (RFC 6749 section 4.4). Every call is one request:
// use a token source where more than one token is wanted. The http.Client is the one that ctx holds under the key
// oauth2.HTTPClient, as far as it is safe for secrets (see auth.HTTPClient). Errors are [*auth.Error].
func (g *Grant) ClientCredentials(ctx context.Context) (*Token, error) {
	t, err := g.RequestToken(ctx, nil)
	if err != nil {
		return nil, err
	}
	return newToken(t), nil
}

// RequestToken asks for a token, for [auth.Grant]. There is no refresh token, so last does not matter.
func (g *Grant) RequestToken(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	x := &tokenendpoint.Exchange{Vendor: vendor, Op: "client_credentials grant", Explain: explain}
	secret, err := x.UseSecret(ctx, fieldClientSecret, g.settings.secret)
	if err != nil {
		return nil, err
	}
	form := finventigen.TokenRequest{
		GrantType:    finventigen.GrantTypeClientCredentials,
		ClientID:     g.settings.clientID,
		ClientSecret: secret,
	}.Form().Encode()
	return x.Send(ctx, func(c *http.Client) (*http.Response, error) {
		client := finventigen.Client{Server: g.settings.authURL, Client: c}
		return client.IssueTokenWithBody(ctx, g.settings.realm, tokenendpoint.FormType, strings.NewReader(form), tokenendpoint.Header)
	})
}

// Format prints what the Grant asks for, without the secret, for every verb.
func (g *Grant) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finventi.Grant", "ClientID", g.settings.clientID, "Realm", g.settings.realm, "AuthURL", g.settings.authURL)
}
