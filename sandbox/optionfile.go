package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// optionFile is the form of the file that [ReadOptions] reads. Each member stands for an option of the same meaning.
type optionFile struct {
	BaseURL         string           `json:"base_url"`
	Hosts           []string         `json:"hosts"`
	TrustedHosts    []string         `json:"trusted_hosts"`
	TLS             bool             `json:"tls"`
	CertificateFile string           `json:"certificate_file"`
	KeyFile         string           `json:"key_file"`
	HTTPSRequired   bool             `json:"https_required"`
	Keycloak        *keycloakVersion `json:"keycloak"`
	Magic           *bool            `json:"magic"`
	StateFile       string           `json:"state_file"`
	Finventi        finventiFile     `json:"finventi"`
	FinAPI          finapiFile       `json:"finapi"`
	OneFinOps       onefinopsFile    `json:"onefinops"`
	FinCalc         fincalcFile      `json:"fincalc"`
}

type finventiFile struct {
	Clients        []clientFile  `json:"clients,omitempty"`
	Lifetimes      lifetimesFile `json:"lifetimes"`
	Limits         limitsFile    `json:"limits"`
	AllowedIPs     []string      `json:"allowed_ips"`
	DisabledRealms []string      `json:"disabled_realms"`
}

type finapiFile struct {
	Clients         []clientFile         `json:"clients,omitempty"`
	Users           []userFile           `json:"users,omitempty"`
	Lifetimes       sessionLifetimesFile `json:"lifetimes"`
	Limits          limitsFile           `json:"limits"`
	RefreshRotation bool                 `json:"refresh_rotation"`
	BruteForce      bruteForceFile       `json:"brute_force"`
	DisabledRealms  []string             `json:"disabled_realms"`
}

type onefinopsFile struct {
	Clients        []clientFile  `json:"clients,omitempty"`
	Lifetimes      lifetimesFile `json:"lifetimes"`
	Limits         limitsFile    `json:"limits"`
	DisabledRealms []string      `json:"disabled_realms"`
}

type fincalcFile struct {
	Clients   []clientFile      `json:"clients,omitempty"`
	Lifetimes lifetimesFile     `json:"lifetimes"`
	Limits    fincalcLimitsFile `json:"limits"`
}

// clientFile is a [Client].
type clientFile struct {
	ID               string   `json:"id"`
	Secret           string   `json:"secret,omitempty"`
	SecretFile       string   `json:"secret_file,omitempty"`
	Realm            string   `json:"realm,omitempty"`
	Scopes           []string `json:"scopes,omitempty"`
	OptionalScopes   []string `json:"optional_scopes,omitempty"`
	Disabled         bool     `json:"disabled,omitempty"`
	Public           bool     `json:"public,omitempty"`
	NoServiceAccount bool     `json:"no_service_account,omitempty"`
	DirectAccess     bool     `json:"direct_access,omitempty"`
	NoAudience       bool     `json:"no_audience,omitempty"`
	AccessLifetime   duration `json:"access_lifetime,omitzero"`
	OrganizationID   string   `json:"organization_id,omitempty"`
	NotEntitled      bool     `json:"not_entitled,omitempty"`
	EmailAddress     string   `json:"email_address,omitempty"`
}

// userFile is a [User].
type userFile struct {
	Username        string   `json:"username"`
	Password        string   `json:"password,omitempty"`
	PasswordFile    string   `json:"password_file,omitempty"`
	Email           string   `json:"email,omitempty"`
	Name            string   `json:"name,omitempty"`
	Mandator        string   `json:"mandator,omitempty"`
	Disabled        bool     `json:"disabled,omitempty"`
	RequiredActions []string `json:"required_actions,omitempty"`
	MandatorName    string   `json:"mandator_name,omitempty"`
	MandatorUUID    string   `json:"mandator_uuid,omitempty"`
	TestMandator    bool     `json:"test_mandator,omitempty"`
	TechnicalUser   bool     `json:"technical_user,omitempty"`
}

type lifetimesFile struct {
	Access duration `json:"access,omitzero"`
}

type sessionLifetimesFile struct {
	Access      duration `json:"access,omitzero"`
	Refresh     duration `json:"refresh,omitzero"`
	SessionIdle duration `json:"session_idle,omitzero"`
	SessionMax  duration `json:"session_max,omitzero"`
}

type bruteForceFile struct {
	Failures *int      `json:"failures"`
	Wait     *duration `json:"wait"`
}

// limitFile is a [Limit].
type limitFile struct {
	Requests int      `json:"requests"`
	Per      duration `json:"per"`
}

type fincalcLimitsFile struct {
	Token *limitFile `json:"token,omitempty"`
	API   *limitFile `json:"api,omitempty"`
}

