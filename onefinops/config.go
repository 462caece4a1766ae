package onefinops

import (
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/origin"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Config says who calls and where. The zero value of every optional field means its default.
type Config struct {
	// ClientID starts with "ofin_live_" or "ofin_test_", which picks the environment. Required.
	ClientID string `finsdk:"required"`
	// ClientSecret is the client's secret. Required unless SecretSource is set.
	ClientSecret auth.Secret
	// SecretSource is asked for the client secret at every token request. Optional, instead of
	// ClientSecret.
	SecretSource auth.SecretSource
	// AuthURL is the base of the authorization server. Optional, default from the spec.
	AuthURL string
	// APIURL is the base of the resource API, which gets the token. Optional, default by the client
	// id's prefix.
	APIURL string
}

// Environment returns the environment of the client id, or "" if the id has neither prefix. Its
// tokens are valid only at that environment's API host.
func (c Config) Environment() Environment {
	for _, e := range []Environment{Production, Sandbox} {
		if rest, ok := strings.CutPrefix(c.ClientID, e.prefix()); ok && strings.TrimSpace(rest) != "" {
			return e
		}
	}
	return ""
}

// prefix returns the prefix of the environment's client ids.
func (e Environment) prefix() string {
	switch e {
	case Production:
		return "ofin_live_"
	case Sandbox:
		return "ofin_test_"
	}
	return ""
}

func (e Environment) other() Environment {
	switch e {
	case Production:
		return Sandbox
	case Sandbox:
		return Production
	}
	return ""
}

// check checks that client id and API belong to the same environment.
func (s *settled) check(checks *vendorconfig.Checks) {
	if s.environment == "" && !checks.Failed(fieldClientID) {
		checks.Fail(fieldClientID, "starts with neither %s nor %s, followed by the rest of the id: check that it is not swapped with the secret", Production.prefix(), Sandbox.prefix())
	}
	if api, ok := s.otherAPI(); ok && s.apiURL.Equal(&api.Origin) {
		other := s.environment.other()
		checks.Fail(fieldAPIURL, "is the %s API, where every call of a client with prefix %s is answered with 401", other, s.environment.prefix())
	}
}

// otherAPI returns the API of the environment that the client does not belong to.
func (s *settled) otherAPI() (api origin.Base, ok bool) {
	api, err := origin.ParseBase(s.environment.other().APIURL())
	return api, err == nil
}

// addTo keeps the token from the other environment's API, which would answer every call with 401.
func (s *settled) addTo(site *auth.Site) {
	if api, ok := s.otherAPI(); ok {
		own, other := s.environment, s.environment.other()
		site.Hosts.Refuse(api.Origin, "", fmt.Sprintf(
			"this is the %s API, and the client id has prefix %s: call %s, or use a client with prefix %s",
			other, own.prefix(), s.apiURL.String(), other.prefix()))
	}
}
