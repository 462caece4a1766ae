package keycloak

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Page is a path below a realm that a Keycloak serves and no document has.
type Page struct {
	Path     string
	Endpoint vendors.Endpoint
	Methods  []string
	op       func(visit, *accounts.Realm) answer.Answer
}

// Paths returns where the page of any realm is, for an authorization server at a path. A client
// that follows RFC 8414 section 3.1 looks for the metadata before the path of the issuer. Keycloak
// has them before that of the realm, for a proxy to put them there.
func (p Page) Paths(auth string) []string {
	paths := []string{auth + "/realms/{realm}" + p.Path}
	if p.Path == metadataPath {
		paths = append(paths, auth+p.Path+"/realms/{realm}", p.Path+auth+"/realms/{realm}")
	}
	return paths
}

// metadataPath is that of RFC 8414.
const metadataPath = "/.well-known/oauth-authorization-server"

var pages = []Page{
	{"", vendors.Discovery, []string{http.MethodGet}, describeRealm},
	{"/.well-known/openid-configuration", vendors.Discovery, []string{http.MethodGet}, discover},
	{metadataPath, vendors.Discovery, []string{http.MethodGet}, discover},
	{"/.well-known/uma2-configuration", vendors.Discovery, []string{http.MethodGet}, discoverUMA},
	{"/protocol/openid-connect/auth", vendors.Other, []string{http.MethodGet, http.MethodPost}, authorize},
	{"/protocol/openid-connect/userinfo", vendors.Userinfo, []string{http.MethodGet, http.MethodPost}, tellUser},
}

func describeRealm(c visit, rm *accounts.Realm) answer.Answer {
	der, err := x509.MarshalPKIXPublicKey(c.k.Rings[rm.Vendor].Signing().Public())
	if err != nil {
		return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
	}
	issuer := rm.Issuer(c.Base())
	return c.readable(answer.JSON(http.StatusOK, jsondoc.Object{
		{"realm", rm.Name},
		{"public_key", base64.StdEncoding.EncodeToString(der)},
		{"token-service", issuer + "/protocol/openid-connect"},
		{"account-service", issuer + "/account"},
		{"tokens-not-before", c.k.Accounts.NotBefore(rm)},
	}).With("Content-Type", "application/json;charset=UTF-8").With("Cache-Control", "no-cache"))
}

// discover is OpenID Connect Discovery section 4.2, and RFC 8414. Like a Keycloak's it names what a
// realm could have, and not only what the sandbox serves: some clients want an authorization
// endpoint even where they never use it.
func discover(c visit, rm *accounts.Realm) answer.Answer { return c.describe(rm, metadata(rm, c)) }

// discoverUMA is User-Managed Access section 2: a choice of the members, and three more.
func discoverUMA(c visit, rm *accounts.Realm) answer.Answer {
	members := jsondoc.Object{}
	for _, m := range metadata(rm, c) {
		if slices.Contains(umaMembers, m.Name) {
			members = append(members, m)
		}
	}
	protection := rm.Issuer(c.Base()) + "/authz/protection"
	return c.describe(rm, append(members, jsondoc.Object{
		{"resource_registration_endpoint", protection + "/resource_set"},
		{"permission_endpoint", protection + "/permission"},
		{"policy_endpoint", protection + "/uma-policy"},
	}...))
}

var umaMembers = strings.Fields(`issuer authorization_endpoint token_endpoint introspection_endpoint end_session_endpoint
	frontchannel_logout_session_supported frontchannel_logout_supported jwks_uri grant_types_supported response_types_supported
	response_modes_supported registration_endpoint token_endpoint_auth_methods_supported
	token_endpoint_auth_signing_alg_values_supported scopes_supported`)

func (c visit) describe(rm *accounts.Realm, members jsondoc.Object) answer.Answer {
	if refusal := c.withoutTLS(); refusal != nil {
		return *refusal
	}
	return c.readable(answer.JSON(http.StatusOK, members).With("Cache-Control", "no-cache, must-revalidate, no-transform, no-store"))
}

// proofAlgorithms are those that a Keycloak takes of a client's key.
const proofAlgorithms = "PS384 RS384 EdDSA ES384 ES256 RS256 ES512 PS256 PS512 RS512"