type limitsFile struct {
	Token      *limitFile `json:"token,omitempty"`
	Certs      *limitFile `json:"certs,omitempty"`
	Revoke     *limitFile `json:"revoke,omitempty"`
	Logout     *limitFile `json:"logout,omitempty"`
	Introspect *limitFile `json:"introspect,omitempty"`
	Userinfo   *limitFile `json:"userinfo,omitempty"`
	Discovery  *limitFile `json:"discovery,omitempty"`
	API        *limitFile `json:"api,omitempty"`
}

// duration is written as in Go, "1h30m".
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as \"90s\", \"15m\" or \"1h30m\"", text)
	}
	*d = duration(parsed)
	return nil
}

func (d duration) MarshalText() ([]byte, error) {
	text := time.Duration(d).String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return []byte(text), nil
}

// keycloakVersion is the one that the three Keycloaks answer as.
type keycloakVersion string

const (
	keycloakOld keycloakVersion = "26.5"
	keycloakNew keycloakVersion = "26.7"
)

func (k *keycloakVersion) UnmarshalText(text []byte) error {
	*k = keycloakVersion(text)
	if *k != keycloakOld && *k != keycloakNew {
		return fmt.Errorf("%q is neither %q nor %q", text, keycloakOld, keycloakNew)
	}
	return nil
}

// WriteDefaultOptions writes a file for [ReadOptions] that says what a Server is without options. It is a place to
// start from: what is left as it is may as well be left out.
func WriteDefaultOptions(w io.Writer) error {
	data, err := json.MarshalIndent(defaultOptionFile(), "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func defaultOptionFile() optionFile {
	settings, magic, keycloak := defaultSettings(), true, keycloakNew
	wait := duration(settings.lock)
	f := optionFile{Hosts: []string{}, TrustedHosts: []string{}, Keycloak: &keycloak, Magic: &magic}
	f.Finventi = finventiFile{Clients: clientFiles(Finventi), Limits: defaultLimitsFile(Finventi),
		AllowedIPs: []string{"0.0.0.0/0", "::/0"}, DisabledRealms: []string{}}
	f.FinAPI = finapiFile{Limits: defaultLimitsFile(FinAPI), DisabledRealms: []string{},
		BruteForce: bruteForceFile{Failures: &settings.bruteForce, Wait: &wait}}
	f.OneFinOps = onefinopsFile{Clients: clientFiles(OneFinOps), Limits: defaultLimitsFile(OneFinOps), DisabledRealms: []string{}}
	limits := defaultLimitsFile(FinCalc)
	f.FinCalc = fincalcFile{Clients: clientFiles(FinCalc), Limits: fincalcLimitsFile{Token: limits.Token, API: limits.API}}

	f.Finventi.Lifetimes.Access = duration(documented(Finventi).Access)
	f.OneFinOps.Lifetimes.Access = duration(documented(OneFinOps).Access)
	f.FinCalc.Lifetimes.Access = duration(documented(FinCalc).Access)
	life := documented(FinAPI) // Refresh follows SessionIdle as long as it is not there
	f.FinAPI.Lifetimes = sessionLifetimesFile{Access: duration(life.Access), SessionIdle: duration(life.SessionIdle), SessionMax: duration(life.SessionMax)}
	for _, u := range defaultUsers() {
		u = u.withDefaults()
		f.FinAPI.Users = append(f.FinAPI.Users, userFile{Username: u.Username, Password: u.Password.Reveal(), Mandator: u.Mandator,
			Disabled: u.Disabled, RequiredActions: u.RequiredActions, MandatorName: u.MandatorName, MandatorUUID: u.MandatorUUID})
	}
	return f
}

func clientFiles(v Vendor) []clientFile {
	var files []clientFile
	for _, c := range defaultClients(v) {
		c = c.withDefaults(v)
		if v != Finventi {
			c.Realm = "" // it has no meaning there
		}
		files = append(files, clientFile{ID: c.ID, Secret: c.Secret.Reveal(), Realm: c.Realm, Scopes: c.Scopes, OptionalScopes: c.OptionalScopes,
			OrganizationID: c.OrganizationID, EmailAddress: c.EmailAddress})
	}
	return files
}

func defaultLimitsFile(v Vendor) (f limitsFile) {
	limits := defaultLimits()
	for e, field := range f.fields() {
		if l, ok := limits[limitKey{v, e}]; ok {
			*field = &limitFile{l.Requests, duration(l.Per)}
		}
	}
	return f
}

func (f *limitsFile) fields() map[Endpoint]**limitFile {
	return map[Endpoint]**limitFile{TokenEndpoint: &f.Token, KeysEndpoint: &f.Certs, RevocationEndpoint: &f.Revoke, LogoutEndpoint: &f.Logout,
		IntrospectEndpoint: &f.Introspect, UserinfoEndpoint: &f.Userinfo, DiscoveryEndpoint: &f.Discovery, APIEndpoint: &f.API}
}
