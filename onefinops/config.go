package onefinops

import "github.com/finsdk/finsdk-go/auth"

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID starts with "ofin_live_" or "ofin_test_", which picks the environment. Required. ONEFINOPS_CLIENT_ID.
	ClientID string
	// ClientSecret is the client's secret. Required unless SecretSource is set. ONEFINOPS_CLIENT_SECRET, or
	// ONEFINOPS_CLIENT_SECRET_FILE for a mounted file.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec. ONEFINOPS_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default by the client id's prefix.
	// ONEFINOPS_API_URL.
	APIURL string
}
