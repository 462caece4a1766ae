package fincalc

import (
	"strings"
	"unicode"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client identifier. If it is all digits, it is sent as a JSON number.
	// Required.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client's secret. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// Scope is the scope to ask for; several are separated by spaces. Required.
	Scope string `finsdk:"required"`
	// EmailAddress is the e-mail address of the FinCalc login. Required.
	EmailAddress string `finsdk:"required"`
	// SecretSource is asked for the client secret at every token request. Optional, instead of
	// ClientSecret.
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default from the
	// spec.
	APIURL string
}

func (s *settled) check(checks *vendorconfig.Checks) {
	if !checks.Failed(fieldEmailAddress) && !isEmailAddress(s.EmailAddress) {
		checks.Fail(fieldEmailAddress, "is not an e-mail address")
	}
}

// isEmailAddress finds typing errors. Only FinCalc knows whether the address belongs to the login.
func isEmailAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") && !strings.ContainsFunc(s, unicode.IsSpace)
}
