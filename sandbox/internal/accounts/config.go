// Package accounts keeps what a vendor's authorization server knows: clients and users, by realm,
// with their sessions and the tokens that they got.
package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Client is an OAuth client as it is configured; see sandbox.Client. The tags are its names in a
// file of options.
type Client struct {
	ID               string        `json:"id"`
	Secret           auth.Secret   `json:"secret,omitzero"`
	Realm            string        `json:"realm,omitempty"`
	Scopes           []string      `json:"scopes,omitempty"`
	OptionalScopes   []string      `json:"optional_scopes,omitempty"`
	Disabled         bool          `json:"disabled,omitempty"`
	Public           bool          `json:"public,omitempty"`
	NoServiceAccount bool          `json:"no_service_account,omitempty"`
	DirectAccess     bool          `json:"direct_access,omitempty"`
	Audiences        []string      `json:"audiences,omitempty"`
	NoAudience       bool          `json:"no_audience,omitempty"`
	AccessLifetime   time.Duration `json:"access_lifetime,omitzero"`
	OrganizationID   string        `json:"organization_id,omitempty"`
	NotEntitled      bool          `json:"not_entitled,omitempty"`
	EmailAddress     string        `json:"email_address,omitempty"`
}

// A User is a user of finAPI as it is configured; see sandbox.User. The tags are its names in a
// file of options.
type User struct {
	Username        string      `json:"username"`
	Password        auth.Secret `json:"password,omitzero"`
	Email           string      `json:"email,omitempty"`
	Name            string      `json:"name,omitempty"`
	Mandator        string      `json:"mandator,omitempty"`
	Disabled        bool        `json:"disabled,omitempty"`
	RequiredActions []string    `json:"required_actions,omitempty"`
	MandatorName    string      `json:"mandator_name,omitempty"`
	MandatorUUID    string      `json:"mandator_uuid,omitempty"`
	TestMandator    bool        `json:"test_mandator,omitempty"`
	TechnicalUser   bool        `json:"technical_user,omitempty"`
}

// Lifetimes are those of a vendor's tokens and sessions; see sandbox.Lifetimes.
type Lifetimes struct {
	Access      time.Duration
	Refresh     time.Duration
	SessionIdle time.Duration
	SessionMax  time.Duration
}

// Over returns the lifetimes with those of d for the ones that are zero, in whole seconds.
func (l Lifetimes) Over(d Lifetimes) Lifetimes {
	pick := func(a, b time.Duration) time.Duration {
		if a == 0 {
			a = b
		}
		return (a + time.Second - 1).Truncate(time.Second)
	}
	return Lifetimes{pick(l.Access, d.Access), pick(l.Refresh, d.Refresh), pick(l.SessionIdle, d.SessionIdle), pick(l.SessionMax, d.SessionMax)}
}

// Documented returns the lifetimes in a document's token answer. The document does not have the
// longest lifetime of a finAPI session: that is Keycloak's default.
func Documented(d *openapi.Document) Lifetimes {
	l := Lifetimes{Access: documents.TokenSeconds(d, "expires_in"), SessionIdle: documents.TokenSeconds(d, "refresh_expires_in")}
	if l.SessionIdle > 0 {
		l.SessionMax = 10 * time.Hour
	}
	return l
}

const (
	// Mandator is the default realm of finAPI.
	Mandator = "customer"
	// Demobank is finAPI's public client.
	Demobank = "demobank-cli"
	// OneFinOpsRealm is the only realm of OneFinOps.
	OneFinOpsRealm = "onefinops"
	// LivePrefix begins the client ids of OneFinOps's production environment.
	LivePrefix = "ofin_live_"
	// TestPrefix begins those of its sandbox environment.
	TestPrefix = "ofin_test_"

	finventiRealm  = "sti-connector"
	finventiTenant = "demo-tenant"
)

