package onefinops

import (
	"context"
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID starts with "ofin_live_" or "ofin_test_", which picks the environment. Required. ONEFINOPS_CLIENT_ID.
	ClientID string
	// ClientSecret is the client's secret. Required unless SecretSource is set. ONEFINOPS_CLIENT_SECRET, or
	// ONEFINOPS_CLIENT_SECRET_FILE for a mounted file.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource `json:"-"`
	// AuthURL is the base of the authorization server. Optional, default from the spec. ONEFINOPS_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default by the client id's prefix.
	// ONEFINOPS_API_URL.
	APIURL string
}

const vendor = "onefinops"

var (
	fieldClientID     = vendorconfig.Field{Name: "ClientID", Env: "ONEFINOPS_CLIENT_ID"}
	fieldClientSecret = vendorconfig.Field{Name: "ClientSecret", Env: "ONEFINOPS_CLIENT_SECRET"}
	fieldAuthURL      = vendorconfig.Field{Name: "AuthURL", Env: "ONEFINOPS_AUTH_URL"}
	fieldAPIURL       = vendorconfig.Field{Name: "APIURL", Env: "ONEFINOPS_API_URL"}
)

// Validate reports everything that is wrong with c, without any traffic, as one auth.ErrInvalidConfig that wraps
// an auth.FieldError a problem. NewGrant and NewTokenSource do the same.
func (c Config) Validate() error {
	_, err := c.settle()
	return err
}

// Environment returns the environment that the client id belongs to, or "" for a client id that has neither prefix.
func (c Config) Environment() Environment { return environmentOf(c.ClientID) }

// ConfigFromEnv reads the environment variables that [Config] names, and validates the result. A variable that is
// empty counts as not set. ONEFINOPS_CLIENT_SECRET_FILE names a file to read the secret from, at every token request
// anew.
func ConfigFromEnv() (Config, error) {
	env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: vendor}}
	c := Config{
		ClientID: env.Text(fieldClientID),
		AuthURL:  env.Text(fieldAuthURL),
		APIURL:   env.Text(fieldAPIURL),
	}
	c.ClientSecret, c.SecretSource = env.Secret(context.Background(), fieldClientSecret)
	if err := env.Err(func(checks *vendorconfig.Checks) { c.check(checks) }); err != nil {
		return Config{}, err
	}
	return c, nil
}

// APIBaseURL is where a client of the API has to call: APIURL or its default. It has no slash at the end.
func (c Config) APIBaseURL() string {
	return strings.TrimSuffix(c.check(&vendorconfig.Checks{Vendor: vendor}).apiURL, "/")
}

// settled is a Config that has been checked, with its defaults filled in.
type settled struct {
	clientID        string
	environment     Environment
	secret          auth.SecretSource
	authURL, apiURL string // with a slash at the end
}

func (c Config) settle() (*settled, error) {
	checks := vendorconfig.Checks{Vendor: vendor}
	s := c.check(&checks)
	return s, checks.Err("check the configuration")
}

func (c Config) check(checks *vendorconfig.Checks) *settled {
	s := &settled{clientID: c.ClientID, environment: c.Environment()}
	if checks.Text(fieldClientID, c.ClientID) && s.environment == "" {
		checks.Fail(fieldClientID, "starts with neither %s nor %s, followed by the rest of the id", Production.prefix(), Sandbox.prefix())
	}
	s.secret = checks.Secret(fieldClientSecret, c.ClientSecret, c.SecretSource)
	s.authURL = checks.AuthBase(fieldAuthURL, c.AuthURL, onefinopsgen.AuthURL, vendorconfig.TokenPath)
	s.apiURL = checks.Base(fieldAPIURL, c.APIURL, s.environment.APIURL())
	if other := s.environment.other(); other != "" && vendorconfig.SameOrigin(s.apiURL, other.APIURL()) {
		checks.Fail(fieldAPIURL, "is the %s API, where every call of a client with prefix %s is answered with 401", other, s.environment.prefix())
	}
	return s
}

// Format prints the fields, without their secrets, for every verb.
func (c Config) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "onefinops.Config", "ClientID", c.ClientID, "ClientSecret", c.ClientSecret, "SecretSource", c.SecretSource != nil, "AuthURL", c.AuthURL, "APIURL", c.APIURL)
}
