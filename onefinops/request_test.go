package onefinops

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func documented(authURL string) Config {
	return Config{ClientID: "ofin_test_<your-client-id>", ClientSecret: auth.NewSecret("<your-client-secret>"), AuthURL: authURL}
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

func TestBehaviour26BasePathAndTrailingSlashOfAuthURLAreKept(t *testing.T) {
	for base, want := range map[string]string{
		"":                "",
		"/":               "",
		"/gateway":        "/gateway",
		"/gateway/":       "/gateway",
		"/a/b%2Fc/":       "/a/b%2Fc",
		"/gateway//twice": "/gateway/twice",
	} {
		t.Run(base, func(t *testing.T) {
			vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
			if _, err := newGrant(t, documented(vendor.URL+base)).ClientCredentials(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := vendor.Only(t).Path, want+"/realms/onefinops/protocol/openid-connect/token"; got != want {
				t.Errorf("path %s, want %s", got, want)
			}
		})
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
	if token.AccessToken.Reveal() != "eyJhbGciOi..." || strings.Join(token.Scope, " ") != "onefinops.api" {
		t.Errorf("got %q with scope %q", token.AccessToken.Reveal(), token.Scope)
	}
	if d := token.Expiry.Sub(before); d < 899*time.Second || d > 901*time.Second {
		t.Errorf("expires in %s, want 900 s", d)
	}
}

func TestNoScopeParameterIsEverSent(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	if _, err := newGrant(t, documented(vendor.URL)).ClientCredentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(vendor.Only(t).Body)
	if err != nil || len(form) != 3 || form.Has("scope") {
		t.Errorf("form %v, %v", form, err)
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
		if err != nil || form.Get("client_secret") != secret {
			t.Errorf("%q arrived as %q, %v", secret, form.Get("client_secret"), err)
		}
	}
}

func TestSourceSendsTheTokenToItsEnvironmentOnly(t *testing.T) {
	tests := []struct{ clientID, url, hint string }{
		{"ofin_live_a", "https://api.in.onefinops.com/v1/einvoices/generate", ""},
		{"ofin_test_a", "https://sandbox-api.in.onefinops.com/v1/einvoices/generate", ""},
		{"ofin_live_a", "https://sandbox-api.in.onefinops.com/v1/einvoices/generate", "this is the sandbox API, and the client id has prefix ofin_live_"},
		{"ofin_test_a", "https://api.in.onefinops.com/v1/einvoices/generate", "this is the production API, and the client id has prefix ofin_test_"},
		{"ofin_test_a", "https://login.onefinops.com/v1/einvoices/generate", "this is the token endpoint"},
		{"ofin_test_a", "https://evil.test/", "call the API's own host"},
		{"ofin_test_a", "http://sandbox-api.in.onefinops.com/", "use https"},
	}
	for _, tt := range tests {
		t.Run(tt.clientID+" "+tt.url, func(t *testing.T) {
			vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
			source, err := NewTokenSource(Config{ClientID: tt.clientID, ClientSecret: auth.NewSecret("s"), AuthURL: vendor.URL})
			if tt.hint == "this is the token endpoint" {
				source, err = NewTokenSource(Config{ClientID: tt.clientID, ClientSecret: auth.NewSecret("s")})
			}
			if err != nil {
				t.Fatal(err)
			}
			req, _ := http.NewRequest("GET", tt.url, nil)
			err = source.Authorize(t.Context(), req)
			vendortest.WantHost(t, err, tt.hint)
			if (err == nil) != (req.Header.Get("Authorization") != "") {
				t.Errorf("header %v with error %v", req.Header, err)
			}
		})
	}
}

func TestSameOriginRefusesTheTokenEndpointAlone(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	c := documented(vendor.URL + "/gw")
	c.APIURL = vendor.URL + "/gw"
	source, err := NewTokenSource(c)
	if err != nil {
		t.Fatal(err)
	}
	for path, hint := range map[string]string{
		"/gw/v1/ok": "",
		"/gw/realms/onefinops/protocol/openid-connect/token":   "this is the token endpoint",
		"/gw/realms/onefinops/protocol/openid-connect/token/x": "this is the token endpoint",
	} {
		req, _ := http.NewRequest("GET", vendor.URL+path, nil)
		vendortest.WantHost(t, source.Authorize(t.Context(), req), hint)
	}
}

func TestUserOptionsComeAfterThePackagesOwn(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	source, err := NewTokenSource(documented(vendor.URL), auth.WithAPIHosts("gateway.example"))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"https://gateway.example/x", "https://sandbox-api.in.onefinops.com/x"} {
		req, _ := http.NewRequest("GET", u, nil)
		vendortest.WantHost(t, source.Authorize(t.Context(), req), "")
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		clientID string
		answer   http.HandlerFunc
		kind     error
		hint     string
	}{
		"wrong secret, live": {"ofin_live_a", vendortest.Answer(401, `{"error":"unauthorized_client"}`), auth.ErrInvalidCredentials, "Developer hub, Live tab; after a rotation the old secret works for 24 hours only"},
		"wrong secret, test": {"ofin_test_a", vendortest.Answer(401, `{"error":"invalid_client"}`), auth.ErrInvalidCredentials, "Developer hub, Sandbox tab"},
		"empty 403":          {"ofin_test_a", vendortest.Answer(403, ""), auth.ErrInvalidCredentials, "Developer hub, Sandbox tab"},
		"rate limit":         {"ofin_live_a", vendortest.Answer(429, ""), auth.ErrRateLimited, "tokens are minted too often"},
		"wrong AuthURL":      {"ofin_live_a", vendortest.Answer(404, "404 page not found"), auth.ErrInvalidConfig, "check AuthURL"},
		"scope":              {"ofin_live_a", vendortest.Answer(400, `{"error":"invalid_scope"}`), auth.ErrInvalidConfig, "compare the configuration"},
		"down":               {"ofin_live_a", vendortest.Answer(503, "<html>"), auth.ErrUnavailable, "usually transient"},
	} {
		t.Run(name, func(t *testing.T) {
			vendor := vendortest.New(t, tt.answer)
			c := documented(vendor.URL)
			c.ClientID = tt.clientID
			_, err := newGrant(t, c).ClientCredentials(t.Context())
			vendortest.WantFailure(t, err, "onefinops", "client_credentials grant", tt.kind, tt.hint)
		})
	}
}

func TestConcurrentUseOfOneGrant(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	g := newGrant(t, documented(vendor.URL))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := g.ClientCredentials(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
