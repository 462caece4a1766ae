package onefinops

import (
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "onefinops",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).ClientCredentials,
	Refused: []vendortest.Refused[Config]{
		{Name: "secret as client id", Change: clientID("geheim-s3cret"), Fields: []string{"ClientID"}},
		{Name: "prefix alone", Change: clientID("ofin_live_"), Fields: []string{"ClientID"}},
		{Name: "prefix in capitals", Change: clientID("OFIN_LIVE_a"), Fields: []string{"ClientID"}},
		{Name: "unknown prefix", Change: clientID("ofin_stage_a"), Fields: []string{"ClientID"}},
		{Name: "sandbox API with a live client", Change: func(c *Config) { c.ClientID, c.APIURL = live, onefinopsgen.SandboxAPIURL }, Fields: []string{"APIURL"}},
		{Name: "production API with a test client", Change: func(c *Config) { c.ClientID, c.APIURL = test, onefinopsgen.ProductionAPIURL+"/" }, Fields: []string{"APIURL"}},
		{Name: "other API in capitals", Change: func(c *Config) {
			c.ClientID, c.APIURL = live, capitals(onefinopsgen.SandboxAPIURL)+".:443/v1"
		}, Fields: []string{"APIURL"}},
	},
	Failures: []vendortest.Failure[Config]{
		{Name: "wrong secret, live", Change: clientID(live), Answer: vendortest.Answer(401, `{"error":"unauthorized_client"}`),
			Kind: auth.ErrInvalidCredentials, Hint: "Developer hub, Live tab; after a rotation the old secret works for 24 hours only"},
		{Name: "wrong secret, test", Change: clientID(test), Answer: vendortest.Answer(401, `{"error":"invalid_client"}`),
			Kind: auth.ErrInvalidCredentials, Hint: "Developer hub, Sandbox tab"},
		{Name: "empty 403", Change: clientID(test), Answer: vendortest.Answer(403, ""), Kind: auth.ErrInvalidCredentials, Hint: "Developer hub, Sandbox tab"},
		{Name: "rate limit", Answer: vendortest.Answer(429, ""), Kind: auth.ErrRateLimited, Hint: "tokens are minted too often"},
		{Name: "wrong AuthURL", Answer: vendortest.Answer(404, "404 page not found"), Kind: auth.ErrInvalidConfig, Hint: "check AuthURL"},
		{Name: "scope", Answer: vendortest.Answer(400, `{"error":"invalid_scope"}`), Kind: auth.ErrInvalidConfig, Hint: "compare the configuration"},
		{Name: "outage", Answer: vendortest.Answer(503, "<html>"), Kind: auth.ErrUnavailable, Hint: "usually transient"},
	},
	Hosts: []vendortest.Host[Config]{
		{URL: onefinopsgen.ProductionAPIURL + "/x", Change: clientID(live)},
		{URL: onefinopsgen.SandboxAPIURL + "/x", Change: clientID(test)},
		{URL: onefinopsgen.SandboxAPIURL + "/x", Change: clientID(live), Refused: "this is the sandbox API, and the client id has prefix ofin_live_"},
		{URL: onefinopsgen.ProductionAPIURL + "/x", Change: clientID(test), Refused: "this is the production API, and the client id has prefix ofin_test_"},
	},
}

// The clients of the two environments.
const (
	live = "ofin_live_a"
	test = "ofin_test_a"
)

func clientID(id string) func(*Config) { return func(c *Config) { c.ClientID = id } }

// capitals writes a URL's host in capitals.
func capitals(url string) string {
	scheme, host, _ := strings.Cut(url, "://")
	return scheme + "://" + strings.ToUpper(host)
}

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }

func TestEnvironmentFollowsFromThePrefix(t *testing.T) {
	for id, want := range map[string]struct {
		environment Environment
		apiURL      string
	}{
		live:         {Production, onefinopsgen.ProductionAPIURL},
		test:         {Sandbox, onefinopsgen.SandboxAPIURL},
		"ofin_live_": {}, "live": {}, "": {},
	} {
		c := Config{ClientID: id}
		if got := c.Environment(); got != want.environment || got.APIURL() != want.apiURL || c.APIBaseURL() != want.apiURL {
			t.Errorf("%q: environment %q with %q, APIBaseURL %q, want %v", id, got, got.APIURL(), c.APIBaseURL(), want)
		}
	}
}
