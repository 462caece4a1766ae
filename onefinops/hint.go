package onefinops

import (
	"fmt"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// help is the part of the troubleshooting page about this vendor.
const help = finsdk.Troubleshooting + "#onefinops-"

// explain sets the hint of a failure that OneFinOps's page explains.
func (g *Grant) explain(e *auth.Error, _ string) {
	switch e.Kind {
	case auth.ErrInvalidCredentials:
		e.Hint = fmt.Sprintf("check the client id and secret, and that they are not swapped, in the Developer hub, %s tab; after a rotation the old secret works for 24 hours only",
			g.settings.environment.tab())
	case auth.ErrRateLimited:
		e.Hint = "tokens are minted too often: share one token source in the whole process, or a store among replicas; a token lives for 15 minutes"
	}
}

// tab returns the tab of the Developer hub with the environment's clients.
func (e Environment) tab() string {
	if e == Production {
		return "Live"
	}
	return "Sandbox"
}
