package finventi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func TestEnvironmentPicksTheHosts(t *testing.T) {
	for _, tt := range []struct {
		environment     Environment
		authURL, apiURL string
	}{
		{"", finventigen.SandboxAuthURL, finventigen.SandboxAPIURL},
		{Sandbox, finventigen.SandboxAuthURL, finventigen.SandboxAPIURL},
		{Production, finventigen.ProductionAuthURL, ""},
	} {
		c := suite.Documented(t, "")
		c.Environment = tt.environment
		if got := c.APIBaseURL(); got != tt.apiURL {
			t.Errorf("%q: the API is at %q, want %q", tt.environment, got, tt.apiURL)
		}
		asked := ""
		client := vendortest.RoundTrip(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return vendortest.Stub(http.StatusServiceUnavailable, "").Transport.RoundTrip(r)
		})
		_, err := suite.Grant(t, c).ClientCredentials(vendortest.With(t, &http.Client{Transport: client}))
		vendortest.WantFailure(t, err, "finventi", "client_credentials grant", auth.ErrUnavailable, "")
		if !strings.HasPrefix(asked, tt.authURL+"/") {
			t.Errorf("%q: the request went to %s, want %s", tt.environment, asked, tt.authURL)
		}
	}
}

func TestEnvironmentVariableMayHaveCapitals(t *testing.T) {
	vendortest.Setenv(t, "FINVENTI_", map[string]string{"FINVENTI_CLIENT_ID": "a", "FINVENTI_CLIENT_SECRET": "s", "FINVENTI_ENVIRONMENT": "Production"})
	if c, err := ConfigFromEnv(); err != nil || c.Environment != Production {
		t.Errorf("environment %q, %v", c.Environment, err)
	}
}

func TestBlankRealmIsTheDefaultOne(t *testing.T) {
	c := suite.Documented(t, "")
	c.Realm = " "
	if g := suite.Grant(t, c); g.settings.Realm != DefaultRealm {
		t.Errorf("realm %q, want %q", g.settings.Realm, DefaultRealm)
	}
}
