package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/optionfile"
)

// ReadOptions reads options from JSON, so that tests and a manually started sandbox can share a
// file. docs/sandbox.md lists its members. Unknown members and invalid options are errors, each
// with its line and column. Relative paths are relative to the working directory.
func ReadOptions(r io.Reader) ([]Option, error) { return readOptions("options", "", r) }

// LoadOptions is [ReadOptions] for a file. Relative paths are relative to its directory.
func LoadOptions(path string) ([]Option, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer f.Close()
	return readOptions(path, filepath.Dir(path), f)
}

func readOptions(name, dir string, from io.Reader) ([]Option, error) {
	d, err := jsondoc.Read(name, from)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	var f optionfile.File
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	r := optionReader{Document: d, dir: dir, trial: defaultSettings()}
	r.server(f)
	r.finventi(f.Finventi)
	r.finapi(f.FinAPI)
	r.keycloak(OneFinOps, f.OneFinOps)
	r.fincalc(f.FinCalc)
	if err := d.Err(); err != nil {
		return nil, err
	}
	return r.options, nil
}

// optionReader turns a file's members into options.
type optionReader struct {
	*jsondoc.Document
	dir     string
	options []Option
	trial   settings // what the options make, to see which of them makes no sense
}

// add adds the option that the member at path stands for.
func (r *optionReader) add(path string, o Option) {
	r.options = append(r.options, o)
	o.apply(&r.trial)
	if r.trial.err == nil {
		return
	}
	for line := range strings.SplitSeq(r.trial.err.Error(), "\n") {
		r.FailAt(path, errors.New(strings.TrimPrefix(line, "sandbox: ")))
	}
	r.trial.err = nil
}

// resolve returns a path of the file, relative to the working directory.
func (r *optionReader) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

func (r *optionReader) server(f optionfile.File) {
	if f.BaseURL != "" {
		r.add("base_url", WithBaseURL(f.BaseURL))
	}
	for i, h := range f.Hosts {
		r.add(fmt.Sprintf("hosts[%d]", i), WithHosts(h))
	}
	if len(f.TrustedHosts) > 0 {
		r.add("trusted_hosts", WithTrustedHosts(f.TrustedHosts...))
	}
	if f.TLS {
		r.add("tls", WithTLS())
	}
	switch {
	case f.CertificateFile != "" && f.KeyFile != "":
		pair, err := tls.LoadX509KeyPair(r.resolve(f.CertificateFile), r.resolve(f.KeyFile))
		if err != nil {
			r.FailAt("certificate_file", err)
			break
		}
		r.add("certificate_file", WithCertificate(pair))
	case f.CertificateFile != "":
		r.FailAt("certificate_file", errors.New("there is no key_file with it"))
	case f.KeyFile != "":
		r.FailAt("key_file", errors.New("there is no certificate_file with it"))
	}
	if f.HTTPSRequired {
		r.add("https_required", WithHTTPSRequired())
	}
	if f.Keycloak != nil && *f.Keycloak == optionfile.Keycloak265 {
		r.add("keycloak", WithKeycloak265())
	}
	if f.Magic != nil && !*f.Magic {
		r.add("magic", WithoutMagic())
	}
	if f.StateFile != "" {
		r.add("state_file", WithStateFile(r.resolve(f.StateFile)))
	}
}

func (r *optionReader) keycloak(v Vendor, f optionfile.Keycloak) {
	r.clients(v, f.Clients)
	r.lifetimes(v, optionfile.SessionLifetimes{Access: f.Lifetimes.Access})
	r.limits(v, f.Limits)
	for i, realm := range f.DisabledRealms {
		r.add(fmt.Sprintf("%s.disabled_realms[%d]", v, i), WithDisabledRealm(v, realm))
	}
}

func (r *optionReader) finventi(f optionfile.Finventi) {
	r.keycloak(Finventi, f.Keycloak)
	if f.AllowedIPs != nil {
		r.add("finventi.allowed_ips", WithAllowedIPs(f.AllowedIPs...))
	}
}

