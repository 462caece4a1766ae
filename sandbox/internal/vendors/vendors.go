// Package vendors names the vendors that the sandbox plays, and their endpoints.
package vendors

import (
	"fmt"
	"slices"
	"strings"
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

// All lists the vendors.
func All() []Vendor { return []Vendor{Finventi, FinAPI, OneFinOps, FinCalc} }

// Check returns an error that lists the vendors unless v is one of them.
func Check(v Vendor) error {
	if slices.Contains(All(), v) {
		return nil
	}
	return fmt.Errorf("there is no vendor %q; the vendors are %s", v, Words(All()))
}

// Title is the vendor's own name, for people.
func Title(v Vendor) string {
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

// The endpoints. FinCalc has Token, API and Other only.
const (
	Token      Endpoint = "token"
	Keys       Endpoint = "certs"
	Revocation Endpoint = "revoke"
	Logout     Endpoint = "logout"
	Introspect Endpoint = "introspect"
	Userinfo   Endpoint = "userinfo"
	Discovery  Endpoint = "discovery"
	API        Endpoint = "api"
	// Other stands for all other URLs. The answer is 404 or 405.
	Other Endpoint = "other"
)

// Endpoints lists what a vendor has.
func Endpoints(v Vendor) []Endpoint {
	if v == FinCalc {
		return []Endpoint{Token, API, Other}
	}
	return []Endpoint{Token, Keys, Revocation, Logout, Introspect, Userinfo, Discovery, API, Other}
}

// Serves reports whether a vendor has an endpoint.
func Serves(v Vendor, e Endpoint) bool { return slices.Contains(Endpoints(v), e) }

// CheckEndpoint returns an error that lists the endpoints unless some vendor has e.
func CheckEndpoint(e Endpoint) error {
	if slices.ContainsFunc(All(), func(v Vendor) bool { return Serves(v, e) }) {
		return nil
	}
	return fmt.Errorf("there is no endpoint %q; the endpoints are %s", e, Words(Endpoints(Finventi)))
}

// Words lists names for people.
func Words[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
