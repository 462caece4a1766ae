package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// mint makes the tokens of a Keycloak's success answer. who and x are nil for a service account,
// which has no session. grant is Keycloak's abbreviation of the grant, two letters.
func (c exchange) mint(rm *accounts.Realm, by *accounts.LiveClient, who *accounts.LiveUser, x *accounts.Session, scope, grant string) answer.Answer {
	issued, expires := c.Now.Unix(), c.accessExpiry(rm, by, x).Unix()
	kind := "tr" // a transient session
	if x != nil {
		kind = "on"
	}
	id := kind + "rt" + grant + ":" + uuid.New()
	claims := object{
		{"exp", expires},
		{"iat", issued},
		{"jti", id},
		{"iss", rm.Issuer(c.Base())},
	}
	if aud := by.Audience(rm.Vendor); aud != nil {
		claims.Set("aud", aud)
	}
	switch {
	case who != nil:
		claims = append(claims, member{"sub", who.Subject}, member{"typ", "Bearer"}, member{"azp", by.ID}, member{"sid", x.ID},
			member{"scope", scope}, member{"preferred_username", who.Username})
		if who.Name != "" {
			claims.Set("name", who.Name)
		}
		claims = append(claims, who.MandatorMembers()...)
	default:
		host := c.Address().String()
		claims = append(claims, member{"sub", by.Subject}, member{"typ", "Bearer"}, member{"azp", by.ID}, member{"acr", "1"},
			member{"scope", scope}, member{"clientHost", host}, member{"email_verified", false},
			member{"preferred_username", "service-account-" + by.ID}, member{"clientAddress", host}, member{"client_id", by.ID})
		addOptional(&claims, scope, "service-account-"+by.ID)
	}
	if rm.Vendor == OneFinOps {
		claims.Set("organization_id", by.OrganizationID)
	}
	access, err := c.sign(rm, claims)
	if err != nil {
		return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
	}
	if c.Opaque {
		access, id = accounts.OpaqueToken()
	}
	members := object{{"access_token", access}, {"expires_in", expires - issued}}
	if rm.Vendor == OneFinOps {
		// The vendor's page shows these four and nothing else.
		members = append(members, member{"token_type", "Bearer"}, member{"scope", scope})
	} else {
		members = append(members, member{"refresh_expires_in", 0}, member{"token_type", "Bearer"},
			member{"not-before-policy", c.server.accounts.NotBefore(rm)}, member{"scope", scope})
	}
	if x != nil {
		members = c.addSession(members, rm, by, who, x, scope)
	}
	login := scope
	if x != nil {
		login = x.Scope // what was granted, even if a refresh asks for less
	}
	if slices.Contains(strings.Fields(login), "openid") {
		if err := c.addIDToken(&members, rm, claims, access); err != nil {
			return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
		}
	}
	c.Record(c.server.accounts, rm, by, who, x, id, time.Unix(expires, 0))
	return answer.JSON(http.StatusOK, members)
}

// addOptional adds the claims that come with a new realm's optional scopes.
func addOptional(o *object, scope, username string) {
	words := strings.Fields(scope)
	roles := []string{"offline_access"} // the scope is that role's, too
	if slices.Contains(words, "offline_access") {
		o.Set("realm_access", object{{"roles", roles}})
	}
	if slices.Contains(words, "microprofile-jwt") {
		o.Set("upn", username)
		if slices.Contains(words, "offline_access") {
			o.Set("groups", roles)
		}
	}
}

// addSession puts what comes with a user's session into a token answer.
func (c exchange) addSession(members object, rm *accounts.Realm, by *accounts.LiveClient, who *accounts.LiveUser, x *accounts.Session, scope string) object {
	expires := rm.RefreshExpiry(x, c.Now).Unix()
	issuer := rm.Issuer(c.Base())
	claims := object{
		{"exp", expires},
		{"iat", c.Now.Unix()},
		{"jti", c.RefreshID},
		{"iss", issuer},
		{"aud", issuer},
		{"sub", who.Subject},
		{"typ", "Refresh"},
		{"azp", by.ID},
		{"sid", x.ID},
		{"scope", x.Scope},
	}
	if !c.server.keycloak265 {
		claims.Set("prov", "default")
	}
	if c.server.rotation {
		claims.Set("reuse_id", uuid.New())
	}
	refresh := rm.SignRefresh(claims)
	withSession := object{
		members[0],
		members[1],
		{"refresh_expires_in", expires - c.Now.Unix()},
		{"refresh_token", refresh},
		{"token_type", "Bearer"},
		{"not-before-policy", c.server.accounts.NotBefore(rm)},
		{"session_state", x.ID},
		{"scope", scope},
	}
	return append(withSession, who.MandatorMembers()...)
}

// addIDToken adds an ID token to an answer (OpenID Connect Core section 2): the access token's
// claims for another audience, bound to it by a hash.
func (c exchange) addIDToken(members *object, rm *accounts.Realm, access object, text string) error {
	claims := slices.Clone(access)
	claims.Set("jti", uuid.New())
	claims.Set("aud", access.Get("azp"))
	claims.Set("typ", "ID")
	claims.Remove("scope")
	for _, name := range []string{"mandator_name", "mandator_uuid", "is_test_mandator", "is_technical_user", "organization_id", "realm_access"} {
		claims.Remove(name)
	}
	sum := sha256.Sum256([]byte(text))
	claims.Set("at_hash", base64.RawURLEncoding.EncodeToString(sum[:16]))
	token, err := c.sign(rm, claims)
	if err != nil {
		return err
	}
	// It stands before not-before-policy.
	at := members.Index("not-before-policy")
	if at < 0 {
		at = len(*members)
	}
	*members = slices.Insert(*members, at, member{"id_token", token})
	return nil
}

func (c exchange) sign(rm *accounts.Realm, claims object) (string, error) {
	return c.server.rings[rm.Vendor].Signing().Sign(claims)
}

// accessExpiry clamps the life of an access token to its session's.
func (c exchange) accessExpiry(rm *accounts.Realm, by *accounts.LiveClient, x *accounts.Session) time.Time {
	end := c.Now.Add(c.AccessLife(rm, by))
	if x != nil && x.End(rm.Lifetimes).Before(end) {
		return x.End(rm.Lifetimes)
	}
	return end
}
