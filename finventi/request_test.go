package finventi

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func documented(authURL string) Config {
	return Config{ClientID: "<your-client-id>", ClientSecret: auth.NewSecret("<your-client-secret>"), AuthURL: authURL}
}

func newGrant(t *testing.T, c Config) *Grant {
	t.Helper()
	g, err := NewGrant(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBehaviour24RequestIsTheDocumentedOne(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	if _, err := newGrant(t, documented(vendor.URL)).ClientCredentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	vendortest.Golden(t, "request.golden", vendor.Only(t))
}

func TestBehaviour26RealmAndBasePathReachTheURL(t *testing.T) {
	tests := []struct{ base, realm, want string }{
		{"", "", "/realms/sti-connector"},
		{"/", " ", "/realms/sti-connector"},
		{"/gateway", "", "/gateway/realms/sti-connector"},
		{"/gateway/", "Tenant_1.a-b", "/gateway/realms/Tenant_1.a-b"},
		{"/a/b%2Fc/", "0e1a7e0c-6a52-4a39-b6a1-9c8a6b1c0000", "/a/b%2Fc/realms/0e1a7e0c-6a52-4a39-b6a1-9c8a6b1c0000"},
	}
	for _, tt := range tests {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL + tt.base)
		c.Realm = tt.realm
		if _, err := newGrant(t, c).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := vendor.Only(t).Path, tt.want+"/protocol/openid-connect/token"; got != want {
			t.Errorf("path %s, want %s", got, want)
		}
	}
}

func TestDocumentedResponseIsUnderstood(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	g := newGrant(t, documented(vendor.URL))
	before := time.Now()
	token, err := g.ClientCredentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken.Reveal() != "eyJhbGciOiJSUzI1NiIsInR5cCIgOiAiSldUIiwia2lkIiA6IC..." || strings.Join(token.Scope, " ") != "profile email" {
		t.Errorf("got %q with scope %q", token.AccessToken.Reveal(), token.Scope)
	}
	if d := token.Expiry.Sub(before); d < 2699*time.Second || d > 2701*time.Second {
		t.Errorf("expires in %s, want 2700 s", d)
	}
	raw, err := g.RequestToken(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if raw.Extra("not-before-policy") != 0.0 || raw.Extra("refresh_expires_in") != 0.0 || raw.Extra("scope") != "profile email" || raw.RefreshToken != "" {
		t.Errorf("members lost: %v %v %v", raw.Extra("not-before-policy"), raw.Extra("refresh_expires_in"), raw.Extra("scope"))
	}
}

func TestBehaviour25SecretArrivesUnchanged(t *testing.T) {
	for _, secret := range vendortest.OddSecrets {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL)
		c.ClientSecret = auth.NewSecret(secret)
		if _, err := newGrant(t, c).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		form, err := url.ParseQuery(vendor.Only(t).Body)
		if err != nil || form.Get("client_secret") != secret || len(form) != 3 {
			t.Errorf("%q arrived as %q, %v", secret, form.Get("client_secret"), err)
		}
	}
}

func TestEnvironmentPicksTheHosts(t *testing.T) {
	tests := []struct {
		environment Environment
		authURL     string
		api, hint   string
	}{
		{"", "https://auth.sandbox.finventi.com/", "https://api.vop-sandbox.finventi.com/v1/accounts/payee-verification", ""},
		{Sandbox, "https://auth.sandbox.finventi.com/", "https://auth.sandbox.finventi.com/v1/x", "this is the token endpoint"},
		{Production, "https://auth.finventi.com/", "https://api.finventi.com/v1/x", "set APIURL (FINVENTI_API_URL)"},
		{Production, "https://auth.finventi.com/", "https://auth.finventi.com/realms/sti-connector/protocol/openid-connect/token", "this is the token endpoint"},
	}
	for _, tt := range tests {
		c := Config{ClientID: "a", ClientSecret: auth.NewSecret("b"), Environment: tt.environment}
		g := newGrant(t, c)
		if g.settings.authURL != tt.authURL {
			t.Errorf("%q: AuthURL %s, want %s", tt.environment, g.settings.authURL, tt.authURL)
		}
		source, err := NewTokenSource(c, auth.WithHTTPClient(vendortest.Stub(200, vendortest.ReadFile(t, "response.json"))))
		if err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("POST", tt.api, nil)
		vendortest.WantHost(t, source.Authorize(t.Context(), req), tt.hint)
	}
}

func TestProductionGetsAHostByOption(t *testing.T) {
	source, err := NewTokenSource(Config{ClientID: "a", ClientSecret: auth.NewSecret("b"), Environment: Production}, auth.WithAPIHosts("api.finventi.example"),
		auth.WithHTTPClient(vendortest.Stub(200, vendortest.ReadFile(t, "response.json"))))
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequest("POST", "https://api.finventi.example/v1/x", nil)
	vendortest.WantHost(t, source.Authorize(t.Context(), req), "")
}

func TestFailuresSayWhatToDo(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   error
		hint   string
	}{
		{"wrong secret", vendortest.Answer(401, `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`), auth.ErrInvalidCredentials, "has not been rotated"},
		{"empty 403", vendortest.Answer(403, ""), auth.ErrInvalidCredentials, "whitelisted IP addresses"},
		{"HTML 403", vendortest.Answer(403, "<html>blocked</html>"), auth.ErrInvalidCredentials, "whitelisted IP addresses"},
		{"realm is off", vendortest.Answer(403, `{"error":"access_denied","error_description":"Realm not enabled"}`), auth.ErrInvalidCredentials, "check ClientID, Realm"},
		{"unknown realm", vendortest.Answer(404, `{"error":"Realm does not exist"}`), auth.ErrInvalidConfig, "check Realm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vendor := vendortest.New(t, tt.answer)
			_, err := newGrant(t, documented(vendor.URL)).ClientCredentials(t.Context())
			vendortest.WantFailure(t, err, "finventi", "client_credentials grant", tt.kind, tt.hint)
		})
	}
}

func TestBrokenConnectionsHintAtTheWhitelist(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := httptest.NewTLSServer(nil)
	defer untrusted.Close()
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	cut := vendortest.New(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	unresolved := vendortest.With(t, &http.Client{Transport: vendortest.RoundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "auth.example", IsNotFound: true}}
	})})
	for name, tt := range map[string]struct {
		ctx       context.Context
		url, hint string
	}{
		"cut":             {t.Context(), cut.URL, "whitelisted IP addresses"},
		"refused":         {t.Context(), closed.URL, "whitelisted IP addresses"},
		"the certificate": {t.Context(), untrusted.URL, "CA certificates"},
		"DNS":             {unresolved, "https://auth.example", "DNS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newGrant(t, documented(tt.url)).ClientCredentials(tt.ctx)
			vendortest.WantFailure(t, err, "finventi", "client_credentials grant", auth.ErrUnavailable, tt.hint)
		})
	}
}

func TestTimeoutHintsAtTheWhitelist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGrant(t, documented("https://auth.example"))
		_, err := g.ClientCredentials(vendortest.With(t, vendortest.Silent()))
		vendortest.WantFailure(t, err, "finventi", "client_credentials grant", auth.ErrUnavailable, "whitelisted IP addresses")
	})
}
