package sandbox

import (
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
)

// checkToken checks the Bearer token of a call as the vendor's API does: signature, expiry, issuer,
// audience and revocation.
func (c exchange) checkToken() (t *accounts.Token, problem failures.TokenProblem) {
	text, ok := c.Bearer()
	if !ok {
		return nil, failures.TokenMissing
	}
	if strings.Contains(text, ".") {
		t, problem = c.useJWT(text)
	} else {
		t, problem = c.useOpaque(text)
	}
	if t != nil {
		c.Token, c.Client, c.User, c.TokenID = t, t.Client, t.User, t.ID
	}
	return t, problem
}

func (c exchange) useJWT(text string) (*accounts.Token, failures.TokenProblem) {
	s := c.server
	claims := s.rings[c.Vendor].Read(text)
	switch {
	case claims == nil:
		return nil, failures.TokenMalformed
	// Keycloak lets the last second pass.
	case c.Now.Unix() > claims.Unix("exp"):
		return nil, failures.TokenExpired
	// The tokens of league/oauth2-server name no issuer, and the client as audience.
	case c.Vendor != FinCalc && !s.accounts.Issues(c.Vendor, claims.Text("iss"), s.baseURL):
		return nil, failures.TokenIssuer
	case c.Vendor != FinCalc && (claims["aud"] != nil || c.Vendor == OneFinOps) && !claims.HasAudience(accounts.Audience(c.Vendor)):
		return nil, failures.TokenAudience
	}
	if t := s.accounts.Use(c.Vendor, claims, c.Now); t != nil {
		return t, ""
	}
	return nil, failures.TokenRevoked
}

func (c exchange) useOpaque(text string) (*accounts.Token, failures.TokenProblem) {
	switch t, known, expired := c.server.accounts.UseOpaque(c.Vendor, text, c.Now); {
	case !known:
		return nil, failures.TokenMalformed
	case expired:
		return nil, failures.TokenExpired
	case t == nil:
		return nil, failures.TokenRevoked
	default:
		return t, ""
	}
}
