package finapi

import "github.com/finsdk/finsdk-go/auth"

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
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec. FINAPI_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding. FINAPI_API_URL.
	APIURL string
}
