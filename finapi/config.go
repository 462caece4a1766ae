package finapi

import "github.com/finsdk/finsdk-go/auth"

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// Mandator is the realm obtained from finAPI. Required.
	Mandator string `finsdk:"segment"`
	// Username is the user obtained from finAPI. Required.
	Username string `finsdk:"required"`
	// Password is the user's password. Required unless SecretSource is set.
	Password auth.Secret
	// SecretSource is asked for the password at every login. Optional, instead of Password.
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding. Without
	// it, no request gets a token until auth.WithAPIHosts names a host.
	APIURL string
}
