package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
)

// refresh is RFC 6749 section 6.
func (c *call) refresh(rm *realm, by *client) answer.Answer {
	bad := func(description string) answer.Answer {
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", description)
	}
	text := c.form.Get("refresh_token")
	if !c.form.Has("refresh_token") || len(text) > maxValue && !c.server.keycloak265 {
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
	who, x, refusal := c.continueSession(rm, claims)
	if refusal != nil {
		return *refusal
	}
	c.user = who.Username
	scope := x.scope
	if c.asksScope() {
		scope = c.narrowed(by, asked, x.scope)
	}
	return c.mint(rm, by, who, x, scope, "rt")
}

// narrowed returns the scope of a refresh that asks for one. It silently drops scopes that the
// login did not grant.
func (c *call) narrowed(by *client, asked, granted string) string {
	words, before := strings.Fields(asked), strings.Fields(granted)
	words = slices.DeleteFunc(words, func(word string) bool {
		return !slices.Contains(by.Scopes, word) && !slices.Contains(before, word)
	})
	if c.server.keycloak265 && slices.Contains(before, "openid") && !slices.Contains(words, "openid") {
		words = append(words, "openid") // asked for or not
	}
	return strings.Join(words, " ")
}

// continueSession checks that the session of a refresh token lives, and keeps it alive.
func (c *call) continueSession(rm *realm, claims jwt.MapClaims) (who *user, x *session, refusal *answer.Answer) {
	refuse := func(description string) (*user, *session, *answer.Answer) {
		a := answer.OAuthError(http.StatusBadRequest, "invalid_grant", description)
		return nil, nil, &a
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	x = rm.sessions[claimText(claims, "sid")]
	switch {
	case x == nil || !x.alive(rm.lifetimes, c.now):
		return refuse("Session not active")
	case x.detached:
		return refuse("Session doesn't have required client")
	case s.rotation && x.refresh != claimText(claims, "jti"):
		// Someone else has used the token: neither of the two may go on.
		x.detached = true
		s.touch(rm, x)
		return refuse("Maximum allowed refresh token reuse exceeded")
	}
	if who = s.findUser(rm, x.user); who == nil || who.Disabled {
		return refuse("User disabled")
	}
	x.used = c.now
	// In the same breath as the check: of many who send a rotating token at once, one may go on.
	c.refreshID = x.nextRefresh()
	s.touch(rm, x)
	return who, x, nil
}

// readRefreshToken checks that a refresh token is valid, is this client's and, if it matters, is
// not too old. problem says what is wrong with it.
func (c *call) readRefreshToken(rm *realm, by *client, text string, aged bool) (claims jwt.MapClaims, problem string) {
	claims = jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS512"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	if _, err := parser.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return rm.hmac, nil }); err != nil || isBroken(text) {
		return nil, "Invalid refresh token"
	}
	switch {
	case claimText(claims, "typ") != "Refresh":
		return nil, "Invalid refresh token"
	case !rm.namedBy(claims, c):
		return nil, fmt.Sprintf("Invalid token issuer. Expected '%s'", rm.issuer(c))
	case aged && c.now.Unix() > claimUnix(claims, "exp"):
		return nil, "Token is not active"
	case aged && c.server.isStale(rm, claims):
		return nil, "Stale token"
	case claimText(claims, "azp") != by.ID:
		return nil, "Invalid refresh token. Token client and authorized client don't match"
	}
	return claims, ""
}
