package fincalc

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "fincalc",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).ClientCredentials,
	Odd:            Config{Scope: "fact-find client-financials", EmailAddress: `o'neil+"x"&<y>@example.com`},
	Refused: []vendortest.Refused[Config]{
		{Name: "secret that JSON cannot carry", Change: func(c *Config) { c.ClientSecret = auth.NewSecret("a\xff") }, Fields: []string{"ClientSecret"}},
		{Name: "address without @", Change: address("hello.example.com"), Fields: []string{"EmailAddress"}},
		{Name: "address with two @", Change: address("a@b@example.com"), Fields: []string{"EmailAddress"}},
		{Name: "address without user", Change: address("@example.com"), Fields: []string{"EmailAddress"}},
		{Name: "address without host", Change: address("hello@"), Fields: []string{"EmailAddress"}},
		{Name: "address with a space", Change: address("hello you@example.com"), Fields: []string{"EmailAddress"}},
		{Name: "address with a control character", Change: address("hello\x00@example.com"), Fields: []string{"EmailAddress"}},
	},
	Answers: []string{`{"success":false,"message":"no"}`, `{"success":"false","message":{"description":"s3cr3t&val=ue"}}`,
		`{"success":true,"data":null}`, `{"success":1,"data":{"access_token":"a","expires_in":"9"}}`},
}

func address(a string) func(*Config) { return func(c *Config) { c.EmailAddress = a } }

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }

// FinCalc did not read the request, so a hint about Scope and EmailAddress would mislead.
func TestPlainHTTPToATLSServerIsNoAnswerOfFinCalc(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(400, "Client sent an HTTP request to an HTTPS server.\n"))
	_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).ClientCredentials(t.Context())
	vendortest.WantFailure(t, err, "fincalc", "client_credentials grant", auth.ErrInvalidConfig, "speaks https, but AuthURL says http")
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
		vendor := vendortest.New(t, vendortest.Answer(200, `{"access_token":"abc","expires_in":60}`))
		c := suite.Documented(t, vendor.URL)
		c.ClientID = id
		if _, err := suite.Grant(t, c).ClientCredentials(t.Context()); err != nil {
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

func TestSecretThatJSONCannotCarryIsNotSent(t *testing.T) {
	c := suite.Documented(t, "")
	c.ClientSecret, c.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret("a\xffb"))
	client := vendortest.RoundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a request went out")
		return nil, http.ErrHandlerTimeout
	})
	_, err := suite.Grant(t, c).ClientCredentials(vendortest.With(t, &http.Client{Transport: client}))
	vendortest.WantFields(t, err, "fincalc", []string{"ClientSecret FINCALC_CLIENT_SECRET"})
}
