package accounts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A LiveClient is a Client with what happens to it.
type LiveClient struct {
	Client
	Subject string // the id of its service account
	AnyWord bool   // it is a magic client: every secret is right

	configured string       // fingerprint of what the options gave
	secrets    []liveSecret // the newest first
	rank       int          // its place among those that the options named
}

// A liveSecret works until a time, or without end if it has not been replaced.
type liveSecret struct {
	value auth.Secret
	until time.Time
}

func newClient(v vendors.Vendor, c Client) *LiveClient {
	return &LiveClient{Client: c, configured: fingerprint(c.Secret, c.Disabled), Subject: uuid.Of("client", string(v), c.Realm, c.ID),
		secrets: []liveSecret{{value: c.Secret}}}
}

// fingerprint tells whether an account is configured as it was when its state was kept.
func fingerprint(secret auth.Secret, disabled bool) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "finsdk sandbox %v %s", disabled, secret.Reveal()))
	return hex.EncodeToString(sum[:])
}

func (c *LiveClient) accepts(secret string, now time.Time) bool {
	if c.AnyWord {
		return secret != ""
	}
	return slices.ContainsFunc(c.secrets, func(l liveSecret) bool {
		return l.value.Reveal() == secret && (l.until.IsZero() || now.Before(l.until))
	})
}

// Grant returns the client's own scopes and the requested ones. It reports false if the client may
// not have one of them.
func (c *LiveClient) Grant(asked string) (scopes []string, ok bool) {
	scopes = slices.Clone(c.Scopes)
	for _, word := range scopeWords(asked) {
		switch {
		case slices.Contains(scopes, word):
		case word == "openid", slices.Contains(c.OptionalScopes, word):
			scopes = append(scopes, word)
		default:
			return nil, false
		}
	}
	return scopes, true
}

// scopeWords splits a scope at single spaces, as Keycloak does. Two spaces in a row, or one at the
// beginning, make an empty word, which no client has. Spaces at the end do not count.
func scopeWords(scope string) []string {
	scope = strings.TrimRight(scope, " ")
	if scope == "" {
		return nil
	}
	return strings.Split(scope, " ")
}

// Audience returns the claim aud of a vendor's access tokens. OneFinOps documents its own;
// "account" is Keycloak's default.
func Audience(v vendors.Vendor) string {
	if v == vendors.OneFinOps {
		return "onefinops.api"
	}
	return "account"
}

// Audience returns the claim aud of the client's access tokens: a string, a list, or nil.
func (c *LiveClient) Audience(v vendors.Vendor) any {
	list := c.Audiences
	if !c.NoAudience {
		list = append([]string{Audience(v)}, list...)
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}

// A LiveUser is a User with what happens to it.
type LiveUser struct {
	User
	Subject string
	AnyWord bool // it is a magic user: every password is right

	configured  string    // fingerprint of what the options gave
	failures    int       // wrong passwords in a row
	lockedUntil time.Time // after too many of them
	rank        int       // its place among those that the options named
}

func newUser(u User) *LiveUser {
	return &LiveUser{User: u, configured: fingerprint(u.Password, u.Disabled), Subject: uuid.Of("user", u.Mandator, u.Username)}
}

func (u *LiveUser) accepts(password string) bool {
	if u.AnyWord {
		return password != ""
	}
	return u.Password.Reveal() == password
}

// MandatorMembers returns the members that finAPI adds to answers and tokens, booleans as strings.
func (u *LiveUser) MandatorMembers() jsondoc.Object {
	return jsondoc.Object{
		{"mandator_name", u.MandatorName},
		{"mandator_uuid", u.MandatorUUID},
		{"is_test_mandator", strconv.FormatBool(u.TestMandator)},
		{"is_technical_user", strconv.FormatBool(u.TechnicalUser)},
	}
}
