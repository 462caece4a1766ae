package finventi

import "github.com/finsdk/finsdk-go/auth"

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// Product is the product whose API is called. Optional, default RRC.
	Product Product
	// ClientID is the client id from onboarding. Required for RRC. The other products have a fixed
	// one, which is the default.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client secret from onboarding. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of
	// ClientSecret.
	SecretSource auth.SecretSource
	// Environment selects the hosts. Optional, default Sandbox.
	Environment Environment
	// Realm is the Keycloak realm: "sti-connector" for RRC, which is the default there, and the
	// tenant's id for the other products, where it is required.
	Realm string `finsdk:"segment,default"`
	// AuthURL is the base of the authorization server. Optional, default by Environment.
	AuthURL string
	// APIURL is the base of the product's API, which gets the token. Optional, default by Product
	// and Environment; RRC and VerificationOfPayee have none in Production, where it is given at
	// onboarding. Without an APIURL, no request gets a token until auth.WithAPIHosts names a host.
	APIURL string
}
