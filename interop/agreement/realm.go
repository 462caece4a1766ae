package agreement

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

// A realm is the part of a Keycloak realm file that the sandbox has options for.
type realm struct {
	Realm                 string
	Enabled               bool
	SSLRequired           string `json:"sslRequired"`
	AccessTokenLifespan   int
	SSOSessionIdleTimeout int `json:"ssoSessionIdleTimeout"`
	SSOSessionMaxLifespan int `json:"ssoSessionMaxLifespan"`
	RevokeRefreshToken    bool
	BruteForceProtected   bool
	FailureFactor         int
	WaitIncrementSeconds  int
	ClientScopes          []struct {
		Name            string
		Attributes      map[string]string
		ProtocolMappers []mapper
	}
	Clients []client
	Users   []user
}

type client struct {
	ClientID                  string `json:"clientId"`
	Secret                    string
	Enabled                   bool
	PublicClient              bool
	ServiceAccountsEnabled    bool
	DirectAccessGrantsEnabled bool
	FullScopeAllowed          *bool // true if it is absent
	Attributes                map[string]string
	DefaultClientScopes       *[]string
	OptionalClientScopes      *[]string
	ProtocolMappers           []mapper
}

// A mapper puts a claim into tokens.
type mapper struct{ Config map[string]string }

type user struct {
	Username, Email     string
	FirstName, LastName string
	Enabled             bool
	RequiredActions     []string
	Credentials         []struct{ Value string }
}

// A client whose realm file names no scopes has those that Keycloak gives every new realm.
var (
	builtInScopes         = []string{"profile", "email"}
	builtInOptionalScopes = []string{"address", "phone", "organization", "microprofile-jwt", "offline_access",
		"acr", "basic", "roles", "service_account", "web-origins"}
)

// vendorOf returns the vendor of the realm with this name: all but two are mandators of finAPI.
func vendorOf(name string) sandbox.Vendor {
	switch name {
	case "sti-connector":
		return sandbox.Finventi
	case "onefinops":
		return sandbox.OneFinOps
	}
	return sandbox.FinAPI
}

// options returns the options for a sandbox with exactly what a realm file says.
func options(representation []byte) ([]sandbox.Option, error) {
	var r realm
	if err := json.Unmarshal(representation, &r); err != nil {
		return nil, fmt.Errorf("agreement: realm file: %w", err)
	}
	v := vendorOf(r.Realm)
	opts := []sandbox.Option{sandbox.WithoutDocument(), sandbox.WithoutMagic(), sandbox.WithLimit(v, sandbox.TokenEndpoint, sandbox.Limit{}),
		sandbox.WithLifetimes(v, sandbox.Lifetimes{
			Access:      time.Duration(r.AccessTokenLifespan) * time.Second,
			SessionIdle: time.Duration(r.SSOSessionIdleTimeout) * time.Second,
			SessionMax:  time.Duration(r.SSOSessionMaxLifespan) * time.Second,
		})}
	if !r.Enabled {
		opts = append(opts, sandbox.WithDisabledRealm(v, r.Realm))
	}
	if r.SSLRequired == "all" {
		opts = append(opts, sandbox.WithHTTPSRequired())
	}
	if r.RevokeRefreshToken {
		opts = append(opts, sandbox.WithRefreshRotation())
	}
	failures := 0
	if r.BruteForceProtected {
		failures = r.FailureFactor
	}
	opts = append(opts, sandbox.WithBruteForce(failures, time.Duration(r.WaitIncrementSeconds)*time.Second))
	var problems error
	for _, c := range r.Clients {
		known, err := r.client(c)
		problems = errors.Join(problems, err)
		opts = append(opts, sandbox.WithClient(v, known))
	}
	for _, u := range r.Users {
		opts = append(opts, sandbox.WithUser(r.user(u)))
	}
	return opts, problems
}

