package keycloak

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
)

// refresh is RFC 6749 section 6.
func (c visit) refresh(rm *accounts.Realm, by *accounts.LiveClient) answer.Answer {
	bad := func(description string) answer.Answer {
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", description)
	}
	text := c.Form.Get("refresh_token")
	if !c.Form.Has("refresh_token") || len(text) > maxValue && !c.k.Before266 {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "No refresh token")
	}
	asked, refusal := c.scopeFor(by)
	if refusal != nil {
		return *refusal
	}
	claims, problem := c.readRefreshToken(rm, by, c.sanitized(text), true)
	if problem != "" {
		return bad(problem)
	}
	who, x, refreshID, why := c.k.Accounts.Refresh(rm, claims, c.k.Rotation, c.Now)
	if why != accounts.NotRefused {
		return bad(string(why))
	}
	c.RefreshID = refreshID
	c.User = who.Username
	scope := x.Scope
	if c.asksScope() {
		scope = c.narrowed(by, asked, x.Scope)
	}
	return c.mint(rm, by, who, x, scope, "rt")
}

// narrowed returns the scope of a refresh that asks for one. It silently drops scopes that the
// login did not grant.
func (c visit) narrowed(by *accounts.LiveClient, asked, granted string) string {
	words, before := strings.Fields(asked), strings.Fields(granted)
	words = slices.DeleteFunc(words, func(word string) bool {
		return !slices.Contains(by.Scopes, word) && !slices.Contains(before, word)
	})
	if c.k.Before266 && slices.Contains(before, "openid") && !slices.Contains(words, "openid") {
		words = append(words, "openid") // asked for or not
	}
	return strings.Join(words, " ")
}

// readRefreshToken checks that a refresh token is valid, is this client's and, if it matters, is
// not too old. problem is Keycloak's reason to refuse it.
func (c visit) readRefreshToken(rm *accounts.Realm, by *accounts.LiveClient, text string, aged bool) (claims signing.Claims, problem string) {
	claims = rm.ReadRefresh(text)
	switch {
	case claims.Text("typ") != "Refresh":
		return nil, "Invalid refresh token"
	case !c.Issued(rm, claims):
		return nil, fmt.Sprintf("Invalid token issuer. Expected '%s'", rm.Issuer(c.Base()))
	case aged && c.Now.Unix() > claims.Unix("exp"):
		return nil, "Token is not active"
	case aged && c.k.Accounts.IsStale(rm, claims):
		return nil, "Stale token"
	case claims.Text("azp") != by.ID:
		return nil, "Invalid refresh token. Token client and authorized client don't match"
	}
	return claims, ""
}