// metadata is what a Keycloak without options says of a realm.
func metadata(rm *accounts.Realm, c visit) jsondoc.Object {
	issuer := rm.Issuer(c.Base())
	base := issuer + "/protocol/openid-connect"
	grants := []string{"authorization_code", "client_credentials", "implicit", "password", "refresh_token", grantDeviceCode, grantJWTBearer,
		grantTokenExchange, "urn:ietf:params:oauth:grant-type:uma-ticket", "urn:openid:params:grant-type:ciba"}
	if c.k.Before266 {
		grants = slices.DeleteFunc(grants, func(grant string) bool { return grant == grantJWTBearer })
	}
	asymmetric := strings.Fields(proofAlgorithms)
	signing := strings.Fields("PS384 RS384 EdDSA ES384 HS256 HS512 ES256 RS256 HS384 ES512 PS256 PS512 RS512")
	signingOrNone := append(slices.Clone(signing), "none")
	keyWraps := strings.Fields("ECDH-ES+A256KW ECDH-ES+A192KW ECDH-ES+A128KW RSA-OAEP RSA-OAEP-256 RSA1_5 ECDH-ES")
	ciphers := strings.Fields("A256GCM A192GCM A128GCM A128CBC-HS256 A192CBC-HS384 A256CBC-HS512")
	authentication := strings.Fields("private_key_jwt client_secret_basic client_secret_post tls_client_auth client_secret_jwt")
	return jsondoc.Object{
		{"issuer", issuer},
		{"authorization_endpoint", base + "/auth"},
		{"token_endpoint", base + "/token"},
		{"introspection_endpoint", base + "/token/introspect"},
		{"userinfo_endpoint", base + "/userinfo"},
		{"end_session_endpoint", base + "/logout"},
		{"frontchannel_logout_session_supported", true},
		{"frontchannel_logout_supported", true},
		{"jwks_uri", base + "/certs"},
		{"check_session_iframe", base + "/login-status-iframe.html"},
		{"grant_types_supported", grants},
		{"acr_values_supported", []string{"0", "1"}},
		{"response_types_supported", []string{"code", "none", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token"}},
		{"subject_types_supported", []string{"public", "pairwise"}},
		{"prompt_values_supported", []string{"none", "login", "consent"}},
		{"id_token_signing_alg_values_supported", signing},
		{"id_token_encryption_alg_values_supported", keyWraps},
		{"id_token_encryption_enc_values_supported", ciphers},
		{"userinfo_signing_alg_values_supported", signingOrNone},
		{"userinfo_encryption_alg_values_supported", keyWraps},
		{"userinfo_encryption_enc_values_supported", ciphers},
		{"request_object_signing_alg_values_supported", signingOrNone},
		{"request_object_encryption_alg_values_supported", keyWraps},
		{"request_object_encryption_enc_values_supported", ciphers},
		{"response_modes_supported", strings.Fields("query fragment form_post query.jwt fragment.jwt form_post.jwt jwt")},
		{"registration_endpoint", issuer + "/clients-registrations/openid-connect"},
		{"token_endpoint_auth_methods_supported", authentication},
		{"token_endpoint_auth_signing_alg_values_supported", signing},
		{"introspection_endpoint_auth_methods_supported", authentication},
		{"introspection_endpoint_auth_signing_alg_values_supported", signing},
		{"authorization_signing_alg_values_supported", signing},
		{"authorization_encryption_alg_values_supported", keyWraps},
		{"authorization_encryption_enc_values_supported", ciphers},
		{"claims_supported", strings.Fields("iss sub aud exp iat auth_time name given_name family_name preferred_username email acr azp nonce")},
		{"claim_types_supported", []string{"normal"}},
		{"claims_parameter_supported", true},
		{"scopes_supported", c.k.Accounts.Scopes(rm)},
		{"request_parameter_supported", true},
		{"request_uri_parameter_supported", true},
		{"require_request_uri_registration", true},
		{"code_challenge_methods_supported", []string{"plain", "S256"}},
		{"tls_client_certificate_bound_access_tokens", true},
		{"dpop_signing_alg_values_supported", asymmetric},
		{"revocation_endpoint", base + "/revoke"},
		{"revocation_endpoint_auth_methods_supported", authentication},
		{"revocation_endpoint_auth_signing_alg_values_supported", signing},
		{"backchannel_logout_supported", true},
		{"backchannel_logout_session_supported", true},
		{"device_authorization_endpoint", base + "/auth/device"},
		{"backchannel_token_delivery_modes_supported", []string{"poll", "ping"}},
		{"backchannel_authentication_endpoint", base + "/ext/ciba/auth"},
		{"backchannel_authentication_request_signing_alg_values_supported", asymmetric},
		{"require_pushed_authorization_requests", false},
		{"pushed_authorization_request_endpoint", base + "/ext/par/request"},
		{"mtls_endpoint_aliases", jsondoc.Object{
			{"token_endpoint", base + "/token"},
			{"revocation_endpoint", base + "/revoke"},
			{"introspection_endpoint", base + "/token/introspect"},
			{"device_authorization_endpoint", base + "/auth/device"},
			{"registration_endpoint", issuer + "/clients-registrations/openid-connect"},
			{"userinfo_endpoint", base + "/userinfo"},
			{"pushed_authorization_request_endpoint", base + "/ext/par/request"},
			{"backchannel_authentication_endpoint", base + "/ext/ciba/auth"},
		}},
		{"authorization_response_iss_parameter_supported", true},
	}
}
