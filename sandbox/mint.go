package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/golang-jwt/jwt/v5"
)

// mint makes the tokens of a Keycloak's success answer. who and x are nil for a service account,
// which has no session. grant is Keycloak's abbreviation of the grant, two letters.
func (c *call) mint(rm *realm, by *client, who *user, x *session, scope, grant string) answer.Answer {
	issued, expires := c.now.Unix(), c.accessExpiry(rm, by, x).Unix()
	kind := "tr" // a transient session
	if x != nil {
		kind = "on"
	}
	id := kind + "rt" + grant + ":" + uuid.New()
	claims := object{
		{"exp", expires},
		{"iat", issued},
		{"jti", id},
		{"iss", rm.issuer(c)},
	}
	if aud := by.audience(rm.vendor); aud != nil {
		claims.Set("aud", aud)
	}
	switch {
	case who != nil:
		claims = append(claims, member{"sub", who.subject}, member{"typ", "Bearer"}, member{"azp", by.ID}, member{"sid", x.id},
			member{"scope", scope}, member{"preferred_username", who.Username})
		if who.Name != "" {
			claims.Set("name", who.Name)
		}
		claims = append(claims, who.mandator()...)
	default:
		host := c.address().String()
		claims = append(claims, member{"sub", by.subject}, member{"typ", "Bearer"}, member{"azp", by.ID}, member{"acr", "1"},
			member{"scope", scope}, member{"clientHost", host}, member{"email_verified", false},
			member{"preferred_username", "service-account-" + by.ID}, member{"clientAddress", host}, member{"client_id", by.ID})
		addOptional(&claims, scope, "service-account-"+by.ID)
	}
	if rm.vendor == OneFinOps {
		claims.Set("organization_id", by.OrganizationID)
	}
	access, err := c.sign(rm, claims)
	if err != nil {
		return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
	}
	if c.opaque {
		access, id = opaqueToken()
	}
	members := object{{"access_token", access}, {"expires_in", expires - issued}}
	if rm.vendor == OneFinOps {
		// The vendor's page shows these four and nothing else.
		members = append(members, member{"token_type", "Bearer"}, member{"scope", scope})
	} else {
		members = append(members, member{"refresh_expires_in", 0}, member{"token_type", "Bearer"},
			member{"not-before-policy", rm.staleBefore(c.server)}, member{"scope", scope})
	}
	if x != nil {
		members = c.addSession(members, rm, by, who, x, scope)
	}
	login := scope
	if x != nil {
		login = x.scope // what was granted, even if a refresh asks for less
	}
	if slices.Contains(strings.Fields(login), "openid") {
		if err := c.addIDToken(&members, rm, claims, access); err != nil {
			return answer.OAuthError(http.StatusInternalServerError, "unknown_error", "")
		}
	}
	c.record(rm, by, who, x, id, claims)
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
func (c *call) addSession(members object, rm *realm, by *client, who *user, x *session, scope string) object {
	expires := rm.refreshExpiry(x, c.now).Unix()
	issuer := rm.issuer(c)
	claims := object{
		{"exp", expires},
		{"iat", c.now.Unix()},
		{"jti", c.refreshID},
		{"iss", issuer},
		{"aud", issuer},
		{"sub", who.subject},
		{"typ", "Refresh"},
		{"azp", by.ID},
		{"sid", x.id},
		{"scope", x.scope},
	}
	if !c.server.keycloak265 {
		claims.Set("prov", "default")
	}
	if c.server.rotation {
		claims.Set("reuse_id", uuid.New())
	}
	refresh := signRefreshToken(rm, claims)
	withSession := object{
		members[0],
		members[1],
		{"refresh_expires_in", expires - c.now.Unix()},
		{"refresh_token", refresh},
		{"token_type", "Bearer"},
		{"not-before-policy", rm.staleBefore(c.server)},
		{"session_state", x.id},
		{"scope", scope},
	}
	return append(withSession, who.mandator()...)
}

// addIDToken adds an ID token to an answer (OpenID Connect Core section 2): the access token's
// claims for another audience, bound to it by a hash.
func (c *call) addIDToken(members *object, rm *realm, access object, text string) error {
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

// mandator are the members that finAPI adds to answers and tokens, truth values as strings.
func (u *user) mandator() object {
	return object{
		{"mandator_name", u.MandatorName},
		{"mandator_uuid", u.MandatorUUID},
		{"is_test_mandator", strconv.FormatBool(u.TestMandator)},
		{"is_technical_user", strconv.FormatBool(u.TechnicalUser)},
	}
}

// audience returns the claim aud of a vendor's tokens. OneFinOps documents its own; "account" is
// Keycloak's default.
func audience(v Vendor) string {
	if v == OneFinOps {
		return "onefinops.api"
	}
	return "account"
}

// audience returns the claim aud of a client's access tokens: a string, a list, or nil.
func (by *client) audience(v Vendor) any {
	list := by.Audiences
	if !by.NoAudience {
		list = append([]string{audience(v)}, list...)
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}

func (c *call) sign(rm *realm, claims object) (string, error) {
	return c.server.rings[rm.vendor].Signing().Sign(claims)
}

// opaqueToken is an access token that says nothing; id is what it is remembered by.
func opaqueToken() (token, id string) {
	token = "opaque-" + uuid.New()
	return token, opaqueID(token)
}

func opaqueID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:8])
}

// signRefreshToken makes an HS512 JWT, which only this realm can read.
func signRefreshToken(rm *realm, claims object) string {
	header := fmt.Sprintf(`{"alg":"HS512","typ" : "JWT","kid" : %q}`, rm.hmacID())
	payload, err := claims.MarshalJSON()
	if err != nil {
		panic(err) // the claims are texts and numbers
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := jwt.SigningMethodHS512.Sign(text, rm.hmac)
	if err != nil {
		panic(err) // HMAC takes any key
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
