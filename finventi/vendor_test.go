package finventi

import (
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "finventi",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).ClientCredentials,
	Optional:       Config{Product: Payments, Environment: Production, Realm: "tenant"},
	Refused: []vendortest.Refused[Config]{
		{Name: "unknown environment", Change: func(c *Config) { c.Environment = "staging-secret" }, Fields: []string{"Environment"}},
		{Name: "unknown product", Change: func(c *Config) { c.Product = "ledger-secret" }, Fields: []string{"Product"}},
		{Name: "everything with an environment and a realm", Change: func(c *Config) {
			*c = Config{Product: "w", Environment: "x", Realm: "../..", AuthURL: "ftp://y", APIURL: "http://z.test"}
		}, Fields: []string{"Product", "ClientID", "ClientSecret", "Environment", "Realm", "AuthURL", "APIURL"}},
	},
	Failures: []vendortest.Failure[Config]{
		{Name: "wrong secret", Answer: vendortest.Answer(401, `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`),
			Kind: auth.ErrInvalidCredentials, Hint: "has not been rotated"},
		{Name: "empty 403", Answer: vendortest.Answer(403, ""), Kind: auth.ErrInvalidCredentials, Hint: "whitelisted IP addresses"},
		{Name: "HTML 403", Answer: vendortest.Answer(403, "<html>blocked</html>"), Kind: auth.ErrInvalidCredentials, Hint: "whitelisted IP addresses"},
		{Name: "disabled realm", Answer: vendortest.Answer(403, `{"error":"access_denied","error_description":"Realm not enabled"}`),
			Kind: auth.ErrInvalidCredentials, Hint: "check ClientID, Realm"},
		{Name: "unknown realm", Answer: vendortest.Answer(404, `{"error":"Realm does not exist"}`), Kind: auth.ErrInvalidConfig, Hint: "check Realm"},
	},
	Hosts: []vendortest.Host[Config]{
		{URL: "https://api.finventi.example/v1/x", Change: production, Refused: "set APIURL (FINVENTI_API_URL)"},
		{URL: finventigen.SandboxPaymentsAPIURL + "/x", Change: func(c *Config) { c.Product = Payments }},
		{URL: finventigen.SandboxPaymentsAPIURL + "/x", Refused: "is not one of the API's hosts (" + strings.Split(finventigen.SandboxRRCAPIURL, "/")[2] + ")"},
	},
}

func production(c *Config) { c.Environment = Production }

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }

func FuzzRealm(f *testing.F) { vendortest.FuzzSegment(f, suite) }
