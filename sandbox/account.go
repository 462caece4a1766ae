package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// A Client is an OAuth client of one of the vendors.
type Client struct {
	// ID is the client id. Required. At OneFinOps it begins with "ofin_live_" or "ofin_test_".
	ID string
	// Secret is the client's secret. Required unless Public is set.
	Secret auth.Secret
	// Realm is the Keycloak realm of the client. Optional: at Finventi the default is
	// "sti-connector"; at finAPI the realm is the mandator, by default "customer". Other vendors
	// ignore it.
	Realm string
	// Scopes are attached to every token.
	Scopes []string
	// OptionalScopes are attached if the request asks for them. At FinCalc a request must name its
	// scopes, and may name those of both lists. Keycloak's own scopes acr, basic, organization,
	// roles, service_account and web-origins do not appear in the scope of the token.
	OptionalScopes []string
	// Disabled clients are refused like unknown ones.
	Disabled bool
	// Public clients have no secret.
	Public bool
	// NoServiceAccount refuses the client credentials grant.
	NoServiceAccount bool
	// DirectAccess allows the password grant.
	DirectAccess bool
	// Audiences are added to the claim aud of access tokens. Since 26.6, Keycloak introspects a
	// token only for a client that is one of its audiences, so a client that introspects its own
	// tokens must list itself here. FinCalc ignores them.
	Audiences []string
	// NoAudience leaves the vendor's own audience out of access tokens, as Keycloak does if a
	// client may have nobody's roles. OneFinOps's API refuses such a token, because its audience is
	// documented. The other APIs do not check the audience.
	NoAudience bool
	// AccessLifetime is how long the client's access tokens live. Optional, default as for the
	// vendor's other clients.
	AccessLifetime time.Duration
	// OrganizationID is the claim organization_id of a OneFinOps token.
	OrganizationID string
	// NotEntitled makes OneFinOps's API answer 403: the client's plan does not include the call.
	NotEntitled bool
	// EmailAddress is the FinCalc login of the client.
	EmailAddress string
}

// A User is a user of finAPI's Demobank.
type User struct {
	// Username and Password are the user's login for the password grant. Required.
	Username string
	Password auth.Secret
	// Email is another name to log in with; Name is the claim of that name. Both are optional.
	Email, Name string
	// Mandator is the Keycloak realm of the user. Optional, default "customer".
	Mandator string
	// Disabled refuses the user's login with "Account disabled".
	Disabled bool
	// RequiredActions refuse the user's login with "Account is not fully set up".
	RequiredActions []string
	// MandatorName and the three fields after it are members of the token answer. Optional:
	// MandatorName is "finAPI Demobank" by default, and MandatorUUID is like the one on finAPI's
	// page.
	MandatorName  string
	MandatorUUID  string
	TestMandator  bool
	TechnicalUser bool
}

const (
	defaultRealm    = "sti-connector"
	defaultTenant   = "demo-tenant"
	defaultMandator = "customer"
	onefinopsRealm  = "onefinops"
	demobankClient  = "demobank-cli"

	livePrefix = "ofin_live_"
	testPrefix = "ofin_test_"
)

// The accounts of a Server whose options name none. They are those of the realm files that the
// project imports into a real Keycloak, so that a test can use either; those files have no tenant of
// Finventi.
func defaultClients(v Vendor) []Client {
	switch v {
	case Finventi:
		clients := []Client{{ID: "sti-client", Secret: auth.NewSecret("s3cr3t-sti"), OptionalScopes: []string{"address", "phone", "organization", "microprofile-jwt",
			"offline_access", "acr", "basic", "roles", "service_account", "web-origins"}}}
		for _, p := range documents[v]().Products {
			if id := p.Defaults["client_id"]; id != "" {
				clients = append(clients, Client{ID: id, Secret: auth.NewSecret("s3cr3t-" + id), Realm: defaultTenant})
			}
		}
		return clients
	case OneFinOps:
		return []Client{
			{ID: testPrefix + "abc", Secret: auth.NewSecret("s3cr3t-ofin-test"), OrganizationID: "org_test_1"},
			{ID: livePrefix + "abc", Secret: auth.NewSecret("s3cr3t-ofin-live"), OrganizationID: "org_live_1"},
		}
	case FinCalc:
		return []Client{{ID: "12345", Secret: auth.NewSecret("bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7"), EmailAddress: "hello@example.com"}}
	}
	return nil
}

func defaultUsers() []User {
	return []User{
		{Username: "anna", Password: auth.NewSecret("pw-anna")},
		{Username: "off", Password: auth.NewSecret("pw-off"), Disabled: true},
		{Username: "todo", Password: auth.NewSecret("pw-todo"), RequiredActions: []string{"UPDATE_PASSWORD"}},
	}
}

