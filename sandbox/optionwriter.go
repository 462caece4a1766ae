package sandbox

import (
	"encoding/json"
	"io"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/optionfile"
)

// WriteDefaultOptions writes a file for [ReadOptions] that describes a Server without options. Use
// it as a start: members that you do not change may be left out.
func WriteDefaultOptions(w io.Writer) error {
	data, err := json.MarshalIndent(defaultOptionFile(), "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

func defaultOptionFile() optionfile.File {
	settings, magic, keycloak := defaultSettings(), true, optionfile.Keycloak267
	wait := optionfile.Duration(settings.lock)
	f := optionfile.File{Hosts: []string{}, TrustedHosts: []string{}, Keycloak: &keycloak, Magic: &magic}
	f.Finventi = optionfile.Finventi{Keycloak: defaultKeycloakFile(Finventi), AllowedIPs: []string{"0.0.0.0/0", "::/0"}}
	f.FinAPI = optionfile.FinAPI{Keycloak: defaultKeycloakFile(FinAPI), BruteForce: optionfile.BruteForce{Failures: &settings.bruteForce, Wait: &wait}}
	f.OneFinOps = defaultKeycloakFile(OneFinOps)
	limits := defaultLimitsFile(FinCalc)
	f.FinCalc = optionfile.FinCalc{Clients: defaultClientFiles(FinCalc), Limits: optionfile.FinCalcLimits{Token: limits.Token, API: limits.API}}

	f.FinCalc.Lifetimes.Access = optionfile.Duration(accounts.Documented(documents.Of(FinCalc)).Access)
	life := accounts.Documented(documents.Of(FinAPI)) // Refresh follows SessionIdle if it is absent
	f.FinAPI.Lifetimes = optionfile.SessionLifetimes{Access: optionfile.Duration(life.Access),
		SessionIdle: optionfile.Duration(life.SessionIdle), SessionMax: optionfile.Duration(life.SessionMax)}
	for _, u := range accounts.DefaultUsers() {
		u = u.WithDefaults()
		f.FinAPI.Users = append(f.FinAPI.Users, optionfile.User{Username: u.Username, Password: u.Password.Reveal(), User: u})
	}
	return f
}

func defaultKeycloakFile(v Vendor) optionfile.Keycloak {
	return optionfile.Keycloak{Clients: defaultClientFiles(v), Limits: defaultLimitsFile(v), DisabledRealms: []string{},
		Lifetimes: optionfile.Lifetimes{Access: optionfile.Duration(accounts.Documented(documents.Of(v)).Access)}}
}

func defaultClientFiles(v Vendor) []optionfile.Client {
	var files []optionfile.Client
	for _, c := range accounts.DefaultClients(v) {
		c = c.WithDefaults(v, documents.Of(v))
		if v != Finventi {
			c.Realm = "" // it has no meaning there
		}
		files = append(files, optionfile.Client{ID: c.ID, Secret: c.Secret.Reveal(), Client: c})
	}
	return files
}

func defaultLimitsFile(v Vendor) (f optionfile.Limits) {
	limits := defaultLimits()
	for e, field := range f.Fields() {
		if l, ok := limits[gate.Key{Vendor: v, Endpoint: e}]; ok {
			*field = &optionfile.Limit{Requests: l.Requests, Per: optionfile.Duration(l.Per)}
		}
	}
	return f
}
