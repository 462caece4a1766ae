// Package keycloak answers as the Keycloaks of three vendors do.
package keycloak

import (
	"net/http"
	"slices"
	"sync"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// encryptionKey is the key that every realm publishes beside those that sign. Nothing is encrypted
// with it, so the whole process has one.
var encryptionKey = sync.OnceValue(signing.New)

// A Server answers as the Keycloaks of three vendors do.
type Server struct {
	Accounts *accounts.Book
	Rings    map[vendors.Vendor]*signing.Ring
	// Before266 answers as versions up to 26.5 did.
	Before266 bool
	// Rotation makes each refresh token valid for one use.
	Rotation bool
	// HTTPSRequired refuses plain http.
	HTTPSRequired bool
	Disabled      map[accounts.RealmID]bool
	Login         accounts.LoginPolicy
}

// A visit is a call to a Server.
type visit struct {
	*call.Call
	k *Server
}

func (k *Server) visit(c *call.Call) visit { return visit{c, k} }

// Operations returns what the documents have, by operationId.
func (k *Server) Operations() map[string]call.Operation {
	return call.Bind(k.visit, map[string]func(visit) answer.Answer{
		"IssueToken":      inRealm(issueToken),
		"GetKeys":         publishKeys,
		"RevokeToken":     inRealm(revokeToken),
		"EndSession":      inRealm(endSession),
		"IntrospectToken": inRealm(introspectToken),
	})
}

// Pages returns what stands beside that.
func (k *Server) Pages() []Page { return pages }

// Page answers a call to a Page.
func (k *Server) Page(c *call.Call, p Page) answer.Answer {
	rm := k.Accounts.Realm(c.Vendor, c.Request.PathValue("realm"))
	if rm == nil {
		return Hardened(c, prose(http.StatusNotFound, "Realm does not exist"))
	}
	return Hardened(c, p.op(k.visit(c), rm))
}

// ForeignOrigin refuses a call with an Origin other than the sandbox's own, or returns nil.
func (k *Server) ForeignOrigin(c *call.Call) *answer.Answer { return k.visit(c).foreignOrigin() }

// Nothing answers where Keycloak serves nothing, or only the methods named. It omits the Allow
// header.
func (k *Server) Nothing(c *call.Call, methods []string) answer.Answer {
	return Hardened(c, k.visit(c).nothing(methods))
}

// publishKeys is a realm's JSON Web Key Set, RFC 7517.
func publishKeys(c visit) answer.Answer {
	if c.k.Accounts.Realm(c.Vendor, c.RealmName()) == nil {
		return prose(http.StatusNotFound, "Realm does not exist")
	}
	if refusal := c.withoutTLS(); refusal != nil {
		return *refusal
	}
	first := encryptionKey().JWK()
	first.Set("alg", "RSA-OAEP")
	first.Set("use", "enc")
	set := []jsondoc.Object{first}
	for _, k := range c.k.Rings[c.Vendor].All() {
		set = append(set, k.JWK())
	}
	return c.readable(answer.JSON(http.StatusOK, jsondoc.Object{{"keys", set}}).With("Cache-Control", "no-cache"))
}

// revokeToken is RFC 7009. A refresh token takes its session with it.
func revokeToken(c visit, rm *accounts.Realm) answer.Answer {
	by, refusal := c.caller(rm)
	if refusal != nil {
		return *refusal
	}
	if !c.Form.Has("token") {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Token not provided")
	}
	claims := c.readToken(rm, c.Form.Get("token"))
	// RFC 7009 section 2.2 calls for the status of a success.
	unknown := answer.OAuthError(http.StatusOK, "invalid_token", "Invalid token")
	kind := claims.Text("typ")
	switch {
	case claims == nil, kind != "Refresh" && !c.Issued(rm, claims):
		return unknown
	case kind != "Refresh" && kind != "Bearer":
		return answer.OAuthError(http.StatusBadRequest, "unsupported_token_type", "Unsupported token type")
	case claims.Text("azp") != by.ID:
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Unmatching clients")
	}
	if !c.k.Accounts.Revoke(rm, claims, c.Now) {
		return unknown
	}
	return answer.Text(http.StatusOK, "", "")
}

// introspectToken is RFC 7662.
func introspectToken(c visit, rm *accounts.Realm) answer.Answer {
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		switch {
		case c.k.Before266:
			return answer.OAuthError(http.StatusUnauthorized, "invalid_request", "Authentication failed.")
		case refusal.Status == http.StatusUnauthorized && refusal.Members.Get("error") == "unauthorized_client":
			return answer.OAuthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
		}
		return *refusal
	}
	if by.Public {
		return answer.OAuthError(http.StatusForbidden, "invalid_request", "Client not allowed.")
	}
	if c.Repeated() {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "duplicated parameter")
	}
	if !c.Form.Has("token") {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "Token not provided.")
	}
	kinds := c.introspectable()
	if kinds == nil {
		description := "Unsupported token type."
		if c.k.Before266 {
			description = "Unsupported token type [" + c.Form.Get("token_type_hint") + "]."
		}
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", description)
	}
	claims := c.readToken(rm, c.Form.Get("token"))
	if claims == nil || !slices.Contains(kinds, claims.Text("typ")) || !c.isActive(rm, claims) || !c.mayKnow(by, claims) {
		return answer.JSON(http.StatusOK, jsondoc.Object{{"active", false}}).With("Cache-Control", "no-cache")
	}
	members := jsondoc.Object{}
	for _, name := range []string{"exp", "iat", "jti", "iss", "aud", "sub", "typ", "azp", "sid", "acr", "scope", "organization_id", "email_verified", "name",
		"preferred_username", "client_id", "username"} {
		if value, ok := claims[name]; ok {
			members.Set(name, value)
		}
	}
	if claims.Text("typ") == "Refresh" {
		c.addUser(&members, rm, claims)
	} else if name := claims.Text("preferred_username"); name != "" {
		members.Set("username", name)
	}
	members.Set("client_id", claims.Text("azp"))
	members.Set("token_type", claims.Text("typ"))
	members.Set("active", true)
	return answer.JSON(http.StatusOK, members).With("Cache-Control", "no-cache")
}

