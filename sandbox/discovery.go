package sandbox

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// mountDiscovery serves what a Keycloak has beside the endpoints in the documents: the realm's description, OpenID
// Connect Discovery, and the UserInfo endpoint.
func (s *Server) mountDiscovery() {
	for prefix, v := range map[string]Vendor{finventiAuthPath: Finventi, finapiAuthPath: FinAPI, onefinopsAuthPath: OneFinOps} {
		serve := func(pattern string, e Endpoint, op func(*call, *realm) answer) {
			s.mux.HandleFunc(strings.Replace(pattern, "/realms", prefix+"/realms", 1), func(w http.ResponseWriter, r *http.Request) {
				s.serve(w, r, v, e, func(c *call) answer {
					rm := s.findRealm(v, r.PathValue("realm"))
					if rm == nil {
						return prose(http.StatusNotFound, "Realm does not exist")
					}
					return op(c, rm)
				})
			})
		}
		serve("GET /realms/{realm}", DiscoveryEndpoint, describeRealm)
		serve("GET /realms/{realm}/.well-known/openid-configuration", DiscoveryEndpoint, discover)
		serve("GET /realms/{realm}/protocol/openid-connect/userinfo", UserinfoEndpoint, tellUser)
		serve("POST /realms/{realm}/protocol/openid-connect/userinfo", UserinfoEndpoint, tellUser)
	}
}

func describeRealm(c *call, rm *realm) answer {
	key, err := c.server.rings[rm.vendor].signing()
	if err != nil {
		return oauthError(http.StatusInternalServerError, "unknown_error", "")
	}
	der, err := x509.MarshalPKIXPublicKey(&key.private.PublicKey)
	if err != nil {
		return oauthError(http.StatusInternalServerError, "unknown_error", "")
	}
	issuer := rm.issuer(c)
	return jsonAnswer(http.StatusOK, object{
		{"realm", rm.name},
		{"public_key", base64.StdEncoding.EncodeToString(der)},
		{"token-service", issuer + "/protocol/openid-connect"},
		{"account-service", issuer + "/account"},
		{"tokens-not-before", rm.staleBefore(c.server)},
	}).with("Content-Type", "application/json;charset=UTF-8").with("Cache-Control", "no-cache")
}

// discover is OpenID Connect Discovery section 4.2, as far as the sandbox goes.
func discover(c *call, rm *realm) answer {
	issuer := rm.issuer(c)
	base := issuer + "/protocol/openid-connect"
	scopes := []string{"openid"}
	c.server.mu.Lock()
	for _, known := range rm.clients {
		scopes = append(append(scopes, known.Scopes...), known.OptionalScopes...)
	}
	c.server.mu.Unlock()
	slices.Sort(scopes)
	return jsonAnswer(http.StatusOK, object{
		{"issuer", issuer},
		{"token_endpoint", base + "/token"},
		{"introspection_endpoint", base + "/token/introspect"},
		{"userinfo_endpoint", base + "/userinfo"},
		{"end_session_endpoint", base + "/logout"},
		{"jwks_uri", base + "/certs"},
		{"revocation_endpoint", base + "/revoke"},
		{"grant_types_supported", []string{"refresh_token", "password", "client_credentials"}},
		{"response_types_supported", []string{"none"}},
		{"subject_types_supported", []string{"public"}},
		{"id_token_signing_alg_values_supported", []string{"RS256"}},
		{"token_endpoint_auth_methods_supported", []string{"client_secret_basic", "client_secret_post"}},
		{"scopes_supported", slices.Compact(scopes)},
	}).with("Cache-Control", "no-cache, must-revalidate, no-transform, no-store")
}

// tellUser is OpenID Connect Core section 5.3.
func tellUser(c *call, rm *realm) answer {
	a := tellUserPlain(c, rm)
	switch {
	case !c.server.keycloak265:
		a = a.unstored()
	case a.ok():
		a.with("Cache-Control", "no-cache")
	}
	return a
}

func tellUserPlain(c *call, rm *realm) answer {
	challenge := func(status int, code, description string) answer {
		text := fmt.Sprintf("Bearer realm=%q", rm.name)
		if code != "" {
			text += fmt.Sprintf(", error=%q, error_description=%q", code, description)
		}
		return textAnswer(status, "text/plain;charset=utf-8", "").with("WWW-Authenticate", text)
	}
	text, ok := c.bearer()
	if !ok {
		return challenge(http.StatusUnauthorized, "", "")
	}
	claims, alive := c.readAnyToken(rm, text)
	id := claimText(claims, "sid")
	if claims == nil || claimText(claims, "typ") != "Bearer" || c.now.Unix() > claimUnix(claims, "exp") {
		return challenge(http.StatusUnauthorized, "invalid_token", "Token verification failed")
	}
	if !alive {
		return challenge(http.StatusUnauthorized, "invalid_token", "user_session_not_found")
	}
	if !slices.Contains(strings.Fields(claimText(claims, "scope")), "openid") {
		return challenge(http.StatusForbidden, "insufficient_scope", "Missing openid scope")
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	members := object{{"sub", claims["sub"]}}
	if x := rm.sessions[id]; x != nil {
		who := c.server.findUser(rm, x.user)
		if who.Name != "" {
			members.set("name", who.Name)
		}
		c.user = who.Username
	}
	members.set("preferred_username", claims["preferred_username"])
	return jsonAnswer(http.StatusOK, members)
}
