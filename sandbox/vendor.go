package sandbox

import (
	"fmt"
	"slices"
)

// A Vendor is one of the four that the sandbox plays.
type Vendor string

// The vendors.
const (
	Finventi  Vendor = "finventi"
	FinAPI    Vendor = "finapi"
	OneFinOps Vendor = "onefinops"
	FinCalc   Vendor = "fincalc"
)

// Vendors lists the four.
func Vendors() []Vendor { return []Vendor{Finventi, FinAPI, OneFinOps, FinCalc} }

func (v Vendor) known() bool { return slices.Contains(Vendors(), v) }

// title is the vendor's own name, for people.
func (v Vendor) title() string {
	switch v {
	case Finventi:
		return "Finventi"
	case FinAPI:
		return "finAPI Demobank"
	case OneFinOps:
		return "OneFinOps"
	case FinCalc:
		return "FinCalc"
	}
	return string(v)
}

// An Endpoint is one kind of URL that a vendor serves.
type Endpoint string

// The endpoints. Of those that answer FinCalc has TokenEndpoint and APIEndpoint only.
const (
	TokenEndpoint      Endpoint = "token"
	KeysEndpoint       Endpoint = "certs"
	RevocationEndpoint Endpoint = "revoke"
	LogoutEndpoint     Endpoint = "logout"
	IntrospectEndpoint Endpoint = "introspect"
	UserinfoEndpoint   Endpoint = "userinfo"
	DiscoveryEndpoint  Endpoint = "discovery"
	APIEndpoint        Endpoint = "api"
	// OtherEndpoint is where nothing is served: the answer is 404 or 405.
	OtherEndpoint Endpoint = "other"
)

// endpoints lists what a vendor has.
func (v Vendor) endpoints() []Endpoint {
	if v == FinCalc {
		return []Endpoint{TokenEndpoint, APIEndpoint, OtherEndpoint}
	}
	return []Endpoint{TokenEndpoint, KeysEndpoint, RevocationEndpoint, LogoutEndpoint, IntrospectEndpoint, UserinfoEndpoint,
		DiscoveryEndpoint, APIEndpoint, OtherEndpoint}
}

// unknownEndpoint says which endpoints there are.
func unknownEndpoint(e Endpoint) error {
	return fmt.Errorf("there is no endpoint %q; the endpoints are %s", e, words(Finventi.endpoints()))
}

func (v Vendor) serves(e Endpoint) bool { return slices.Contains(v.endpoints(), e) }

func (e Endpoint) known() bool {
	return slices.ContainsFunc(Vendors(), func(v Vendor) bool { return v.serves(e) })
}

// Where each vendor's servers live below the sandbox's base URL.
const (
	finventiAuthPath        = "/finventi/auth"
	finventiAPIPath         = "/finventi/api"
	finapiAuthPath          = "/finapi/auth"
	finapiAPIPath           = "/finapi/api"
	onefinopsAuthPath       = "/onefinops/login"
	onefinopsLiveAPIPath    = "/onefinops/api"
	onefinopsSandboxAPIPath = "/onefinops/sandbox-api"
	fincalcPath             = "/fincalc"
)
