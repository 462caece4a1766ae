package sandbox_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

// keycloakAccounts are what the table below needs beside the defaults.
func keycloakAccounts() []sandbox.Option {
	return []sandbox.Option{
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "sti-client", Secret: auth.NewSecret("s3cr3t-sti"), OptionalScopes: []string{"address"}}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "off-client", Secret: auth.NewSecret("x"), Disabled: true}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "no-account", Secret: auth.NewSecret("x"), NoServiceAccount: true}),
		sandbox.WithClient(sandbox.FinAPI, sandbox.Client{ID: "other", Secret: auth.NewSecret("other-secret"), DirectAccess: true}),
	}
}

const badClient = "Invalid client or Invalid client credentials"

func TestKeycloak_refusals(t *testing.T) {
	c := start(t, keycloakAccounts()...)
	ok := []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}
	others := c.post(finapiToken, "grant_type", "password", "client_id", "other", "client_secret", "other-secret", "username", "anna", "password", "pw-anna")
	for name, row := range map[string]struct {
		path        string
		form        []string
		status      int
		code        string
		description string
	}{
		"wrong secret":            {finventiToken, []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "no"}, 401, "unauthorized_client", badClient},
		"no secret":               {finventiToken, []string{"grant_type", "client_credentials", "client_id", "sti-client"}, 401, "unauthorized_client", badClient},
		"unknown client":          {finventiToken, []string{"grant_type", "client_credentials", "client_id", "nobody", "client_secret", "s3cr3t-sti"}, 401, "invalid_client", badClient},
		"disabled client":         {finventiToken, []string{"grant_type", "client_credentials", "client_id", "off-client", "client_secret", "x"}, 401, "invalid_client", badClient},
		"no client_id":            {finventiToken, []string{"grant_type", "client_credentials"}, 401, "invalid_client", badClient},
		"no grant_type":           {finventiToken, ok[2:], 400, "invalid_request", "Missing form parameter: grant_type"},
		"empty body":              {finventiToken, nil, 400, "invalid_request", "Missing form parameter: grant_type"},
		"unknown grant":           {finventiToken, append([]string{"grant_type", "magic"}, ok[2:]...), 400, "unsupported_grant_type", "Unsupported grant_type"},
		"token exchange":          {finventiToken, append([]string{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"}, ok[2:]...), 400, "invalid_request", "Standard token exchange is not enabled for the requested client"},
		"client_id twice":         {finventiToken, append([]string{"client_id", "sti-client"}, ok...), 400, "invalid_request", "duplicated parameter"},
		"grant_type twice":        {finventiToken, append([]string{"grant_type", "client_credentials"}, ok...), 400, "invalid_request", "duplicated parameter"},
		"any parameter twice":     {finventiToken, append([]string{"x", "1", "x", "2"}, ok...), 400, "invalid_request", "duplicated parameter"},
		"password grant off":      {finventiToken, append([]string{"grant_type", "password", "username", "anna", "password", "pw-anna"}, ok[2:]...), 400, "unauthorized_client", "Client not allowed for direct access grants"},
		"service account off":     {finventiToken, []string{"grant_type", "client_credentials", "client_id", "no-account", "client_secret", "x"}, 401, "unauthorized_client", "Client not enabled to retrieve service account"},
		"public client":           {finapiToken, []string{"grant_type", "client_credentials", "client_id", "demobank-cli"}, 401, "unauthorized_client", "Public client not allowed to retrieve service account"},
		"wrong password":          {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "no"}, 400, "invalid_grant", "Invalid user credentials"},
		"no password":             {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "username", "anna"}, 400, "invalid_grant", "Invalid user credentials"},
		"unknown user":            {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "username", "nobody", "password", "pw-anna"}, 400, "invalid_grant", "Invalid user credentials"},
		"no username":             {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "password", "pw-anna"}, 401, "invalid_request", "Missing parameter: username"},
		"disabled user":           {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "username", "off", "password", "pw-off"}, 400, "invalid_grant", "Account disabled"},
		"required action":         {finapiToken, []string{"grant_type", "password", "client_id", "demobank-cli", "username", "todo", "password", "pw-todo"}, 400, "invalid_grant", "Account is not fully set up"},
		"no refresh token":        {finapiToken, []string{"grant_type", "refresh_token", "client_id", "demobank-cli"}, 400, "invalid_request", "No refresh token"},
		"garbage refresh token":   {finapiToken, []string{"grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", "garbage"}, 400, "invalid_grant", "Invalid refresh token"},
		"an access token instead": {finapiToken, []string{"grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", others.text("access_token")}, 400, "invalid_grant", "Invalid refresh token"},
		"another client's refresh token": {finapiToken, []string{"grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", others.text("refresh_token")},
			400, "invalid_grant", "Invalid refresh token. Token client and authorized client don't match"},
		"invalid scope": {finventiToken, append([]string{"scope", "profile nonsense"}, ok...), 400, "invalid_scope", "Invalid scopes: profile nonsense"},
		"scope at OneFinOps": {onefinopsToken, []string{"grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test", "scope", "einvoice:generate"},
			400, "invalid_scope", "Invalid scopes: einvoice:generate"},
		"code grant":         {finapiToken, []string{"grant_type", "authorization_code", "client_id", "demobank-cli"}, 400, "invalid_request", "Missing parameter: code"},
		"code grant, a code": {finapiToken, []string{"grant_type", "authorization_code", "client_id", "demobank-cli", "code", "x"}, 400, "invalid_grant", "Code not valid"},
	} {
		r := c.post(row.path, row.form...)
		if r.status != row.status || r.text("error") != row.code || r.text("error_description") != row.description || len(r.json) != 2 {
			t.Errorf("%s: got %d %s, want %d %q %q", name, r.status, r.body, row.status, row.code, row.description)
		}
		for header, value := range map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache", "Content-Type": "application/json", "Www-Authenticate": ""} {
			if got := r.header.Get(header); got != value {
				t.Errorf("%s: header %s: %q, want %q", name, header, got, value)
			}
		}
	}
}

