package work

// The consumers of Built import these, so go.mod must have their versions.
import (
	_ "github.com/finsdk/finsdk-go/finapi"
	_ "github.com/finsdk/finsdk-go/fincalc"
	_ "github.com/finsdk/finsdk-go/finventi"
)
