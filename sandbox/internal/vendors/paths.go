package vendors

import "strings"

// Where each vendor's servers stand below the sandbox's base URL.
const (
	FinventiAuthPath        = "/finventi/auth"
	FinventiAPIPath         = "/finventi/api"
	FinventiPayeePath       = "/finventi/vop-api"
	FinventiPaymentsPath    = "/finventi/payments-api"
	FinAPIAuthPath          = "/finapi/auth"
	FinAPIAPIPath           = "/finapi/api"
	OneFinOpsAuthPath       = "/onefinops/login"
	OneFinOpsLiveAPIPath    = "/onefinops/api"
	OneFinOpsSandboxAPIPath = "/onefinops/sandbox-api"
	FinCalcPath             = "/fincalc"
)

// AuthPath returns where a vendor's authorization server stands.
func AuthPath(v Vendor) string {
	switch v {
	case OneFinOps:
		return OneFinOpsAuthPath
	case FinCalc:
		return FinCalcPath
	}
	return "/" + string(v) + "/auth"
}

// KeycloakAt returns the vendor whose Keycloak a path belongs to.
func KeycloakAt(path string) (v Vendor, ok bool) {
	for _, v := range Keycloaks() {
		if strings.HasPrefix(path, AuthPath(v)+"/") {
			return v, true
		}
	}
	return "", false
}

// Keycloaks lists the vendors whose authorization server is a Keycloak.
func Keycloaks() []Vendor { return []Vendor{Finventi, FinAPI, OneFinOps} }
