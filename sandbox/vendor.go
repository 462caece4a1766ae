package sandbox

import "github.com/finsdk/finsdk-go/sandbox/internal/vendors"

// A Vendor is one of the four vendors that the sandbox plays: a string such as "finventi".
type Vendor = vendors.Vendor

// The vendors.
const (
	Finventi  = vendors.Finventi
	FinAPI    = vendors.FinAPI
	OneFinOps = vendors.OneFinOps
	FinCalc   = vendors.FinCalc
)

// Vendors lists the four.
func Vendors() []Vendor { return vendors.All() }

// An Endpoint is one kind of URL that a vendor serves: a string such as "token".
type Endpoint = vendors.Endpoint

// The endpoints. Of those that answer FinCalc has TokenEndpoint and APIEndpoint only.
const (
	TokenEndpoint      = vendors.Token
	KeysEndpoint       = vendors.Keys
	RevocationEndpoint = vendors.Revocation
	LogoutEndpoint     = vendors.Logout
	IntrospectEndpoint = vendors.Introspect
	UserinfoEndpoint   = vendors.Userinfo
	DiscoveryEndpoint  = vendors.Discovery
	APIEndpoint        = vendors.API
	// OtherEndpoint stands for all other URLs. The answer is 404 or 405.
	OtherEndpoint = vendors.Other
)
