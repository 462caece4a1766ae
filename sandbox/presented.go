package sandbox

import (
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// readToken reads a token of any kind and owner that is presented to a realm. It returns nil unless
// the realm has signed it.
func (c *call) readToken(rm *realm, text string) jwt.MapClaims {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256", "HS512"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if t.Method == jwt.SigningMethodHS512 {
			return rm.hmac, nil
		}
		return c.server.rings[c.vendor].Find(t)
	})
	if err != nil || realmOf(claims) != rm.name || isBroken(text) {
		return nil
	}
	return claims
}

// isBroken reports whether a token has line breaks in it, which encoding/base64 overlooks.
func isBroken(text string) bool { return strings.ContainsAny(text, "\r\n") }

// stands reports whether a token is valid by itself, apart from its session and account: issued
// under the name that the realm has for this caller, and neither expired nor stale nor revoked. The
// caller holds the mutex.
func (c *call) stands(rm *realm, claims jwt.MapClaims) bool {
	return rm.namedBy(claims, c) && c.now.Unix() <= claimUnix(claims, "exp") &&
		!rm.stale(claimUnix(claims, "iat")) && !c.server.tokens.isRevoked(rm.vendor, claimText(claims, "jti"), claimUnix(claims, "iat"))
}

// namedBy reports whether the token's issuer is the realm's, as this caller sees it. As in a
// Keycloak without a fixed host name, a token is valid under the host name that it was issued
// under. Without WithBaseURL the port does not count: tokens in a state file must be valid after a
// restart, which may change it.
func (rm *realm) namedBy(claims jwt.MapClaims, c *call) bool {
	named, expected := claimText(claims, "iss"), rm.issuer(c)
	if named == expected || c.server.baseURL != "" {
		return named == expected
	}
	a, err1 := url.Parse(named)
	b, err2 := url.Parse(expected)
	return err1 == nil && err2 == nil && a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && a.Path == b.Path
}

// sessionOf returns the session of a token, or nil for a token without one. ok is false if the
// session has ended. The caller holds the mutex.
func (rm *realm) sessionOf(claims jwt.MapClaims, c *call) (x *session, ok bool) {
	id := claimText(claims, "sid")
	if id == "" {
		return nil, true
	}
	x = rm.sessions[id]
	return x, x != nil && !x.detached && x.alive(rm.lifetimes, c.now)
}

// isActive reports whether a token, its session and those that it stands for are all good.
func (c *call) isActive(rm *realm, claims jwt.MapClaims) bool {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	by := s.findClient(rm, claimText(claims, "azp"))
	if by == nil || by.Disabled || !c.stands(rm, claims) {
		return false
	}
	x, ok := rm.sessionOf(claims, c)
	if x == nil || !ok {
		return ok
	}
	who := s.findUser(rm, x.user)
	return who != nil && !who.Disabled
}
