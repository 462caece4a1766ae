// Package acme gets access tokens for Acme's API (OAuth 2.0 client credentials) and keeps them.
package acme

import (
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID is the client id from onboarding.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client's secret. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of ClientSecret.
	SecretSource auth.SecretSource
	// Tenant is the tenant that the token is for.
	Tenant string `finsdk:"required,name=Acme-Tenant"`
	// Scope is what the token is for. Optional: without it, everything.
	Scope string
	// AuthURL is the base of the authorization server. Optional, default from the spec.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default from the spec.
	APIURL string
}

// fault reads Acme's own failures: {"error": {"type": …, "detail": …}}.
func fault(m tokenendpoint.Members) (code, description string) {
	inner, _ := m.Object("error")
	code, _ = inner.Text("type")
	description, _ = inner.Text("detail")
	return code, description
}

// explain says what to do next.
func explain(e *auth.Error, _ string) {
	if e.Code == "unknown_tenant" {
		e.Hint = "check Tenant with Acme"
	}
}
