// Package optionfile is the form of the JSON file that a sandbox's options are read from.
package optionfile

import (
	"fmt"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A File is the whole file. Each member stands for an option of the same meaning.
type File struct {
	BaseURL         string           `json:"base_url"`
	Hosts           []string         `json:"hosts"`
	TrustedHosts    []string         `json:"trusted_hosts"`
	TLS             bool             `json:"tls"`
	CertificateFile string           `json:"certificate_file"`
	KeyFile         string           `json:"key_file"`
	HTTPSRequired   bool             `json:"https_required"`
	Keycloak        *KeycloakVersion `json:"keycloak"`
	Magic           *bool            `json:"magic"`
	StateFile       string           `json:"state_file"`
	Finventi        Finventi         `json:"finventi"`
	FinAPI          FinAPI           `json:"finapi"`
	OneFinOps       Keycloak         `json:"onefinops"`
	FinCalc         FinCalc          `json:"fincalc"`
}

// A Keycloak has the options that the three vendors with one share.
type Keycloak struct {
	Clients        []Client  `json:"clients,omitempty"`
	Lifetimes      Lifetimes `json:"lifetimes"`
	Limits         Limits    `json:"limits"`
	DisabledRealms []string  `json:"disabled_realms"`
}

// Finventi has the options of that vendor.
type Finventi struct {
	Keycloak
	AllowedIPs []string `json:"allowed_ips"`
}

// FinAPI has the options of that vendor.
type FinAPI struct {
	Keycloak
	Lifetimes       SessionLifetimes `json:"lifetimes"`
	Users           []User           `json:"users,omitempty"`
	RefreshRotation bool             `json:"refresh_rotation"`
	BruteForce      BruteForce       `json:"brute_force"`
}

// FinCalc has the options of that vendor.
type FinCalc struct {
	Clients   []Client      `json:"clients,omitempty"`
	Lifetimes Lifetimes     `json:"lifetimes"`
	Limits    FinCalcLimits `json:"limits"`
}

// A Client is an OAuth client, whose secret may be in a file of its own.
type Client struct {
	ID         string `json:"id"`
	Secret     string `json:"secret,omitempty"`
	SecretFile string `json:"secret_file,omitempty"`
	accounts.Client
	AccessLifetime Duration `json:"access_lifetime,omitzero"`
}

// A User is one of finAPI's, whose password may be in a file of its own.
type User struct {
	Username     string `json:"username"`
	Password     string `json:"password,omitempty"`
	PasswordFile string `json:"password_file,omitempty"`
	accounts.User
}

// Lifetimes are those of a vendor without sessions.
type Lifetimes struct {
	Access Duration `json:"access,omitzero"`
}

// SessionLifetimes are those of a vendor with sessions.
type SessionLifetimes struct {
	Access      Duration `json:"access,omitzero"`
	Refresh     Duration `json:"refresh,omitzero"`
	SessionIdle Duration `json:"session_idle,omitzero"`
	SessionMax  Duration `json:"session_max,omitzero"`
}

// BruteForce says when a user is locked.
type BruteForce struct {
	Failures *int      `json:"failures"`
	Wait     *Duration `json:"wait"`
}

// A Limit lets through so many requests in each time.
type Limit struct {
	Requests int      `json:"requests"`
	Per      Duration `json:"per"`
}

// FinCalcLimits are those of FinCalc's endpoints.
type FinCalcLimits struct {
	Token *Limit `json:"token,omitempty"`
	API   *Limit `json:"api,omitempty"`
}

// Limits are those of a Keycloak's endpoints and an API.
type Limits struct {
	Token      *Limit `json:"token,omitempty"`
	Certs      *Limit `json:"certs,omitempty"`
	Revoke     *Limit `json:"revoke,omitempty"`
	Logout     *Limit `json:"logout,omitempty"`
	Introspect *Limit `json:"introspect,omitempty"`
	Userinfo   *Limit `json:"userinfo,omitempty"`
	Discovery  *Limit `json:"discovery,omitempty"`
	API        *Limit `json:"api,omitempty"`
}

// A Duration is written as in Go, "1h30m".
type Duration time.Duration

// UnmarshalText reads what [time.ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as \"90s\", \"15m\" or \"1h30m\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText leaves out minutes and seconds of zero at the end.
func (d Duration) MarshalText() ([]byte, error) {
	text := time.Duration(d).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return []byte(text), nil
}

// A KeycloakVersion is the one that the three Keycloaks answer as.
type KeycloakVersion string

// The versions.
const (
	Keycloak265 KeycloakVersion = "26.5"
	Keycloak267 KeycloakVersion = "26.7"
)

// UnmarshalText reads one of the two versions.
func (k *KeycloakVersion) UnmarshalText(text []byte) error {
	*k = KeycloakVersion(text)
	if *k != Keycloak265 && *k != Keycloak267 {
		return fmt.Errorf("%q is neither %q nor %q", text, Keycloak265, Keycloak267)
	}
	return nil
}

// Fields are the fields by the endpoint that each is for.
func (f *Limits) Fields() map[vendors.Endpoint]**Limit {
	return map[vendors.Endpoint]**Limit{vendors.Token: &f.Token, vendors.Keys: &f.Certs, vendors.Revocation: &f.Revoke,
		vendors.Logout: &f.Logout, vendors.Introspect: &f.Introspect, vendors.Userinfo: &f.Userinfo, vendors.Discovery: &f.Discovery, vendors.API: &f.API}
}
