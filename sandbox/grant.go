package sandbox

import (
	"crypto/subtle"
	"net/http"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// issueToken is a Keycloak's token endpoint. The order of its checks is Keycloak's.
func issueToken(c *call, rm *realm) answer {
	grants := c.form["grant_type"]
	if len(grants) == 0 {
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type")
	}
	known := []string{"authorization_code", "client_credentials", "password", "refresh_token"}
	if !slices.Contains(known, grants[0]) {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
	}
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		return *refusal
	}
	if c.repeated() {
		return oauthError(http.StatusBadRequest, "invalid_request", "duplicated parameter")
	}
	switch grants[0] {
	case "client_credentials":
		return c.clientCredentials(rm, by)
	case "password":
		return c.password(rm, by)
	case "refresh_token":
		return c.refresh(rm, by)
	}
	// No vendor has a login page, so there is no code to exchange.
	if !c.form.Has("code") {
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing parameter: code")
	}
	return oauthError(http.StatusBadRequest, "invalid_grant", "Code not valid")
}

func invalidScope(asked string) answer {
	return oauthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+asked)
}

// clientCredentials is RFC 6749 section 4.4.
func (c *call) clientCredentials(rm *realm, by *client) answer {
	switch {
	case by.Public:
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "Public client not allowed to retrieve service account")
	case by.NoServiceAccount:
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "Client not enabled to retrieve service account")
	}
	scope, ok := by.grantScope(c.form.Get("scope"))
	if !ok {
		return invalidScope(c.form.Get("scope"))
	}
	return c.mint(rm, by, nil, nil, scope, "cc")
}

// password is RFC 6749 section 4.3.
func (c *call) password(rm *realm, by *client) answer {
	if !by.DirectAccess {
		return oauthError(http.StatusBadRequest, "unauthorized_client", "Client not allowed for direct access grants")
	}
	scope, ok := by.grantScope(c.form.Get("scope"))
	if !ok {
		return invalidScope(c.form.Get("scope"))
	}
	s := c.server
	name := c.form.Get("username")
	if name == "" {
		return oauthError(s.wrongPassword, "invalid_request", "Missing parameter: username")
	}
	s.mu.Lock()
	who := rm.users[name]
	wrong := oauthError(s.wrongPassword, "invalid_grant", "Invalid user credentials")
	refusal := func() *answer {
		switch {
		case who == nil:
			return &wrong
		case c.now.Before(who.lockedUntil):
			// Also for the right password, so that guessing learns nothing.
			return &wrong
		case who.Disabled:
			a := oauthError(http.StatusBadRequest, "invalid_grant", "Account disabled")
			return &a
		case subtle.ConstantTimeCompare([]byte(who.Password.Reveal()), []byte(c.form.Get("password"))) != 1:
			who.failures++
			if s.bruteForce > 0 && who.failures >= s.bruteForce {
				who.failures, who.lockedUntil = 0, c.now.Add(s.lock)
			}
			return &wrong
		case len(who.RequiredActions) > 0:
			a := oauthError(http.StatusBadRequest, "invalid_grant", "Account is not fully set up")
			return &a
		}
		return nil
	}()
	if refusal != nil {
		s.mu.Unlock()
		return *refusal
	}
	who.failures = 0
	x := rm.startSession(by.ID, name, scope, c.now)
	s.mu.Unlock()
	return c.mint(rm, by, who, x, scope, "ro")
}

// refresh is RFC 6749 section 6.
func (c *call) refresh(rm *realm, by *client) answer {
	bad := func(description string) answer {
		return oauthError(http.StatusBadRequest, "invalid_grant", description)
	}
	text := c.form.Get("refresh_token")
	if text == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", "No refresh token")
	}
	claims, problem := c.readRefreshToken(rm, by, text)
	if problem != "" {
		return bad(problem)
	}
	s := c.server
	s.mu.Lock()
	x := rm.sessions[claimText(claims, "sid")]
	switch {
	case x == nil || !x.alive(rm.lifetimes, c.now):
		s.mu.Unlock()
		return bad("Session not active")
	case s.rotation && x.refresh != claimText(claims, "jti"):
		// Someone else has used the token: neither of the two may go on.
		delete(rm.sessions, x.id)
		s.mu.Unlock()
		return bad("Maximum allowed refresh token reuse exceeded")
	}
	who := rm.users[x.user]
	scope := x.scope
	if who == nil || who.Disabled {
		s.mu.Unlock()
		return bad("User disabled")
	}
	x.used = c.now
	s.mu.Unlock()
	c.user = who.Username
	return c.mint(rm, by, who, x, scope, "rt")
}

// readRefreshToken checks a refresh token and that it is this client's; problem says what is wrong with it.
func (c *call) readRefreshToken(rm *realm, by *client, text string) (claims jwt.MapClaims, problem string) {
	claims = jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS512"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	if _, err := parser.ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return rm.hmac, nil }); err != nil {
		return nil, "Invalid refresh token"
	}
	switch {
	case claimText(claims, "typ") != "Refresh":
		return nil, "Invalid refresh token"
	case c.now.Unix() > claimUnix(claims, "exp"):
		return nil, "Token is not active"
	case claimText(claims, "azp") != by.ID:
		return nil, "Invalid refresh token. Token client and authorized client don't match"
	}
	return claims, ""
}
