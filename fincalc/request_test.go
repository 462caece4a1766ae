package fincalc

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func documented(authURL string) Config {
	return Config{ClientID: "12345", ClientSecret: auth.NewSecret("bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7"), Scope: "api_scope",
		EmailAddress: "hello@example.com", AuthURL: authURL}
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

// The body is written in the order of the vendor's page by a type of this package; the generated model has to
// have the same members.
func TestRequestFitsTheGeneratedModel(t *testing.T) {
	for _, id := range []string{"12345", "my-client"} {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL)
		c.ClientID = id
		if _, err := newGrant(t, c).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := vendor.Only(t).Body
		var model fincalcgen.TokenRequest
		dec := json.NewDecoder(strings.NewReader(sent))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&model); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal([]byte(sent), &got) != nil || json.Unmarshal(again, &want) != nil {
			t.Fatal("not JSON")
		}
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		if !bytes.Equal(g, w) {
			t.Errorf("sent %s, the model says %s", g, w)
		}
	}
}

func TestClientIDGoesOutAsNumberOrString(t *testing.T) {
	for id, want := range map[string]string{
		"12345":                          `12345`,
		"0":                              `0`,
		"007":                            `"007"`,
		"00":                             `"00"`,
		"123456789012345678901234567890": `123456789012345678901234567890`,
		"9007199254740993":               `9007199254740993`,
		"my-client":                      `"my-client"`,
		"-5":                             `"-5"`,
		"1e5":                            `"1e5"`,
		"１２":                             `"１２"`,
		`a"b`:                            `"a\"b"`,
	} {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL)
		c.ClientID = id
		if _, err := newGrant(t, c).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		var body map[string]json.RawMessage
		if err := json.Unmarshal([]byte(vendor.Only(t).Body), &body); err != nil {
			t.Fatal(err)
		}
		if string(body["client_id"]) != want {
			t.Errorf("%q went out as %s, want %s", id, body["client_id"], want)
		}
	}
}

func TestBehaviour25SecretScopeAndAddressArriveUnchanged(t *testing.T) {
	for _, secret := range vendortest.OddSecrets {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		c := documented(vendor.URL)
		c.ClientSecret, c.Scope, c.EmailAddress = auth.NewSecret(secret), "fact-find client-financials", `o'neil+"x"&<y>@example.com`
		if _, err := newGrant(t, c).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(vendor.Only(t).Body), &body); err != nil {
			t.Fatal(err)
		}
		if body["client_secret"] != secret || body["scope"] != c.Scope || body["email_address"] != c.EmailAddress {
			t.Errorf("%q arrived as %q, with %q and %q", secret, body["client_secret"], body["scope"], body["email_address"])
		}
	}
}

func TestBehaviour26BasePathAndTrailingSlashOfAuthURLAreKept(t *testing.T) {
	for base, want := range map[string]string{"": "", "/": "", "/gateway": "/gateway", "/gateway/": "/gateway", "/a/b%2Fc/": "/a/b%2Fc"} {
		vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
		if _, err := newGrant(t, documented(vendor.URL+base)).ClientCredentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := vendor.Only(t).Path, want+"/api/oauth/token"; got != want {
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
	if !strings.HasPrefix(token.AccessToken.Reveal(), "eyJhbGciOiAiSFMyNTYi") || strings.Join(token.Scope, " ") != "api_scope" {
		t.Errorf("got %q with scope %q", token.AccessToken.Reveal(), token.Scope)
	}
	if d := token.Expiry.Sub(before); d < 86399*time.Second || d > 86401*time.Second {
		t.Errorf("expires in %s, want 24 h", d)
	}
}

func TestTokenEndpointAloneIsRefusedWhereTheHostIsShared(t *testing.T) {
	source, err := NewTokenSource(documented(""), auth.WithHTTPClient(vendortest.Stub(200, vendortest.ReadFile(t, "response.json"))))
	if err != nil {
		t.Fatal(err)
	}
	for u, hint := range map[string]string{
		"https://api.fincalc.co.uk/api/v2/clients":        "",
		"https://api.fincalc.co.uk/api/oauth/token":       "this is the token endpoint",
		"https://api.fincalc.co.uk/api/v2/../oauth/token": "this is the token endpoint",
		"https://evil.test/api/v2/clients":                "call the API's own host",
	} {
		req, _ := http.NewRequest("GET", u, nil)
		vendortest.WantHost(t, source.Authorize(t.Context(), req), hint)
	}
}

func TestSecretThatJSONCannotCarryIsRefused(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, vendortest.ReadFile(t, "response.json")))
	c := documented(vendor.URL)
	c.ClientSecret, c.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret("a\xffb"))
	_, err := newGrant(t, c).ClientCredentials(t.Context())
	vendortest.WantFields(t, err, "fincalc", []string{"ClientSecret FINCALC_CLIENT_SECRET"})
	if n := len(vendor.Requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}
