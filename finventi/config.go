package finventi

import (
	"context"
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client id from onboarding. Required. FINVENTI_CLIENT_ID.
	ClientID string
	// ClientSecret is the client secret from onboarding. Required unless SecretSource is set.
	// FINVENTI_CLIENT_SECRET, or FINVENTI_CLIENT_SECRET_FILE for a mounted file.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource `json:"-"`
	// Environment picks the hosts. Optional, default Sandbox. FINVENTI_ENVIRONMENT.
	Environment Environment
	// Realm is the product's or tenant's realm. Optional, default "sti-connector" (RRC). FINVENTI_REALM.
	Realm string
	// AuthURL is the base of the authorization server. Optional, default by Environment. FINVENTI_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding; default in the Sandbox:
	// its Verification of Payee API, from the spec. Without one, no request gets a token until auth.WithAPIHosts
	// names a host. FINVENTI_API_URL.
	APIURL string
}

// DefaultRealm is the realm of RRC.
const DefaultRealm = "sti-connector"

const vendor = "finventi"

var (
	fieldClientID     = vendorconfig.Field{Name: "ClientID", Env: "FINVENTI_CLIENT_ID"}
	fieldClientSecret = vendorconfig.Field{Name: "ClientSecret", Env: "FINVENTI_CLIENT_SECRET"}
	fieldEnvironment  = vendorconfig.Field{Name: "Environment", Env: "FINVENTI_ENVIRONMENT"}
	fieldRealm        = vendorconfig.Field{Name: "Realm", Env: "FINVENTI_REALM"}
	fieldAuthURL      = vendorconfig.Field{Name: "AuthURL", Env: "FINVENTI_AUTH_URL"}
	fieldAPIURL       = vendorconfig.Field{Name: "APIURL", Env: "FINVENTI_API_URL"}
)

// Validate reports everything that is wrong with c, without any traffic, as one auth.ErrInvalidConfig that wraps
// an auth.FieldError a problem. NewGrant and NewTokenSource do the same.
func (c Config) Validate() error {
	_, err := c.settle()
	return err
}

// ConfigFromEnv reads the environment variables that [Config] names, and validates the result. A variable that is
// empty counts as not set. FINVENTI_CLIENT_SECRET_FILE names a file to read the secret from, at every token request
// anew.
func ConfigFromEnv() (Config, error) {
	env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: vendor}}
	c := Config{
		ClientID:    env.Text(fieldClientID),
		Environment: Environment(strings.ToLower(env.Text(fieldEnvironment))),
		Realm:       env.Text(fieldRealm),
		AuthURL:     env.Text(fieldAuthURL),
		APIURL:      env.Text(fieldAPIURL),
	}
	c.ClientSecret, c.SecretSource = env.Secret(context.Background(), fieldClientSecret)
	if err := env.Err(func(checks *vendorconfig.Checks) { c.check(checks) }); err != nil {
		return Config{}, err
	}
	return c, nil
}

// APIBaseURL is where a client of the API has to call: APIURL or its default; "" in production, where the vendor
// gives it at onboarding. It has no slash at the end.
func (c Config) APIBaseURL() string {
	return strings.TrimSuffix(c.check(&vendorconfig.Checks{Vendor: vendor}).apiURL, "/")
}

// settled is a Config that has been checked, with its defaults filled in.
type settled struct {
	clientID, realm string
	secret          auth.SecretSource
	authURL, apiURL string // with a slash at the end; apiURL may be ""
}

func (c Config) settle() (*settled, error) {
	checks := vendorconfig.Checks{Vendor: vendor}
	s := c.check(&checks)
	return s, checks.Err("check the configuration")
}

func (c Config) check(checks *vendorconfig.Checks) *settled {
	s := &settled{clientID: c.ClientID, realm: c.Realm}
	checks.Text(fieldClientID, c.ClientID)
	s.secret = checks.Secret(fieldClientSecret, c.ClientSecret, c.SecretSource)
	var authURL, apiURL string
	switch c.Environment {
	case "", Sandbox:
		authURL, apiURL = finventigen.SandboxAuthURL, finventigen.SandboxAPIURL
	case Production:
		authURL = finventigen.ProductionAuthURL
	default:
		checks.Fail(fieldEnvironment, "is neither %q nor %q", string(Sandbox), string(Production))
	}
	if strings.TrimSpace(s.realm) == "" {
		s.realm = DefaultRealm
	}
	checks.Segment(fieldRealm, s.realm)
	s.authURL = checks.AuthBase(fieldAuthURL, c.AuthURL, authURL, vendorconfig.TokenPath)
	s.apiURL = checks.Base(fieldAPIURL, c.APIURL, apiURL)
	return s
}

// Format prints the fields, without their secrets, for every verb.
func (c Config) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finventi.Config", "ClientID", c.ClientID, "ClientSecret", c.ClientSecret, "SecretSource", c.SecretSource != nil, "Environment", string(c.Environment), "Realm", c.Realm, "AuthURL", c.AuthURL, "APIURL", c.APIURL)
}