func (r *optionReader) finapi(f optionfile.FinAPI) {
	r.keycloak(FinAPI, f.Keycloak)
	r.users(f.Users)
	r.lifetimes(FinAPI, f.Lifetimes)
	if f.RefreshRotation {
		r.add("finapi.refresh_rotation", WithRefreshRotation())
	}
	if b := f.BruteForce; b.Failures != nil || b.Wait != nil {
		failures, wait := r.trial.bruteForce, r.trial.lock
		if b.Failures != nil {
			failures = *b.Failures
		}
		if b.Wait != nil {
			wait = time.Duration(*b.Wait)
		}
		r.add("finapi.brute_force", WithBruteForce(failures, wait))
	}
}

func (r *optionReader) fincalc(f optionfile.FinCalc) {
	r.clients(FinCalc, f.Clients)
	r.lifetimes(FinCalc, optionfile.SessionLifetimes{Access: f.Lifetimes.Access})
	r.limits(FinCalc, optionfile.Limits{Token: f.Limits.Token, API: f.Limits.API})
}

func (r *optionReader) clients(v Vendor, clients []optionfile.Client) {
	if clients != nil && len(clients) == 0 {
		r.FailAt(string(v)+".clients", errors.New("there is none in the list; leave it out for the default ones"))
	}
	for i, c := range clients {
		path := fmt.Sprintf("%s.clients[%d]", v, i)
		secret, ok := r.secret(path, "secret", c.Secret, c.SecretFile)
		if !ok {
			continue
		}
		c.Client.ID, c.Client.Secret, c.Client.AccessLifetime = c.ID, secret, time.Duration(c.AccessLifetime)
		r.add(path, WithClient(v, Client(c.Client)))
	}
}

func (r *optionReader) users(users []optionfile.User) {
	if users != nil && len(users) == 0 {
		r.FailAt("finapi.users", errors.New("there is none in the list; leave it out for the default ones"))
	}
	for i, u := range users {
		path := fmt.Sprintf("finapi.users[%d]", i)
		password, ok := r.secret(path, "password", u.Password, u.PasswordFile)
		if !ok {
			continue
		}
		u.User.Username, u.User.Password = u.Username, password
		r.add(path, WithUser(User(u.User)))
	}
}

// secret is the one in the member called name, or in the file that name_file leads to.
func (r *optionReader) secret(path, name, value, file string) (auth.Secret, bool) {
	at := path + "." + name + "_file"
	switch {
	case file == "":
		return auth.NewSecret(value), true
	case value != "":
		r.FailAt(at, fmt.Errorf("there is a %s as well", name))
		return auth.Secret{}, false
	}
	secret, err := auth.FileSecret(r.resolve(file))(context.Background())
	if err != nil {
		// The hint around it is meant for a service in production.
		if detail := (*auth.Error)(nil); errors.As(err, &detail) && detail.Err != nil {
			err = detail.Err
		}
		r.FailAt(at, err)
		return auth.Secret{}, false
	}
	return secret, true
}

func (r *optionReader) lifetimes(v Vendor, f optionfile.SessionLifetimes) {
	if f != (optionfile.SessionLifetimes{}) {
		r.add(string(v)+".lifetimes", WithLifetimes(v, Lifetimes{Access: time.Duration(f.Access), Refresh: time.Duration(f.Refresh),
			SessionIdle: time.Duration(f.SessionIdle), SessionMax: time.Duration(f.SessionMax)}))
	}
}

func (r *optionReader) limits(v Vendor, f optionfile.Limits) {
	for e, field := range f.Fields() {
		if l := *field; l != nil {
			r.add(fmt.Sprintf("%s.limits.%s", v, e), WithLimit(v, e, Limit{l.Requests, time.Duration(l.Per)}))
		}
	}
}
