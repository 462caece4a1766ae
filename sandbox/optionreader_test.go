package sandbox_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// documentedOptions is the example of docs/sandbox.md.
func documentedOptions(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "### The file of options")
	_, rest, _ = strings.Cut(rest, "```json\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		tb.Fatal("docs/sandbox.md has no example of the file of options")
	}
	return example
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeCertificate writes a pair as the two files that OpenSSL makes.
func writeCertificate(t *testing.T, dir, name string, pair tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	write(t, dir, name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

func TestReadOptions_documentedExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair, authority := signed(t, "vendors.example", "192.0.2.7")
	writeCertificate(t, dir, "vendors.example", pair)
	write(t, dir, "secrets/payments", "from-a-file\n")
	write(t, dir, "secrets/berta", "pw-berta")
	write(t, dir, "options.json", documentedOptions(t))
	options, err := sandbox.LoadOptions(filepath.Join(dir, "options.json"))
	if err != nil {
		t.Fatal(err)
	}
	i := sandbox.Start(t, options...)
	client := auth.WithHTTPClient(elsewhere(t, i, authority))
	base := i.PublicURL()
	if base != "https://vendors.example:8090" {
		t.Errorf("the public URL is %s", base)
	}
	finventiConfig, finapiConfig := i.Server.Finventi(base), i.Server.FinAPI(base)
	if finventiConfig.ClientID != "payments" || finventiConfig.ClientSecret.Reveal() != "from-a-file" || finapiConfig.Password.Reveal() != "pw-berta" {
		t.Errorf("other accounts: %s, %s", finventiConfig.ClientID, finapiConfig.Username)
	}
	for vendor, c := range map[string]struct {
		lifetime int64
		source   func() (*auth.TokenSource, error)
	}{
		"finventi":  {300, func() (*auth.TokenSource, error) { return finventi.NewTokenSource(finventiConfig, client) }},
		"finapi":    {60, func() (*auth.TokenSource, error) { return finapi.NewTokenSource(finapiConfig, client) }},
		"onefinops": {120, func() (*auth.TokenSource, error) { return onefinops.NewTokenSource(i.Server.OneFinOps(base), client) }},
		"fincalc":   {3600, func() (*auth.TokenSource, error) { return fincalc.NewTokenSource(i.Server.FinCalc(base), client) }},
	} {
		source, err := c.source()
		if err != nil {
			t.Errorf("%s: %v", vendor, err)
			continue
		}
		token, err := source.Token()
		if err != nil {
			t.Errorf("%s: %v", vendor, err)
		} else if token.ExpiresIn != c.lifetime {
			t.Errorf("%s: a token lives %d s, want %d", vendor, token.ExpiresIn, c.lifetime)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "state.json")); err != nil {
		t.Error(err)
	}
}

func TestReadOptions_reachesTheVendors(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, text string) caller {
		t.Helper()
		options, err := sandbox.ReadOptions(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return caller{T: t, Instance: instance(t, options...)}
	}
	finventiLogin := []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}
	t.Run("whitelist", func(t *testing.T) {
		r := read(t, `{"finventi": {"allowed_ips": []}}`).post(finventiToken, finventiLogin...)
		if r.status != http.StatusForbidden {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
	t.Run("keycloak", func(t *testing.T) {
		wrong := []string{"grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "wrong"}
		for text, want := range map[string]int{`{}`: 400, `{"keycloak": "26.7"}`: 400, `{"keycloak": "26.5"}`: 401} {
			if r := read(t, text).post(finapiToken, wrong...); r.status != want {
				t.Errorf("%s: %d, want %d", text, r.status, want)
			}
		}
	})
	t.Run("https required", func(t *testing.T) {
		r := read(t, `{"https_required": true}`).post(finventiToken, finventiLogin...)
		if r.status != http.StatusForbidden {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
	t.Run("rotation and lifetimes", func(t *testing.T) {
		c := read(t, `{"finapi": {"refresh_rotation": true, "lifetimes": {"refresh": "7m"}}}`)
		login := c.login()
		if got := login.number("refresh_expires_in"); got != 420 {
			t.Errorf("a refresh token lives %v s", got)
		}
		refresh := []string{"grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", login.text("refresh_token")}
		if r := c.post(finapiToken, refresh...); r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := c.post(finapiToken, refresh...); r.status != http.StatusBadRequest {
			t.Errorf("a second use: %d %s", r.status, r.body)
		}
	})
	t.Run("limits", func(t *testing.T) {
		c := read(t, `{"onefinops": {"limits": {"token": {"requests": 1, "per": "1h"}}}}`)
		c.mint(sandbox.OneFinOps)
		r := c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test")
		if r.status != http.StatusTooManyRequests {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
	t.Run("realms and magic", func(t *testing.T) {
		c := read(t, `{"magic": false, "finventi": {"disabled_realms": ["sti-connector", "closed"]}}`)
		c.post(tokenIn("closed"), "grant_type", "client_credentials").
			want(t, 403, "access_denied", "Realm not enabled") // nobody has an account there
		if r := c.post(finventiToken, finventiLogin...); r.status == http.StatusOK {
			t.Error("the realm is enabled")
		}
		if r := c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_fault-503", "client_secret", "x"); r.status != http.StatusUnauthorized {
			t.Errorf("magic works: %d %s", r.status, r.body)
		}
	})
}

func TestReadOptions_placesMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "empty", "")
	for text, want := range map[string][]string{
		"":                               {"options.json:1:1: unexpected end of JSON input"},
		"{\n  \"tls\": true,\n}":         {"options.json:3:1: invalid character '}'"},
		"{\n  // why\n  \"tls\": true }": {"options.json:2:3: JSON has no comments"},
		"{} {}":                          {"options.json:1:4: invalid character '{'"},
		"[]":                             {"options.json:1:1: has to be an object in braces"},
		"\xef\xbb\xbf{\"tsl\": true}":    {`options.json:1:2: there is no member "tsl"; did you mean "tls"?`},
		"{\n\t\"TLS\": true}":            {`options.json:2:2: there is no member "TLS"; did you mean "tls"?`},
		`{"finventi": {"users": 1}}`:     {`options.json:1:15: finventi: there is no member "users"; there are allowed_ips, clients, disabled_realms, lifetimes, limits`},
		`{"tls": true, "tls": false}`:    {`options.json:1:15: member "tls" is there twice`},
		`{"tls": "yes"}`:                 {`options.json:1:9: tls has to be true or false`},
		`{"tls": null}`:                  {`options.json:1:9: tls has to be true or false`},
		`{"hosts": "a"}`:                 {`options.json:1:11: hosts has to be a list in brackets`},
		`{"hosts": ["ü", 1, "x:1"]}`:     {`options.json:1:17: hosts[1] has to be a text in quotes`},
		`{"hosts": ["ü", "x:1"]}`:        {`1:12: hosts[0]: "ü" is neither a host name`, `1:17: hosts[1]: "x:1" is neither`},
		`{"base_url": "example.com"}`:    {`1:14: base_url: "example.com" is not a base URL`},
		`{"keycloak": "25"}`:             {`1:14: keycloak: "25" is neither "26.5" nor "26.7"`},
		`{"keycloak": 26.5}`:             {`1:14: keycloak has to be a text in quotes`},
		`{"key_file": "x"}`:              {`1:14: key_file: there is no certificate_file with it`},
		`{"certificate_file": "x", "key_file": "y"}`:                                                   {`1:22: certificate_file: open ` + filepath.Join(dir, "x")},
		`{"finapi": {"lifetimes": {"access": 900}}}`:                                                   {`1:37: finapi.lifetimes.access has to be a text in quotes`},
		`{"finapi": {"lifetimes": {"access": "900"}}}`:                                                 {`finapi.lifetimes.access: "900" is no duration such as "90s"`},
		`{"finapi": {"lifetimes": {"access": "-1s"}}}`:                                                 {`1:26: finapi.lifetimes: a lifetime of finapi is negative`},
		`{"finapi": {"brute_force": {"failures": 1.5}}}`:                                               {`finapi.brute_force.failures has to be a whole number`},
		`{"finapi": {"brute_force": {"failures": 99999999999999999999}}}`:                              {`has to be a whole number`},
		`{"finapi": {"brute_force": {"failures": -1}}}`:                                                {`finapi.brute_force: locking a user`},
		`{"finapi": {"users": []}}`:                                                                    {`1:22: finapi.users: there is none in the list`},
		`{"finapi": {"users": [{"username": "a"}]}}`:                                                   {`1:23: finapi.users[0]: user "a" lacks a username or password`},
		`{"finapi": {"users": [{"username": "a", "password": "1"}, {"username":"a","password":"2"}]}}`: {`1:59: finapi.users[1]: user "a" of mandator "customer" is there twice`},
		`{"fincalc": {"clients": []}}`:                                                                 {`fincalc.clients: there is none in the list`},
		`{"fincalc": {"clients": [{"id": "1", "secret": "x"}]}}`:                                       {`fincalc.clients[0]: client "1" of fincalc has no e-mail address`},
		`{"fincalc": {"limits": {"certs": {}}}}`:                                                       {`fincalc.limits: there is no member "certs"; there are api, token`},
		`{"fincalc": {"limits": {"api": {"requests": 5}}}}`:                                            {`fincalc.limits.api: a limit of 5 requests in 0s makes no sense`},
		`{"finventi": {"allowed_ips": ["localhost", "nowhere"]}}`:                                      {`"localhost" is neither`, `"nowhere" is neither`},
		`{"finventi": {"clients": [{"id": "a", "secret": "s", "secret_file": "f"}]}}`:                  {`1:69: finventi.clients[0].secret_file: there is a secret as well`},
		`{"finventi": {"clients": [{"id": "a", "secret_file": "none"}]}}`:                              {`finventi.clients[0].secret_file: secret file: stat ` + filepath.Join(dir, "none")},
		`{"finventi": {"clients": [{"id": "a", "secret_file": "empty"}]}}`:                             {`1:54: finventi.clients[0].secret_file: `},
		`{"finventi": {"clients": [{"secret": "hush"}, {"id": "b", "sekret": "hush"}]}}`:               {`1:59: finventi.clients[1]: there is no member "sekret"; did you mean "secret"?`},
		`{"hosts": [` + strings.Repeat(`1,`, 99) + `1]}`:                                               {"options.json: and 80 more"},
	} {
		write(t, dir, "options.json", text)
		options, err := sandbox.LoadOptions(filepath.Join(dir, "options.json"))
		if err == nil || options != nil {
			t.Errorf("%s is accepted", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s:\n%v\nwant\n%s", text, err, part)
			}
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("a secret is in %v", err)
		}
	}
	if _, err := sandbox.LoadOptions(filepath.Join(dir, "nothing.json")); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := sandbox.ReadOptions(strings.NewReader(strings.Repeat(" ", 1<<20+1))); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a huge file: %v", err)
	}
}

func TestWithLifetimes_keepsEarlierFields(t *testing.T) {
	c := start(t, sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: time.Minute, Refresh: 7 * time.Minute}),
		sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: 30 * time.Second}))
	if r := c.login(); r.number("expires_in") != 30 || r.number("refresh_expires_in") != 420 {
		t.Errorf("%s", r.body)
	}
}

// FuzzReadOptions reads anything: it must not panic, and what it accepts has to make a Server.
func FuzzReadOptions(f *testing.F) {
	var defaults bytes.Buffer
	if err := sandbox.WriteDefaultOptions(&defaults); err != nil {
		f.Fatal(err)
	}
	fileless := func(text string) string {
		text = strings.NewReplacer("secret_file", "secret", "password_file", "password").Replace(text)
		return regexp.MustCompile(`(?m)^.*_file".*\n`).ReplaceAllString(text, "")
	}
	for _, seed := range []string{fileless(defaults.String()), fileless(documentedOptions(f)), "", "{}", "[", `{"tls": true,}`, `{"hosts": ["a", 1]}`, "{\"\xff\": 1}",
		`{"finapi": {"lifetimes": {"access": "1ns"}}}`, `{"finapi":{"users":[{"username":"a","password":"b"},{}]}}`, `{"fincalc":{"limits":{"api":{"requests":1,"per":"1h"}}}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// No file of this machine is for a fuzzer to read or write.
		if strings.Contains(text, "_file") {
			t.Skip()
		}
		options, err := sandbox.ReadOptions(strings.NewReader(text))
		if err != nil {
			return
		}
		if err := sandbox.New(options...).Err(); err != nil {
			t.Errorf("accepted, and then refused: %v", err)
		}
	})
}
