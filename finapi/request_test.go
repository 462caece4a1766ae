package finapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func documented(authURL string) Config {
	return Config{Mandator: "customer", Username: "<username>", Password: auth.NewSecret("<user password>"), AuthURL: authURL}
}

func newGrant(t *testing.T, c Config) *Grant {
	t.Helper()
	g, err := NewGrant(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBehaviour24RequestsAreTheDocumentedOnes(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	g := newGrant(t, documented(vendor.URL))
	token, err := g.Password(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	vendortest.Golden(t, "password.golden", vendor.Only(t))
	if _, err := g.Refresh(t.Context(), token.RefreshToken); err != nil {
		t.Fatal(err)
	}
	vendortest.Golden(t, "refresh.golden", vendor.Requests()[1])
}

func TestBehaviour26MandatorAndBasePathReachTheURL(t *testing.T) {
	for base, want := range map[string]string{"": "", "/": "", "/gateway": "/gateway", "/gateway/": "/gateway", "/a/b%2Fc/": "/a/b%2Fc"} {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL + base)
		c.Mandator = "Bank_1.de-x"
		if _, err := newGrant(t, c).Password(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := vendor.Only(t).Path, want+"/realms/Bank_1.de-x/protocol/openid-connect/token"; got != want {
			t.Errorf("path %s, want %s", got, want)
		}
	}
}

func TestDocumentedResponseIsUnderstood(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	g := newGrant(t, documented(vendor.URL))
	before := time.Now()
	token, err := g.Password(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken.Reveal() != "eyJhbGciOiJSUzI1NiIsInR5cCIgOiAiSldUIiwia2lkf6Hk4speaF..." ||
		token.RefreshToken.Reveal() != "eyJhbGciOiJIUzUxMiIsInR5cCIgOiAiSldUIiwia2lkIiA6ICI5N..." ||
		strings.Join(token.Scope, ",") != "xs2a_mock:user,profile" || token.SessionState != "4a273b32-cc81-bbb3-bbc3-636d2c0d759d" {
		t.Errorf("got %q %q %q %q", token.AccessToken.Reveal(), token.RefreshToken.Reveal(), token.Scope, token.SessionState)
	}
	if d := token.Expiry.Sub(before); d < 899*time.Second || d > 901*time.Second {
		t.Errorf("expires in %s, want 900 s", d)
	}
	if d := token.RefreshExpiry.Sub(before); d < 1799*time.Second || d > 1801*time.Second {
		t.Errorf("the refresh token expires in %s, want 1800 s", d)
	}
	if token.MandatorName != "finAPI Demobank" || token.MandatorUUID != "044ab580-XXXXXXXXXXXXX-991e324704b7" ||
		token.IsTestMandator || token.IsTechnicalUser || token.Err() != nil {
		t.Errorf("got %v, %v", token, token.Err())
	}
	raw, err := g.RequestToken(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again := TokenOf(raw); again.MandatorName != token.MandatorName || again.Err() != nil {
		t.Errorf("got %v, %v", again, again.Err())
	}
	if raw.Extra("not-before-policy") != 0.0 || raw.Extra("access_token") != nil || raw.Extra("refresh_token") != nil {
		t.Error("the extras are not the other members")
	}
}

func TestBehaviour25PasswordAndRefreshTokenArriveUnchanged(t *testing.T) {
	for _, secret := range vendortest.OddSecrets {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL)
		c.Password = auth.NewSecret(secret)
		c.Username = `jürgen+"x"&y=z%41@bank.example`
		g := newGrant(t, c)
		if _, err := g.Password(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Refresh(t.Context(), auth.NewSecret(secret)); err != nil {
			t.Fatal(err)
		}
		password, err1 := url.ParseQuery(vendor.Requests()[0].Body)
		refresh, err2 := url.ParseQuery(vendor.Requests()[1].Body)
		if err1 != nil || err2 != nil || password.Get("password") != secret || password.Get("username") != c.Username ||
			refresh.Get("refresh_token") != secret || len(password) != 4 || len(refresh) != 3 {
			t.Errorf("%q arrived as %q and %q", secret, password, refresh)
		}
	}
}

func TestRefreshWithoutATokenSendsNothing(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	_, err := newGrant(t, documented(vendor.URL)).Refresh(t.Context(), auth.NewSecret(" "))
	vendortest.WantFailure(t, err, "finapi", "refresh_token grant", auth.ErrInvalidConfig, "nothing was sent")
	if n := len(vendor.Requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

func TestNoHostGetsTheTokenBeforeOneIsNamed(t *testing.T) {
	client := auth.WithHTTPClient(vendortest.Stub(200, vendortest.ReadFile(t, "response.json")))
	for _, tt := range []struct {
		apiURL string
		option auth.Option
		url    string
		hint   string
	}{
		{"", nil, "https://demobank.example/x", "set APIURL (FINAPI_API_URL)"},
		{"", nil, "https://keycloak-finapi-general-live.finapi.io/realms/customer/protocol/openid-connect/token", "this is the token endpoint"},
		{"", auth.WithAPIHosts("demobank.example"), "https://demobank.example/x", ""},
		{"https://demobank.example/api/", nil, "https://demobank.example/x", ""},
		{"https://demobank.example", nil, "https://keycloak-finapi-general-live.finapi.io/anything", "the API is at https://demobank.example/"},
	} {
		c := documented("")
		c.APIURL = tt.apiURL
		source, err := NewTokenSource(c, client, tt.option)
		if err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequest("GET", tt.url, nil)
		vendortest.WantHost(t, source.Authorize(t.Context(), req), tt.hint)
	}
}
