package sandbox

import (
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
)

// tokenProblem is why an API refuses a token.
type tokenProblem string

const (
	tokenMissing     tokenProblem = "The access token is missing"
	tokenMalformed   tokenProblem = "The access token is not a JWT of this server"
	tokenExpired     tokenProblem = "The access token has expired"
	tokenRevoked     tokenProblem = "The access token has been revoked"
	tokenIssuer      tokenProblem = "The access token comes from another issuer"
	tokenAudience    tokenProblem = "The access token is meant for another audience"
	tokenProduct     tokenProblem = "The access token is of another product's client"
	tokenEnvironment tokenProblem = "The client's allowed audience does not match this API host"
)

// checkToken checks the Bearer token of a call as the vendor's API does: signature, expiry, issuer,
// audience and revocation.
func (c *call) checkToken() (t *accounts.Token, problem tokenProblem) {
	text, ok := c.bearer()
	if !ok {
		return nil, tokenMissing
	}
	if strings.Contains(text, ".") {
		t, problem = c.useJWT(text)
	} else {
		t, problem = c.useOpaque(text)
	}
	if t != nil {
		c.token, c.client, c.user, c.tokenID = t, t.Client, t.User, t.ID
	}
	return t, problem
}

func (c *call) useJWT(text string) (*accounts.Token, tokenProblem) {
	s := c.server
	claims := s.rings[c.vendor].Read(text)
	switch {
	case claims == nil:
		return nil, tokenMalformed
	// Keycloak lets the last second pass.
	case c.now.Unix() > claims.Unix("exp"):
		return nil, tokenExpired
	// The tokens of league/oauth2-server name no issuer, and the client as audience.
	case c.vendor != FinCalc && !s.accounts.Issues(c.vendor, claims.Text("iss"), s.baseURL):
		return nil, tokenIssuer
	case c.vendor != FinCalc && (claims["aud"] != nil || c.vendor == OneFinOps) && !claims.HasAudience(accounts.Audience(c.vendor)):
		return nil, tokenAudience
	}
	if t := s.accounts.Use(c.vendor, claims, c.now); t != nil {
		return t, ""
	}
	return nil, tokenRevoked
}

func (c *call) useOpaque(text string) (*accounts.Token, tokenProblem) {
	switch t, known, expired := c.server.accounts.UseOpaque(c.vendor, text, c.now); {
	case !known:
		return nil, tokenMalformed
	case expired:
		return nil, tokenExpired
	case t == nil:
		return nil, tokenRevoked
	default:
		return t, ""
	}
}