func (r realm) client(c client) (sandbox.Client, error) {
	known := sandbox.Client{
		ID:               c.ClientID,
		Secret:           auth.NewSecret(c.Secret),
		Realm:            r.Realm,
		Disabled:         !c.Enabled,
		Public:           c.PublicClient,
		NoServiceAccount: !c.ServiceAccountsEnabled,
		DirectAccess:     c.DirectAccessGrantsEnabled,
		Scopes:           r.scopes(c.DefaultClientScopes, builtInScopes),
		OptionalScopes:   r.optionalScopes(c),
		Audiences:        c.audiences(),
		NoAudience:       !r.audience(c),
		OrganizationID:   claim(c.ProtocolMappers, "organization_id"),
	}
	if lifespan := c.Attributes["access.token.lifespan"]; lifespan != "" {
		seconds, err := strconv.Atoi(lifespan)
		if err != nil {
			return known, fmt.Errorf("agreement: client %s: %w", c.ClientID, err)
		}
		known.AccessLifetime = time.Duration(seconds) * time.Second
	}
	return known, nil
}

// scopes returns those of the named scopes that a token's scope shows.
func (r realm) scopes(names *[]string, builtIn []string) []string {
	if names == nil {
		return builtIn
	}
	shown := []string{}
	for _, scope := range r.ClientScopes {
		if scope.Attributes["include.in.token.scope"] == "true" && slices.Contains(*names, scope.Name) {
			shown = append(shown, scope.Name)
		}
	}
	return shown
}

// optionalScopes are those that a request may name beside the default ones, "basic" among them,
// which never shows.
func (r realm) optionalScopes(c client) []string {
	named := r.scopes(c.OptionalClientScopes, builtInOptionalScopes)
	if c.DefaultClientScopes != nil && slices.Contains(*c.DefaultClientScopes, "basic") {
		named = append(slices.Clip(named), "basic")
	}
	return named
}

// audience reports whether the client's tokens have the claim: by a mapper of the realm's own, or
// by the built-in scope that adds the clients whose roles a user has.
func (r realm) audience(c client) bool {
	for _, scope := range r.ClientScopes {
		for _, m := range scope.ProtocolMappers {
			if m.Config["included.custom.audience"] != "" {
				return true
			}
		}
	}
	return r.ClientScopes == nil && (c.FullScopeAllowed == nil || *c.FullScopeAllowed)
}

// audiences returns the audiences that the client's own mappers add.
func (c client) audiences() []string {
	var list []string
	for _, m := range c.ProtocolMappers {
		for _, name := range []string{"included.client.audience", "included.custom.audience"} {
			if audience := m.Config[name]; audience != "" {
				list = append(list, audience)
			}
		}
	}
	return list
}

// user returns the sandbox's user, with the mandator that the realm's clients put into its tokens.
func (r realm) user(u user) sandbox.User {
	known := sandbox.User{
		Username:        u.Username,
		Email:           u.Email,
		Name:            strings.TrimSpace(u.FirstName + " " + u.LastName),
		Mandator:        r.Realm,
		Disabled:        !u.Enabled,
		RequiredActions: u.RequiredActions,
	}
	if len(u.Credentials) > 0 {
		known.Password = auth.NewSecret(u.Credentials[0].Value)
	}
	if u.FirstName == "" || u.LastName == "" || u.Email == "" {
		// Keycloak asks for the parts that its user profile requires.
		known.RequiredActions = append(known.RequiredActions, "VERIFY_PROFILE")
	}
	for _, c := range r.Clients {
		if name := claim(c.ProtocolMappers, "mandator_name"); name != "" {
			known.MandatorName = name
			known.MandatorUUID = claim(c.ProtocolMappers, "mandator_uuid")
			known.TestMandator = claim(c.ProtocolMappers, "is_test_mandator") == "true"
			known.TechnicalUser = claim(c.ProtocolMappers, "is_technical_user") == "true"
		}
	}
	return known
}

// claim returns the fixed value of a claim, or "".
func claim(mappers []mapper, name string) string {
	for _, m := range mappers {
		if m.Config["claim.name"] == name {
			return m.Config["claim.value"]
		}
	}
	return ""
}
