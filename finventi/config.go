package finventi

import "github.com/finsdk/finsdk-go/auth"

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client id from onboarding.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client secret from onboarding. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of
	// ClientSecret.
	SecretSource auth.SecretSource
	// Environment selects the hosts. Optional, default Sandbox.
	Environment Environment
	// Realm is the product's or tenant's realm. Optional, default "sti-connector" (RRC).
	Realm string `finsdk:"segment,default=sti-connector"`
	// AuthURL is the base of the authorization server. Optional, default by Environment.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding. The
	// sandbox has a default, its Verification of Payee API. Without an APIURL, no request gets a
	// token until auth.WithAPIHosts names a host.
	APIURL string
}
