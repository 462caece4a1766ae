package fincalc

import "github.com/finsdk/finsdk-go/auth"

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
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec. FINCALC_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default from the spec. FINCALC_API_URL.
	APIURL string
}
