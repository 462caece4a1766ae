package finventi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func TestProductAndEnvironmentPickTheHosts(t *testing.T) {
	for _, tt := range []struct {
		product         Product
		environment     Environment
		authURL, apiURL string
	}{
		{"", "", finventigen.SandboxAuthURL, finventigen.SandboxRRCAPIURL},
		{RRC, Sandbox, finventigen.SandboxAuthURL, finventigen.SandboxRRCAPIURL},
		{RRC, Production, finventigen.ProductionAuthURL, ""},
		{VerificationOfPayee, "", finventigen.SandboxAuthURL, finventigen.SandboxVerificationOfPayeeAPIURL},
		{VerificationOfPayee, Production, finventigen.ProductionAuthURL, ""},
		{Payments, Sandbox, finventigen.SandboxAuthURL, finventigen.SandboxPaymentsAPIURL},
		{Payments, Production, finventigen.ProductionAuthURL, finventigen.ProductionPaymentsAPIURL},
	} {
		c := suite.Documented(t, "")
		c.Product, c.Environment = tt.product, tt.environment
		if got := c.APIBaseURL(); got != tt.apiURL {
			t.Errorf("%q, %q: the API is at %q, want %q", tt.product, tt.environment, got, tt.apiURL)
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

func TestVariablesMayHaveCapitals(t *testing.T) {
	vendortest.Setenv(t, "FINVENTI_", map[string]string{"FINVENTI_REALM": "tenant", "FINVENTI_CLIENT_SECRET": "s",
		"FINVENTI_PRODUCT": "Verification-of-Payee", "FINVENTI_ENVIRONMENT": "Production"})
	if c, err := ConfigFromEnv(); err != nil || c.Environment != Production || c.Product != VerificationOfPayee {
		t.Errorf("product %q, environment %q, %v", c.Product, c.Environment, err)
	}
}

func TestProductPicksRealmAndClientID(t *testing.T) {
	given := Config{ClientID: "my-client", Realm: "tenant"}
	for _, tt := range []struct {
		c               Config
		clientID, realm string
		missing         []string
	}{
		{c: Config{ClientID: "my-client"}, clientID: "my-client", realm: "sti-connector"},
		{c: Config{ClientID: "my-client", Realm: " "}, clientID: "my-client", realm: "sti-connector"},
		{c: Config{}, missing: []string{"ClientID FINVENTI_CLIENT_ID"}},
		{c: Config{Product: VerificationOfPayee, Realm: "tenant"}, clientID: "api-vop-client", realm: "tenant"},
		{c: Config{Product: VerificationOfPayee}, missing: []string{"Realm FINVENTI_REALM"}},
		{c: Config{Product: Payments, Realm: "tenant"}, clientID: "api-sepa-gateway-client", realm: "tenant"},
		{c: Config{Product: Payments}, missing: []string{"Realm FINVENTI_REALM"}},
		{c: given, clientID: "my-client", realm: "tenant"},
		{c: Config{Product: Payments, ClientID: "my-client", Realm: "tenant"}, clientID: "my-client", realm: "tenant"},
	} {
		tt.c.ClientSecret = auth.NewSecret("s3cr3t-of-mine")
		g, err := NewGrant(tt.c)
		if tt.missing != nil {
			vendortest.WantFields(t, err, "finventi", tt.missing)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if s := g.settings; s.ClientID != tt.clientID || s.Realm != tt.realm {
			t.Errorf("%v: client id %q, realm %q, want %q, %q", tt.c, s.ClientID, s.Realm, tt.clientID, tt.realm)
		}
	}
}