// withDefaults fills in what the vendor settles for every client.
func (c Client) withDefaults(v Vendor) Client {
	switch v {
	case Finventi:
		c.Realm = or(c.Realm, defaultRealm)
		if c.Scopes == nil {
			c.Scopes = tokenScopes(documents[v]())
		}
	case FinAPI:
		c.Realm = or(c.Realm, defaultMandator)
		if c.Scopes == nil {
			c.Scopes = tokenScopes(documents[v]())
		}
	case OneFinOps:
		c.Realm = onefinopsRealm
		c.OrganizationID = or(c.OrganizationID, "org_"+c.ID)
		if c.Scopes == nil {
			c.Scopes = tokenScopes(documents[v]())
		}
	case FinCalc:
		c.Realm = ""
		if c.Scopes == nil {
			c.Scopes = []string{"client-information"}
			c.OptionalScopes = append([]string{"fact-find", "client-financials", "api_scope"}, c.OptionalScopes...)
		}
	}
	return c
}

// anyScope is one that the client may ask for; "" where it may ask for none.
func (c Client) anyScope() string {
	for _, scopes := range [][]string{c.Scopes, c.OptionalScopes} {
		if len(scopes) > 0 {
			return scopes[0]
		}
	}
	return ""
}

func (c Client) check(v Vendor) error {
	switch {
	case c.ID == "":
		return fmt.Errorf("a client of %s has no id", v)
	case c.Secret.IsZero() && !c.Public:
		return fmt.Errorf("client %q of %s has no secret and is not public", c.ID, v)
	case v == OneFinOps && !strings.HasPrefix(c.ID, livePrefix) && !strings.HasPrefix(c.ID, testPrefix):
		return fmt.Errorf("client %q of onefinops has neither prefix %q nor %q", c.ID, livePrefix, testPrefix)
	case v == FinCalc && c.Public:
		return fmt.Errorf("client %q of fincalc cannot be public: fincalc always wants a secret", c.ID)
	case c.Realm != "" && !isRealmName(c.Realm):
		return fmt.Errorf("client %q of %s has a realm %q that is no segment of a path", c.ID, v, c.Realm)
	case v == FinCalc && c.EmailAddress == "":
		return fmt.Errorf("client %q of fincalc has no e-mail address", c.ID)
	}
	if c.AccessLifetime < 0 {
		return fmt.Errorf("client %q of %s has a negative access lifetime", c.ID, v)
	}
	return nil
}

func (u User) withDefaults() User {
	u.Mandator = or(u.Mandator, defaultMandator)
	u.MandatorName = or(u.MandatorName, "finAPI Demobank")
	u.MandatorUUID = or(u.MandatorUUID, "044ab580-0000-4000-8000-991e324704b7")
	return u
}

// client is a Client and what happens to it.
type client struct {
	Client
	configured string       // fingerprint of what the options gave
	subject    string       // id of its service account
	secrets    []liveSecret // the newest first
	anyWord    bool         // a magic client: every secret is right
	rank       int          // its place among those that the options named
}

// liveSecret is a secret that works, until a time where it has been replaced.
type liveSecret struct {
	value auth.Secret
	until time.Time // zero for the newest
}

func newClient(v Vendor, c Client) *client {
	return &client{Client: c, configured: fingerprint(c.Secret, c.Disabled), subject: uuid.Of("client", string(v), c.Realm, c.ID),
		secrets: []liveSecret{{value: c.Secret}}}
}

// fingerprint tells whether an account is configured as it was when its state was kept.
func fingerprint(secret auth.Secret, disabled bool) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "finsdk sandbox %v %s", disabled, secret.Reveal()))
	return hex.EncodeToString(sum[:])
}

func (c *client) accepts(secret string, now time.Time) bool {
	if c.anyWord {
		return secret != ""
	}
	return slices.ContainsFunc(c.secrets, func(l liveSecret) bool {
		return l.value.Reveal() == secret && (l.until.IsZero() || now.Before(l.until))
	})
}

// user is a User and what happens to it.
type user struct {
	User
	subject     string
	configured  string    // fingerprint of what the options gave
	failures    int       // wrong passwords in a row
	lockedUntil time.Time // after too many of them
	anyWord     bool      // a magic user: every password is right
	rank        int       // the place among those that the options named
}

func newUser(u User) *user {
	return &user{User: u, configured: fingerprint(u.Password, u.Disabled), subject: uuid.Of("user", u.Mandator, u.Username)}
}

func (u *user) accepts(password string) bool {
	if u.anyWord {
		return password != ""
	}
	return u.Password.Reveal() == password
}

// findUser finds a user by name or e-mail address, in any case of letters.
func (rm *realm) findUser(name string) *user {
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

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
