package accounts

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Realm is one Keycloak realm, or all of FinCalc: its accounts and its sessions. The Book's mutex
// guards the unexported fields.
type Realm struct {
	Vendor    vendors.Vendor
	Name      string
	Lifetimes Lifetimes

	clients   map[string]*LiveClient
	users     map[string]*LiveUser
	sessions  map[string]*Session
	hmac      []byte // signs refresh tokens
	notBefore time.Time
}

func newRealm(v vendors.Vendor, name string, l Lifetimes) *Realm {
	key := make([]byte, 64)
	_, _ = rand.Read(key) // never fails
	return &Realm{Vendor: v, Name: name, Lifetimes: l, hmac: key,
		clients: map[string]*LiveClient{}, users: map[string]*LiveUser{}, sessions: map[string]*Session{}}
}

// path is the issuer below the sandbox's base URL.
func (rm *Realm) path() string {
	if rm.Vendor == vendors.FinCalc {
		return vendors.AuthPath(rm.Vendor)
	}
	return vendors.AuthPath(rm.Vendor) + "/realms/" + rm.Name
}

// Issuer returns the realm's claim iss for a caller who sees the sandbox at a base URL.
func (rm *Realm) Issuer(base string) string { return base + rm.path() }

// Issued reports whether a token's issuer is the realm's for a caller who sees the sandbox at a
// base URL. As in a Keycloak without a fixed host name, a token is valid under the host name that
// it was issued under. Unless the base is fixed, the port does not count: tokens in a state file
// must be valid after a restart, which may change it.
func (rm *Realm) Issued(c signing.Claims, base string, fixed bool) bool {
	named, expected := c.Text("iss"), rm.Issuer(base)
	if named == expected || fixed {
		return named == expected
	}
	a, err1 := url.Parse(named)
	b, err2 := url.Parse(expected)
	return err1 == nil && err2 == nil && a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && a.Path == b.Path
}

// SignRefresh makes a refresh token, which only this realm can read.
func (rm *Realm) SignRefresh(claims jsondoc.Object) string {
	return signing.SignSecret(claims, uuid.Of(string(rm.hmac)), rm.hmac)
}

// ReadRefresh returns the claims of a token that the realm's own secret has signed, or nil.
func (rm *Realm) ReadRefresh(text string) signing.Claims { return signing.ReadSecret(text, rm.hmac) }

// Read returns the claims of a token of any kind that the realm has signed, or nil.
func (rm *Realm) Read(ring *signing.Ring, text string) signing.Claims {
	if c := ring.ReadAny(text, rm.hmac); c != nil && c.Realm() == rm.Name {
		return c
	}
	return nil
}

// findUser finds a user by name or e-mail address, in any case of letters.
func (rm *Realm) findUser(name string) *LiveUser {
	if u := rm.users[name]; u != nil {
		return u
	}
	for _, u := range rm.users {
		if strings.EqualFold(u.Username, name) || u.Email != "" && strings.EqualFold(u.Email, name) {
			return u
		}
	}
	return nil
}

// scopes returns those that a client of the realm may ask for, sorted.
func (rm *Realm) scopes() []string {
	scopes := []string{"openid", "offline_access"}
	for _, c := range rm.clients {
		scopes = append(append(scopes, c.Scopes...), c.OptionalScopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// policy returns the Unix time before which tokens are refused, or 0 without one.
func (rm *Realm) policy() int64 {
	if rm.notBefore.IsZero() {
		return 0
	}
	return rm.notBefore.Unix()
}

// stale reports whether a token issued at a Unix time is refused. Without a policy none is, not
// even one from before 1970, where a clock may stand.
func (rm *Realm) stale(issued int64) bool {
	return !rm.notBefore.IsZero() && issued < rm.notBefore.Unix()
}
