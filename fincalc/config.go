package fincalc

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/auth"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client identifier; one that is all digits goes out as a JSON number. Required. FINCALC_CLIENT_ID.
	ClientID string
	// ClientSecret is the client's secret. Required unless SecretSource is set. FINCALC_CLIENT_SECRET, or
	// FINCALC_CLIENT_SECRET_FILE for a mounted file.
	ClientSecret auth.Secret
	// Scope is the scope to ask for; several are separated by spaces. Required. FINCALC_SCOPE.
	Scope string
	// EmailAddress is the e-mail address of the FinCalc login. Required. FINCALC_EMAIL_ADDRESS.
	EmailAddress string
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource `json:"-"`
	// AuthURL is the base of the authorization server. Optional, default from the spec. FINCALC_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default from the spec. FINCALC_API_URL.
	APIURL string
}

const vendor = "fincalc"

var (
	fieldClientID     = vendorconfig.Field{Name: "ClientID", Env: "FINCALC_CLIENT_ID"}
	fieldClientSecret = vendorconfig.Field{Name: "ClientSecret", Env: "FINCALC_CLIENT_SECRET"}
	fieldScope        = vendorconfig.Field{Name: "Scope", Env: "FINCALC_SCOPE"}
	fieldEmailAddress = vendorconfig.Field{Name: "EmailAddress", Env: "FINCALC_EMAIL_ADDRESS"}
	fieldAuthURL      = vendorconfig.Field{Name: "AuthURL", Env: "FINCALC_AUTH_URL"}
	fieldAPIURL       = vendorconfig.Field{Name: "APIURL", Env: "FINCALC_API_URL"}
)

// Validate reports everything that is wrong with c, without any traffic, as one auth.ErrInvalidConfig that wraps
// an auth.FieldError a problem. NewGrant and NewTokenSource do the same.
func (c Config) Validate() error {
	_, err := c.settle()
	return err
}

// ConfigFromEnv reads the environment variables that [Config] names, and validates the result. A variable that is
// empty counts as not set. FINCALC_CLIENT_SECRET_FILE names a file to read the secret from, at every token request
// anew.
func ConfigFromEnv() (Config, error) {
	env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: vendor}}
	c := Config{
		ClientID:     env.Text(fieldClientID),
		Scope:        env.Text(fieldScope),
		EmailAddress: env.Text(fieldEmailAddress),
		AuthURL:      env.Text(fieldAuthURL),
		APIURL:       env.Text(fieldAPIURL),
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
	clientID, scope, emailAddress string
	secret                        auth.SecretSource
	authURL, apiURL               string // with a slash at the end
}

func (c Config) settle() (*settled, error) {
	checks := vendorconfig.Checks{Vendor: vendor}
	s := c.check(&checks)
	return s, checks.Err("check the configuration")
}

func (c Config) check(checks *vendorconfig.Checks) *settled {
	s := &settled{clientID: c.ClientID, scope: c.Scope, emailAddress: c.EmailAddress}
	checks.Text(fieldClientID, c.ClientID)
	s.secret = checks.Secret(fieldClientSecret, c.ClientSecret, c.SecretSource)
	if !utf8.ValidString(c.ClientSecret.Reveal()) {
		checks.Fail(fieldClientSecret, notUTF8)
	}
	checks.Text(fieldScope, c.Scope)
	if checks.Text(fieldEmailAddress, c.EmailAddress) && !isEmailAddress(c.EmailAddress) {
		checks.Fail(fieldEmailAddress, "is not an e-mail address")
	}
	s.authURL = checks.AuthBase(fieldAuthURL, c.AuthURL, fincalcgen.APIURL, "/api/oauth/token")
	s.apiURL = checks.Base(fieldAPIURL, c.APIURL, fincalcgen.APIURL)
	return s
}

// notUTF8 is refused because JSON cannot carry it: the secret would arrive changed.
const notUTF8 = "is not valid UTF-8, which JSON cannot carry"

// isEmailAddress finds typing errors; whether the address is the login's is for FinCalc to say.
func isEmailAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") && !strings.ContainsFunc(s, unicode.IsSpace)
}

// Format prints the fields, without their secrets, for every verb.
func (c Config) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "fincalc.Config", "ClientID", c.ClientID, "ClientSecret", c.ClientSecret, "Scope", c.Scope, "EmailAddress", c.EmailAddress, "SecretSource", c.SecretSource != nil, "AuthURL", c.AuthURL, "APIURL", c.APIURL)
}
