package sandbox

import (
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// A Client is an OAuth client of one of the vendors.
type Client struct {
	// ID is the client id. Required. At OneFinOps it begins with "ofin_live_" or "ofin_test_".
	ID string
	// Secret is the client's secret. Required unless Public is set.
	Secret auth.Secret
	// Realm is the Keycloak realm of the client. Optional: at Finventi the default is
	// "sti-connector"; at finAPI the realm is the mandator, by default "customer". Other vendors
	// ignore it.
	Realm string
	// Scopes are attached to every token.
	Scopes []string
	// OptionalScopes are attached if the request asks for them. At FinCalc a request must name its
	// scopes, and may name those of both lists. Keycloak's own scopes acr, basic, organization,
	// roles, service_account and web-origins do not appear in the scope of the token.
	OptionalScopes []string
	// Disabled clients are refused like unknown ones.
	Disabled bool
	// Public clients have no secret.
	Public bool
	// NoServiceAccount refuses the client credentials grant.
	NoServiceAccount bool
	// DirectAccess allows the password grant.
	DirectAccess bool
	// Audiences are added to the claim aud of access tokens. Since 26.6, Keycloak introspects a
	// token only for a client that is one of its audiences, so a client that introspects its own
	// tokens must list itself here. FinCalc ignores them.
	Audiences []string
	// NoAudience leaves the vendor's own audience out of access tokens, as Keycloak does if a
	// client may have nobody's roles. OneFinOps's API refuses such a token, because its audience is
	// documented. The other APIs do not check the audience.
	NoAudience bool
	// AccessLifetime is how long the client's access tokens live. Optional, default as for the
	// vendor's other clients.
	AccessLifetime time.Duration
	// OrganizationID is the claim organization_id of a OneFinOps token.
	OrganizationID string
	// NotEntitled makes OneFinOps's API answer 403: the client's plan does not include the call.
	NotEntitled bool
	// EmailAddress is the FinCalc login of the client.
	EmailAddress string
}

// A User is a user of finAPI's Demobank.
type User struct {
	// Username and Password are the user's login for the password grant. Required.
	Username string
	Password auth.Secret
	// Email is another name to log in with; Name is the claim of that name. Both are optional.
	Email, Name string
	// Mandator is the Keycloak realm of the user. Optional, default "customer".
	Mandator string
	// Disabled refuses the user's login with "Account disabled".
	Disabled bool
	// RequiredActions refuse the user's login with "Account is not fully set up".
	RequiredActions []string
	// MandatorName and the three fields after it are members of the token answer. Optional:
	// MandatorName is "finAPI Demobank" by default, and MandatorUUID is like the one on finAPI's
	// page.
	MandatorName  string
	MandatorUUID  string
	TestMandator  bool
	TechnicalUser bool
}

// An IssuedToken is an access token that a vendor handed out. The token itself is not kept.
type IssuedToken struct {
	ID       string    `json:"id"` // its claim jti
	Vendor   Vendor    `json:"vendor"`
	Realm    string    `json:"realm,omitempty"`
	Client   string    `json:"client"`
	User     string    `json:"user,omitempty"`
	Session  string    `json:"session,omitempty"`
	IssuedAt time.Time `json:"issued_at"`
	Expiry   time.Time `json:"expiry"`
	// Revoked is set once an API refuses it before its expiry. The end of its session counts too.
	Revoked bool `json:"revoked"`
	// Uses counts the API calls that it let through.
	Uses int `json:"uses"`
}
