package finapi

import (
	"context"
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// Mandator is the realm obtained from finAPI. Required. FINAPI_MANDATOR.
	Mandator string
	// Username is the user obtained from finAPI. Required. FINAPI_USERNAME.
	Username string
	// Password is the user's password. Required unless SecretSource is set. FINAPI_PASSWORD, or
	// FINAPI_PASSWORD_FILE for a mounted file.
	Password auth.Secret
	// SecretSource is asked for the password at every login. Optional, instead of Password.
	SecretSource auth.SecretSource `json:"-"`
	// AuthURL is the base of the authorization server. Optional, default from the spec. FINAPI_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding; without it, no request gets
	// a token until auth.WithAPIHosts names a host. FINAPI_API_URL.
	APIURL string
}

const vendor = "finapi"

var (
	fieldMandator = vendorconfig.Field{Name: "Mandator", Env: "FINAPI_MANDATOR"}
	fieldUsername = vendorconfig.Field{Name: "Username", Env: "FINAPI_USERNAME"}
	fieldPassword = vendorconfig.Field{Name: "Password", Env: "FINAPI_PASSWORD"}
	fieldAuthURL  = vendorconfig.Field{Name: "AuthURL", Env: "FINAPI_AUTH_URL"}
	fieldAPIURL   = vendorconfig.Field{Name: "APIURL", Env: "FINAPI_API_URL"}
)

// Validate reports everything that is wrong with c, without any traffic, as one auth.ErrInvalidConfig that wraps
// an auth.FieldError a problem. NewGrant and NewTokenSource do the same.
func (c Config) Validate() error {
	_, err := c.settle()
	return err
}

// ConfigFromEnv reads the environment variables that [Config] names, and validates the result. A variable that is
// empty counts as not set. FINAPI_PASSWORD_FILE names a file to read the password from, at every login anew.
func ConfigFromEnv() (Config, error) {
	env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: vendor}}
	c := Config{
		Mandator: env.Text(fieldMandator),
		Username: env.Text(fieldUsername),
		AuthURL:  env.Text(fieldAuthURL),
		APIURL:   env.Text(fieldAPIURL),
	}
	c.Password, c.SecretSource = env.Secret(context.Background(), fieldPassword)
	if err := env.Err(func(checks *vendorconfig.Checks) { c.check(checks) }); err != nil {
		return Config{}, err
	}
	return c, nil
}

// APIBaseURL is where a client of the API has to call: APIURL or its default; "" when it is not set, since the
// vendor gives it at onboarding. It has no slash at the end.
func (c Config) APIBaseURL() string {
	return strings.TrimSuffix(c.check(&vendorconfig.Checks{Vendor: vendor}).apiURL, "/")
}

// settled is a Config that has been checked, with its defaults filled in.
type settled struct {
	mandator, username string
	password           auth.SecretSource
	authURL, apiURL    string // with a slash at the end; apiURL may be ""
}

func (c Config) settle() (*settled, error) {
	checks := vendorconfig.Checks{Vendor: vendor}
	s := c.check(&checks)
	return s, checks.Err("check the configuration")
}

func (c Config) check(checks *vendorconfig.Checks) *settled {
	s := &settled{mandator: c.Mandator, username: c.Username}
	checks.Segment(fieldMandator, c.Mandator)
	checks.Text(fieldUsername, c.Username)
	s.password = checks.Secret(fieldPassword, c.Password, c.SecretSource)
	s.authURL = checks.AuthBase(fieldAuthURL, c.AuthURL, finapigen.AuthURL, vendorconfig.TokenPath)
	s.apiURL = checks.Base(fieldAPIURL, c.APIURL, "")
	return s
}

// Format prints the fields, without their secrets, for every verb.
func (c Config) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finapi.Config", "Mandator", c.Mandator, "Username", c.Username, "Password", c.Password, "SecretSource", c.SecretSource != nil, "AuthURL", c.AuthURL, "APIURL", c.APIURL)
}
