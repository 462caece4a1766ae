package sandbox

import (
	"net/http"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// publishKeys is a realm's JSON Web Key Set, RFC 7517.
func publishKeys(realmName string) operation {
	return func(c *call) answer {
		if c.server.findRealm(c.vendor, realmName) == nil {
			return prose(http.StatusNotFound, "Realm does not exist")
		}
		keys, err := c.server.rings[c.vendor].all()
		if err != nil {
			return oauthError(http.StatusInternalServerError, "unknown_error", "")
		}
		set := make([]object, 0, len(keys))
		for _, k := range keys {
			set = append(set, k.published())
		}
		return jsonAnswer(http.StatusOK, object{{"keys", set}}).with("Cache-Control", "no-cache")
	}
}

// revokeToken is RFC 7009. A refresh token takes its session with it.
func revokeToken(c *call, rm *realm) answer {
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		return *refusal
	}
	if c.repeated() {
		return oauthError(http.StatusBadRequest, "invalid_request", "duplicated parameter")
	}
	text := c.form.Get("token")
	if text == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", "Token not provided")
	}
	claims, alive := c.readAnyToken(rm, text)
	switch {
	case claims == nil || !alive:
		// RFC 7009 section 2.2 calls for the status of a success.
		return oauthError(http.StatusOK, "invalid_token", "Invalid token")
	case claimText(claims, "azp") != by.ID:
		return oauthError(http.StatusBadRequest, "invalid_request", "Unmatching clients")
	default:
		s := c.server
		s.mu.Lock()
		if claimText(claims, "typ") == "Refresh" {
			s.endSession(rm, claimText(claims, "sid"))
		} else if t := s.tokens.byID[claimText(claims, "jti")]; t != nil {
			t.revoked = true
			s.touch(nil, t)
		}
		s.mu.Unlock()
	}
	return textAnswer(http.StatusOK, "", "")
}

// endSession is Keycloak's back-channel logout.
func endSession(c *call, rm *realm) answer {
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		return *refusal
	}
	text := c.form.Get("refresh_token")
	if !c.form.Has("refresh_token") {
		// Without one it is a browser's logout, which asks back.
		return textAnswer(http.StatusOK, "text/html;charset=utf-8", logoutPage).with("Cache-Control", "no-cache")
	}
	claims, problem := c.readRefreshToken(rm, by, text)
	if problem != "" {
		return oauthError(http.StatusBadRequest, "invalid_grant", problem)
	}
	s := c.server
	s.mu.Lock()
	s.endSession(rm, claimText(claims, "sid"))
	s.mu.Unlock()
	return textAnswer(http.StatusNoContent, "", "").with("Cache-Control", "no-cache").
		with("Content-Security-Policy", "frame-src 'self'; frame-ancestors 'self'; object-src 'none';")
}

const logoutPage = `<!DOCTYPE html>
<html class="login-pf" lang="en">
<head><title>Logging out</title></head>
<body><p>Do you want to log out?</p></body>
</html>
`

// introspectToken is RFC 7662.
func introspectToken(c *call, rm *realm) answer {
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		switch {
		case c.server.keycloak265:
			return oauthError(http.StatusUnauthorized, "invalid_request", "Authentication failed.")
		case refusal.members.get("error") == "unauthorized_client":
			return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
		}
		return *refusal
	}
	if by.Public {
		return oauthError(http.StatusForbidden, "invalid_request", "Client not allowed.")
	}
	text := c.form.Get("token")
	if text == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", "Token not provided.")
	}
	claims, alive := c.readAnyToken(rm, text)
	if claims == nil || !alive || !c.mayKnow(by, claims) {
		return jsonAnswer(http.StatusOK, object{{"active", false}}).with("Cache-Control", "no-cache")
	}
	members := object{}
	for _, name := range []string{"exp", "iat", "jti", "iss", "aud", "sub", "typ", "azp", "sid", "acr", "scope", "organization_id", "email_verified", "preferred_username", "client_id", "username"} {
		if value, ok := claims[name]; ok {
			members.set(name, value)
		}
	}
	if name := claimText(claims, "preferred_username"); name != "" {
		members.set("username", name)
	}
	members.set("client_id", claimText(claims, "azp"))
	members.set("token_type", claimText(claims, "typ"))
	members.set("active", true)
	return jsonAnswer(http.StatusOK, members).with("Cache-Control", "no-cache")
}

// mayKnow reports whether a client is told of a token: from Keycloak 26.6 an access token is the business of its
// audience, not of the client that got it.
func (c *call) mayKnow(by *client, claims jwt.MapClaims) bool {
	if c.server.keycloak265 {
		return true
	}
	if claimText(claims, "typ") == "Refresh" {
		return claimText(claims, "azp") == by.ID
	}
	return hasAudience(claims, by.ID)
}

// readAnyToken reads an access or refresh token of the realm, whoever's it is; nil where it is none. It is alive where
// it has neither expired nor been revoked.
func (c *call) readAnyToken(rm *realm, text string) (claims jwt.MapClaims, alive bool) {
	s := c.server
	claims = jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256", "HS512"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if t.Method == jwt.SigningMethodHS512 {
			return rm.hmac, nil
		}
		return s.rings[c.vendor].find(t)
	})
	if err != nil || !slices.Contains([]string{"Bearer", "Refresh"}, claimText(claims, "typ")) || realmOf(claims) != rm.name {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	alive = c.now.Unix() <= claimUnix(claims, "exp") && claimUnix(claims, "iat") >= rm.policy()
	if t := s.tokens.byID[claimText(claims, "jti")]; t != nil && t.revoked {
		alive = false
	}
	if id := claimText(claims, "sid"); id != "" {
		x := rm.sessions[id]
		alive = alive && x != nil && !x.detached && x.alive(rm.lifetimes, c.now)
	}
	return claims, alive
}