// Where https is required the keys and OpenID Connect Discovery want it too; the realm's
// description does not.
func TestWithHTTPSRequired_refusesHTTP(t *testing.T) {
	c := start(t, sandbox.WithHTTPSRequired())
	const realm = "/finapi/auth/realms/customer"
	for _, path := range []string{"/protocol/openid-connect/certs", "/.well-known/openid-configuration"} {
		c.do(c.request(http.MethodGet, realm+path, "")).want(t, 403, "invalid_request", "HTTPS required")
		unknown := c.do(c.request(http.MethodGet, "/finapi/auth/realms/nowhere"+path, ""))
		unknown.want(t, 404, "Realm does not exist", "")
	}
	if r := c.do(c.request(http.MethodGet, realm, "")); r.status != 200 {
		t.Errorf("description: %d %s", r.status, r.body)
	}
}

func TestKeycloak_orderOfChecks(t *testing.T) {
	c := start(t, append(keycloakAccounts(), sandbox.WithHTTPSRequired())...)
	// Each request is wrong in all that comes later too.
	unknown := strings.Replace(finventiToken, "sti-connector", "nowhere", 1)
	c.do(c.request(http.MethodPost, unknown, "{}", "Content-Type", "text/plain")).want(t, 404, "Realm does not exist", "")
	c.post(finventiToken).want(t, 403, "invalid_request", "HTTPS required")

	d := caller{t, instance(t, keycloakAccounts()...), newClock()}
	d.post(finventiToken, "grant_type", "magic", "client_id", "nobody", "x", "1", "x", "2").want(t, 400, "unsupported_grant_type", "Unsupported grant_type")
	d.post(finventiToken, "grant_type", "password", "client_id", "nobody", "x", "1", "x", "2").want(t, 401, "invalid_client", badClient)
	d.post(finventiToken, "grant_type", "password", "client_id", "sti-client", "client_secret", "s3cr3t-sti", "x", "1", "x", "2").
		want(t, 400, "invalid_request", "duplicated parameter")
	d.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "nobody", "scope", "nonsense").
		want(t, 400, "invalid_scope", "Invalid scopes: nonsense")
}

