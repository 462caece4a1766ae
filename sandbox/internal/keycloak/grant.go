package keycloak

import (
	"net/http"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
)

// issueToken is a Keycloak's token endpoint. The order of its checks is Keycloak's.
func issueToken(c visit, rm *accounts.Realm) answer.Answer {
	grants := c.Form["grant_type"]
	if len(grants) == 0 {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type")
	}
	grant := grants[0]
	if !c.k.Before266 {
		grant = strings.TrimFunc(grant, func(r rune) bool { return r <= ' ' })
	}
	if !slices.Contains(KnownGrants, grant) || grant == grantJWTBearer && c.k.Before266 {
		return answer.OAuthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
	}
	by, refusal := c.caller(rm)
	if refusal != nil {
		return *refusal
	}
	if proofs := c.Request.Header.Values("DPoP"); len(proofs) > 0 {
		return noProof(proofs[0])
	}
	if problems := c.Undocumented(grant); len(problems) > 0 {
		return call.Plain(c.Op, http.StatusBadRequest, problems)
	}
	switch grant {
	case "client_credentials":
		return c.clientCredentials(rm, by)
	case "password":
		return c.password(rm, by)
	case "refresh_token":
		return c.refresh(rm, by)
	case grantDeviceCode:
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", "Client not allowed OAuth 2.0 Device Authorization Grant")
	case grantTokenExchange:
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Standard token exchange is not enabled for the requested client")
	case grantJWTBearer:
		if !c.Form.Has("assertion") {
			return answer.OAuthError(http.StatusBadRequest, "invalid_grant", "Missing parameter:assertion")
		}
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", "The provided assertion is not a valid JWT")
	}
	// No vendor has a login page, so there is no code to exchange.
	if !c.Form.Has("code") {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Missing parameter: code")
	}
	return answer.OAuthError(http.StatusBadRequest, "invalid_grant", "Code not valid")
}

// noProof refuses a DPoP proof, RFC 9449. It takes none, because no vendor documents tokens that
// are bound to a key.
func noProof(proof string) answer.Answer {
	problem := "DPoP header verification failure"
	if proof == "" {
		problem = "DPoP proof is missing"
	}
	return answer.OAuthError(http.StatusBadRequest, "invalid_request", problem)
}

const (
	grantDeviceCode    = "urn:ietf:params:oauth:grant-type:device_code"
	grantTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	grantJWTBearer     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// KnownGrants are those of a Keycloak, which no client of these vendors may use beyond the three.
var KnownGrants = []string{"authorization_code", "client_credentials", "password", "refresh_token",
	grantDeviceCode, grantTokenExchange, grantJWTBearer}

// clientCredentials is RFC 6749 section 4.4.
func (c visit) clientCredentials(rm *accounts.Realm, by *accounts.LiveClient) answer.Answer {
	switch {
	case by.Public:
		return answer.OAuthError(http.StatusUnauthorized, "unauthorized_client", "Public client not allowed to retrieve service account")
	case by.NoServiceAccount:
		return answer.OAuthError(http.StatusUnauthorized, "unauthorized_client", "Client not enabled to retrieve service account")
	}
	scope, refusal := c.scopeFor(by)
	if refusal != nil {
		return *refusal
	}
	return c.mint(rm, by, nil, nil, scope, "cc")
}

// password is RFC 6749 section 4.3.
func (c visit) password(rm *accounts.Realm, by *accounts.LiveClient) answer.Answer {
	if !by.DirectAccess {
		return answer.OAuthError(http.StatusBadRequest, "unauthorized_client", "Client not allowed for direct access grants")
	}
	scope, refusal := c.scopeFor(by)
	if refusal != nil {
		return *refusal
	}
	if !c.Form.Has("username") {
		return answer.OAuthError(http.StatusUnauthorized, "invalid_request", "Missing parameter: username")
	}
	who, x, refreshID, why := c.k.Accounts.Login(rm, by.ID, c.Form.Get("username"), c.Form.Get("password"), scope,
		c.k.Login, c.Now)
	switch {
	case why == accounts.WrongPassword && c.k.Before266:
		return answer.OAuthError(http.StatusUnauthorized, "invalid_grant", string(why))
	case why != accounts.NotRefused:
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", string(why))
	}
	c.RefreshID = refreshID
	c.User = who.Username
	return c.mint(rm, by, who, x, scope, "ro")
}