// DefaultClients returns the clients of a vendor for which the options name none. They are those of
// the realm files that the project imports into a real Keycloak, so that a test can use either;
// those files have no tenant of Finventi.
func DefaultClients(v vendors.Vendor) []Client {
	switch v {
	case vendors.Finventi:
		clients := []Client{{ID: "sti-client", Secret: auth.NewSecret("s3cr3t-sti"),
			OptionalScopes: strings.Fields("address phone organization microprofile-jwt offline_access acr basic roles service_account web-origins")}}
		for _, p := range documents.Of(v).Products {
			if id := p.Defaults["client_id"]; id != "" {
				clients = append(clients, Client{ID: id, Secret: auth.NewSecret("s3cr3t-" + id), Realm: finventiTenant})
			}
		}
		return clients
	case vendors.OneFinOps:
		return []Client{
			{ID: TestPrefix + "abc", Secret: auth.NewSecret("s3cr3t-ofin-test"), OrganizationID: "org_test_1"},
			{ID: LivePrefix + "abc", Secret: auth.NewSecret("s3cr3t-ofin-live"), OrganizationID: "org_live_1"},
		}
	case vendors.FinCalc:
		return []Client{{ID: "12345", Secret: auth.NewSecret("bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7"), EmailAddress: "hello@example.com"}}
	}
	return nil
}

// DefaultUsers returns the users of finAPI for which the options name none.
func DefaultUsers() []User {
	return []User{
		{Username: "anna", Password: auth.NewSecret("pw-anna")},
		{Username: "off", Password: auth.NewSecret("pw-off"), Disabled: true},
		{Username: "todo", Password: auth.NewSecret("pw-todo"), RequiredActions: []string{"UPDATE_PASSWORD"}},
	}
}

// WithDefaults fills in what the vendor settles for every client, by its document.
func (c Client) WithDefaults(v vendors.Vendor, d *openapi.Document) Client {
	c.Realm = c.InRealm(v)
	if v == vendors.OneFinOps {
		c.OrganizationID = cmp.Or(c.OrganizationID, "org_"+c.ID)
	}
	switch {
	case c.Scopes != nil:
	case v == vendors.FinCalc:
		c.Scopes = []string{"client-information"}
		c.OptionalScopes = append([]string{"fact-find", "client-financials", "api_scope"}, c.OptionalScopes...)
	default:
		c.Scopes = documents.TokenScopes(d)
	}
	return c
}

// InRealm returns the realm that a client of a vendor is in.
func (c Client) InRealm(v vendors.Vendor) string {
	switch v {
	case vendors.Finventi:
		return cmp.Or(c.Realm, finventiRealm)
	case vendors.FinAPI:
		return cmp.Or(c.Realm, Mandator)
	case vendors.OneFinOps:
		return OneFinOpsRealm
	case vendors.FinCalc:
		return ""
	}
	return c.Realm
}

// AnyScope returns a scope that the client may ask for, or "".
func (c Client) AnyScope() string {
	for _, scope := range slices.Concat(c.Scopes, c.OptionalScopes) {
		return scope
	}
	return ""
}

// Check returns an error if a vendor cannot have such a client.
func (c Client) Check(v vendors.Vendor) error {
	switch {
	case c.ID == "":
		return fmt.Errorf("a client of %s has no id", v)
	case c.Secret.IsZero() && !c.Public:
		return fmt.Errorf("client %q of %s has no secret and is not public", c.ID, v)
	case v == vendors.OneFinOps && !strings.HasPrefix(c.ID, LivePrefix) && !strings.HasPrefix(c.ID, TestPrefix):
		return fmt.Errorf("client %q of onefinops has neither prefix %q nor %q", c.ID, LivePrefix, TestPrefix)
	case v == vendors.FinCalc && c.Public:
		return fmt.Errorf("client %q of fincalc cannot be public: fincalc always wants a secret", c.ID)
	case c.Realm != "" && !IsRealmName(c.Realm):
		return fmt.Errorf("client %q of %s has a realm %q that is no segment of a path", c.ID, v, c.Realm)
	case v == vendors.FinCalc && c.EmailAddress == "":
		return fmt.Errorf("client %q of fincalc has no e-mail address", c.ID)
	case c.AccessLifetime < 0:
		return fmt.Errorf("client %q of %s has a negative access lifetime", c.ID, v)
	}
	return nil
}

// WithDefaults fills in what every user has.
func (u User) WithDefaults() User {
	u.Mandator = cmp.Or(u.Mandator, Mandator)
	u.MandatorName = cmp.Or(u.MandatorName, "finAPI Demobank")
	u.MandatorUUID = cmp.Or(u.MandatorUUID, "044ab580-0000-4000-8000-991e324704b7")
	return u
}

// IsRealmName reports whether a name can follow /realms/ without an escape.
func IsRealmName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r == 0x7f || strings.ContainsRune("/\\?#%", r)
	})
}
