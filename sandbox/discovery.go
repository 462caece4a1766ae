package sandbox

import (
	"crypto/x509"
	"encoding/base64"
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
		other := s.elsewhere(v)
		s.mux.HandleFunc(prefix+"/realms/{realm}", other([]string{http.MethodGet}))
		s.mux.HandleFunc(prefix+"/realms/{realm}/.well-known/openid-configuration", other([]string{http.MethodGet}))
		s.mux.HandleFunc(prefix+"/realms/{realm}/protocol/openid-connect/userinfo", other([]string{http.MethodGet, http.MethodPost}))
	}
}

func describeRealm(c *call, rm *realm) answer {
	der, err := x509.MarshalPKIXPublicKey(c.server.rings[rm.vendor].Signing().Public())
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
	if refusal := c.withoutTLS(); refusal != nil {
		return *refusal
	}
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
