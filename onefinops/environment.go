package onefinops

import (
	"strings"

	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
)

// Environment is one of OneFinOps's environments. They share the token endpoint; a client belongs to one of them,
// and its tokens are good at that one's API host alone.
type Environment string

// The environments.
const (
	Production Environment = "production" // clients with prefix ofin_live_
	Sandbox    Environment = "sandbox"    // clients with prefix ofin_test_
)

// APIURL is the base of the environment's API.
func (e Environment) APIURL() string {
	switch e {
	case Production:
		return onefinopsgen.ProductionAPIURL
	case Sandbox:
		return onefinopsgen.SandboxAPIURL
	}
	return ""
}

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

func environmentOf(clientID string) Environment {
	for _, e := range []Environment{Production, Sandbox} {
		if rest, ok := strings.CutPrefix(clientID, e.prefix()); ok && strings.TrimSpace(rest) != "" {
			return e
		}
	}
	return ""
}
