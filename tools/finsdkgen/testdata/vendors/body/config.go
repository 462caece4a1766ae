// Package body is a vendor that the generator's tests make up.
package body

import "github.com/finsdk/finsdk-go/auth"

// Config says who calls and where.
type Config struct {
	// ClientID is the client id.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client's secret. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request.
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server.
	AuthURL string
	// APIURL is the base of the resource API.
	APIURL string
}