// mayKnow reports whether a client may introspect a token. Since Keycloak 26.6, the audience of an
// access token may, and not the client that got it.
func (c visit) mayKnow(by *accounts.LiveClient, claims signing.Claims) bool {
	if c.k.Before266 {
		return true
	}
	if claims.Text("typ") == "Refresh" {
		return claims.Text("azp") == by.ID
	}
	return claims.HasAudience(by.ID)
}

// addUser adds what a refresh token does not say of its user.
func (c visit) addUser(members *jsondoc.Object, rm *accounts.Realm, claims signing.Claims) {
	_, who, _, ok := c.k.Accounts.Owner(rm, claims, c.Now)
	if who == nil || !ok {
		return
	}
	if who.Name != "" {
		members.Set("name", who.Name)
	}
	members.Set("preferred_username", who.Username)
	members.Set("username", who.Username)
}

// introspectable returns the kinds of token to look for, or nil if the hint is unknown. Since
// Keycloak 26.6, a refresh token needs its hint.
func (c visit) introspectable() []string {
	hint := "access_token"
	if c.Form.Has("token_type_hint") {
		hint = c.Form.Get("token_type_hint")
	}
	switch {
	case hint == "refresh_token":
		return []string{"Refresh"}
	case hint != "access_token" && hint != "requesting_party_token":
		return nil
	case c.k.Before266:
		return []string{"Bearer", "ID", "Refresh"}
	}
	return []string{"Bearer", "ID"}
}

// prose is Keycloak's answer to a failure outside OAuth.
func prose(status int, text string) answer.Answer { return answer.OAuthError(status, text, "") }

// Hardened adds the headers that Keycloak puts on every answer of its own.
func Hardened(c *call.Call, a answer.Answer) answer.Answer {
	if !c.FromKeycloak() {
		return a
	}
	a.Header.Set("Referrer-Policy", "no-referrer")
	a.Header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	a.Header.Set("X-Content-Type-Options", "nosniff")
	a.Header.Set("X-Frame-Options", "SAMEORIGIN")
	a.Header.Set("X-Robots-Tag", "none")
	return a
}

// formUnreadable is Keycloak's answer to a form that it cannot read.
func formUnreadable() answer.Answer {
	return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "For more on this error consult the server log.")
}

// noMedia is Keycloak's answer to a Content-Type that names no media type.
func noMedia() answer.Answer {
	return answer.JSON(http.StatusInternalServerError, jsondoc.Object{{"details", "Error id " + uuid.New() + "-1"}, {"stack", ""}}).
		With("Content-Type", "application/json; charset=utf-8")
}

// formTooLarge is Keycloak's answer to a form with a value that is too long.
func formTooLarge() answer.Answer {
	return prose(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large")
}

// readToken reads a token of any kind and owner that is presented to a realm. It returns nil unless
// the realm has signed it.
func (c visit) readToken(rm *accounts.Realm, text string) signing.Claims {
	return rm.Read(c.k.Rings[c.Vendor], text)
}

// isActive reports whether a token, its session and those that it stands for are all good.
func (c visit) isActive(rm *accounts.Realm, claims signing.Claims) bool {
	by, who, x, ok := c.k.Accounts.Owner(rm, claims, c.Now)
	return ok && by != nil && !by.Disabled && c.Issued(rm, claims) && c.k.Accounts.Stands(rm, claims, c.Now) &&
		(x == nil || who != nil && !who.Disabled)
}
