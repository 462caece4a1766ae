package finventi

import "github.com/finsdk/finsdk-go/auth"

// Environment names one of Finventi's environments.
type Environment string

// The environments. Sandbox is the default, as on the vendor's page.
const (
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client id from onboarding. Required. FINVENTI_CLIENT_ID.
	ClientID string
	// ClientSecret is the client secret from onboarding. Required unless SecretSource is set.
	// FINVENTI_CLIENT_SECRET, or FINVENTI_CLIENT_SECRET_FILE for a mounted file.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource
	// Environment picks the hosts. Optional, default Sandbox. FINVENTI_ENVIRONMENT.
	Environment Environment
	// Realm is the product's or tenant's realm. Optional, default "sti-connector" (RRC). FINVENTI_REALM.
	Realm string
	// AuthURL is the base of the authorization server. Optional, default by Environment. FINVENTI_AUTH_URL.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Given at onboarding. FINVENTI_API_URL.
	APIURL string
}
