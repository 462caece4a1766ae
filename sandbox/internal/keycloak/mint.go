package keycloak

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// mint makes the tokens of a Keycloak's success answer. who and x are nil for a service account,
// which has no session. grant is Keycloak's abbreviation of the grant, two letters.
func (c visit) mint(rm *accounts.Realm, by *accounts.LiveClient, who *accounts.LiveUser, x *accounts.Session, scope, grant string) answer.Answer {
	issued, expires := c.Now.Unix(), c.accessExpiry(rm, by, x).Unix()
	kind := "tr" // a transient session
	if x != nil {
		kind = "on"
	}
	id := kind + "rt" + grant + ":" + uuid.New()
	claims := jsondoc.Object{
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
		claims = append(claims, jsondoc.Member{"sub", who.Subject}, jsondoc.Member{"typ", "Bearer"}, jsondoc.Member{"azp", by.ID}, jsondoc.Member{"sid", x.ID},
			jsondoc.Member{"scope", scope}, jsondoc.Member{"preferred_username", who.Username})
		if who.Name != "" {
			claims.Set("name", who.Name)
		}
		claims = append(claims, who.MandatorMembers()...)
	default:
		host := c.Address().String()
		claims = append(claims, jsondoc.Member{"sub", by.Subject}, jsondoc.Member{"typ", "Bearer"}, jsondoc.Member{"azp", by.ID}, jsondoc.Member{"acr", "1"},
			jsondoc.Member{"scope", scope}, jsondoc.Member{"clientHost", host}, jsondoc.Member{"email_verified", false},
			jsondoc.Member{"preferred_username", "service-account-" + by.ID}, jsondoc.Member{"clientAddress", host}, jsondoc.Member{"client_id", by.ID})
		addOptional(&claims, scope, "service-account-"+by.ID)
	}
	if rm.Vendor == vendors.OneFinOps {
		claims.Set("organization_id", by.OrganizationID)
	}
	access, err := c.sign(rm, claims)
	if err != nil {
		return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
	}
	if c.Opaque {
		access, id = accounts.OpaqueToken()
	}
	members := jsondoc.Object{{"access_token", access}, {"expires_in", expires - issued}}
	if rm.Vendor == vendors.OneFinOps {
		// The vendor's page shows these four and nothing else.
		members = append(members, jsondoc.Member{"token_type", "Bearer"}, jsondoc.Member{"scope", scope})
	} else {
		members = append(members, jsondoc.Member{"refresh_expires_in", 0}, jsondoc.Member{"token_type", "Bearer"},
			jsondoc.Member{"not-before-policy", c.k.Accounts.NotBefore(rm)}, jsondoc.Member{"scope", scope})
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
	c.Record(c.k.Accounts, rm, by, who, x, id, time.Unix(expires, 0))
	return answer.JSON(http.StatusOK, members)
}

// addOptional adds the claims that come with a new realm's optional scopes.
func addOptional(o *jsondoc.Object, scope, username string) {
	words := strings.Fields(scope)
	roles := []string{"offline_access"} // the scope is that role's, too
	if slices.Contains(words, "offline_access") {
		o.Set("realm_access", jsondoc.Object{{"roles", roles}})
	}
	if slices.Contains(words, "microprofile-jwt") {
		o.Set("upn", username)
		if slices.Contains(words, "offline_access") {
			o.Set("groups", roles)
		}
	}
}

// addSession puts what comes with a user's session into a token answer.
func (c visit) addSession(members jsondoc.Object, rm *accounts.Realm, by *accounts.LiveClient, who *accounts.LiveUser, x *accounts.Session, scope string) jsondoc.Object {
	expires := rm.RefreshExpiry(x, c.Now).Unix()
	issuer := rm.Issuer(c.Base())
	claims := jsondoc.Object{
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
	if !c.k.Before266 {
		claims.Set("prov", "default")
	}
	if c.k.Rotation {
		claims.Set("reuse_id", uuid.New())
	}
	refresh := rm.SignRefresh(claims)
	withSession := jsondoc.Object{
		members[0],
		members[1],
		{"refresh_expires_in", expires - c.Now.Unix()},
		{"refresh_token", refresh},
		{"token_type", "Bearer"},
		{"not-before-policy", c.k.Accounts.NotBefore(rm)},
		{"session_state", x.ID},
		{"scope", scope},
	}
	return append(withSession, who.MandatorMembers()...)
}

// addIDToken adds an ID token to an answer (OpenID Connect Core section 2): the access token's
// claims for another audience, bound to it by a hash.
func (c visit) addIDToken(members *jsondoc.Object, rm *accounts.Realm, access jsondoc.Object, text string) error {
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
	*members = slices.Insert(*members, at, jsondoc.Member{"id_token", token})
	return nil
}

func (c visit) sign(rm *accounts.Realm, claims jsondoc.Object) (string, error) {
	return c.k.Rings[rm.Vendor].Signing().Sign(claims)
}

// accessExpiry clamps the life of an access token to its session's.
func (c visit) accessExpiry(rm *accounts.Realm, by *accounts.LiveClient, x *accounts.Session) time.Time {
	end := c.Now.Add(c.AccessLife(rm, by))
	if x != nil && x.End(rm.Lifetimes).Before(end) {
		return x.End(rm.Lifetimes)
	}
	return end
}