func TestWithHTTPSRequired_acceptsTLS(t *testing.T) {
	c := start(t, sandbox.WithHTTPSRequired(), sandbox.WithTLS())
	r := c.mint(sandbox.Finventi)
	claims, err := auth.ParseClaims(atoken(t, r))
	if err != nil || !strings.HasPrefix(claims.Issuer, "https://127.0.0.1:") {
		t.Errorf("issuer %q, %v", claims.Issuer, err)
	}
	if r := c.call(sandbox.Finventi, atoken(t, r)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	if !strings.HasPrefix(string(c.CertificatePEM()), "-----BEGIN CERTIFICATE-----") {
		t.Error("no certificate to trust")
	}
}

func TestKeycloak_ignoresTheQuery(t *testing.T) {
	c := start(t)
	query := "?" + form("grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")
	c.do(c.request(http.MethodPost, finventiToken+query, "", "Content-Type", formType)).
		want(t, 400, "invalid_request", "Missing form parameter: grant_type")
	c.do(c.request(http.MethodPost, finventiToken+"?grant_type=password", form("grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"),
		"Content-Type", formType+"; charset=UTF-8"))
	c.post(finventiToken+"?client_secret=s3cr3t-sti", "grant_type", "client_credentials", "client_id", "sti-client").
		want(t, 401, "unauthorized_client", badClient)
}

func TestKeycloak_takesBasicCredentials(t *testing.T) {
	secret := "s&=+% ü\"':"
	c := start(t, sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "a:b", Secret: auth.NewSecret(secret)}))
	basic := func(id, secret string) reply {
		value := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret)))
		return c.do(c.request(http.MethodPost, finventiToken, "grant_type=client_credentials", "Content-Type", formType, "Authorization", "Basic "+value))
	}
	if r := basic("a:b", secret); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	basic("a:b", "no").want(t, 401, "unauthorized_client", badClient)
	basic("nobody", secret).want(t, 401, "invalid_client", badClient)
	if r := c.post(finventiToken, "grant_type", "client_credentials", "client_id", "a:b", "client_secret", secret); r.status != http.StatusOK {
		t.Errorf("by form: %d %s", r.status, r.body)
	}
}

func TestWithKeycloak265_answersAsBefore(t *testing.T) {
	c := start(t, sandbox.WithKeycloak265())
	c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "no").
		want(t, 401, "invalid_grant", "Invalid user credentials")
	c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "off", "password", "no").
		want(t, 400, "invalid_grant", "Account disabled")
	c.post(finventiToken, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id", "sti-client", "client_secret", "s3cr3t-sti").
		want(t, 400, "unsupported_grant_type", "Unsupported grant_type")
}

func TestBruteForce_locksTheUser(t *testing.T) {
	c := start(t, sandbox.WithBruteForce(3, time.Minute))
	wrong := func() reply {
		return c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "no")
	}
	wrong()
	wrong()
	if r := c.login(); r.status != http.StatusOK {
		t.Fatalf("two failures lock: %d %s", r.status, r.body)
	}
	for range 3 {
		wrong()
	}
	c.login().want(t, 400, "invalid_grant", "Invalid user credentials")
	c.clock.Advance(time.Minute)
	if r := c.login(); r.status != http.StatusOK {
		t.Errorf("still locked: %d %s", r.status, r.body)
	}
}

func TestKeycloak_servesNothingElse(t *testing.T) {
	c := start(t)
	for path, want := range map[string]string{
		"/finventi/auth/nothing":                                        `{"error":"Unable to find matching target resource method"}`,
		"/onefinops/login/v1/einvoices/generate":                        `{"error":"Unable to find matching target resource method"}`,
		"/onefinops/api/realms/onefinops/protocol/openid-connect/token": `"object":"error","code":"not_found"`,
		"/fincalc/nothing":                                              `{"success":false,"message":"Not Found"}`,
	} {
		if r := c.post(path); r.status != http.StatusNotFound || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	for path, allow := range map[string]string{finventiToken: "", fincalcToken: "POST", whoAmI: "GET"} {
		if r := c.do(c.request(http.MethodDelete, path, "")); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != allow || r.json == nil {
			t.Errorf("%s: %d Allow %q %s", path, r.status, r.header.Get("Allow"), r.body)
		}
	}
}

func TestServer_refusesLargeBodies(t *testing.T) {
	c := start(t)
	for path, want := range map[string]string{
		finventiToken: `{"error":"Request entity too large"}`,
		fincalcToken:  `{"success":false,"message":{"description":"Request entity too large"}}`,
		generateLive:  `{"object":"error","code":"request_entity_too_large","message":"Request entity too large","httpStatus":413,`,
	} {
		if r := c.post(path, "grant_type", strings.Repeat("x", 1<<20)); r.status != http.StatusRequestEntityTooLarge || !strings.HasPrefix(r.body, want) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
