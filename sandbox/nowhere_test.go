package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestNowhere_isInTheJournal(t *testing.T) {
	c := start(t, sandbox.WithClient(sandbox.FinAPI, sandbox.Client{ID: "x", Secret: auth.NewSecret("xxxx"), Realm: "bank"}))
	for _, row := range []struct{ method, path, meant string }{
		{"POST", "/realms/sti-connector/protocol/openid-connect/token", finventiToken},
		{"POST", "/auth/realms/sti-connector/protocol/openid-connect/token", finventiToken},
		{"POST", "/fin-venti/auth/realms/sti-connector/protocol/openid-connect/token/", finventiToken},
		{"POST", "/" + finventiToken, finventiToken},
		{"POST", "/realms/bank/protocol/openid-connect/token", strings.Replace(finapiToken, "customer", "bank", 1)},
		{"GET", "/realms/onefinops/protocol/openid-connect/token", onefinopsToken},
		{"POST", "/api/oauth/token", fincalcToken},
		{"POST", "/oauth/token", fincalcToken},
		{"GET", "/v2/clients", "/fincalc/api/v2/clients"},
		{"GET", "/api/whoami", "/finapi/api/whoami"},
		{"POST", "/v1/einvoices/generate", "/onefinops/sandbox-api/v1/einvoices/generate"},
		{"POST", "/FinCalc/api/oauth/token", fincalcToken},
		{"POST", "/realms/nobody/protocol/openid-connect/token", "/finventi/auth/realms/{realm}/protocol/openid-connect/token"},
		{"DELETE", "/nothing", ""},
		{"POST", "/", ""},
	} {
		c.ResetJournal()
		r := c.do(c.request(row.method, row.path, "grant_type=client_credentials&client_id=sti-client&client_secret=TYPED", "Content-Type", formType))
		description := r.text("error_description")
		if r.status != http.StatusNotFound || r.text("error") != "not_found" {
			t.Errorf("%s: %d %s", row.path, r.status, r.body)
		}
		for _, prefix := range []string{"/finventi", "/finapi", "/onefinops", "/fincalc"} {
			if !strings.Contains(description, prefix) {
				t.Errorf("%s: %s does not stand in %q", row.path, prefix, description)
			}
		}
		meant, _ := r.json["meant"].([]any)
		if row.meant == "" && len(meant) > 0 || row.meant != "" && (len(meant) == 0 || meant[0] != row.meant || !strings.Contains(description, row.meant)) {
			t.Errorf("%s: %q means %v, want %s", row.path, description, meant, row.meant)
		}
		if strings.Contains(r.body, "nobody") || strings.Contains(r.body, "nothing") {
			t.Errorf("%s is repeated: %s", row.path, r.body)
		}
		journal := c.Journal()
		if len(journal) != 1 {
			t.Errorf("%s: %d exchanges", row.path, len(journal))
			continue
		}
		if x := journal[0]; x.Vendor != "" || x.Endpoint != sandbox.OtherEndpoint || x.Status != 404 || x.Client != "sti-client" || strings.Contains(x.Request.Body, "TYPED") {
			t.Errorf("%+v", x)
		}
	}
	if r := c.do(c.request(http.MethodHead, "/nothing", "")); r.status != 404 || r.body != "" {
		t.Errorf("HEAD: %d %q", r.status, r.body)
	}
}

func TestNowhere_suggestsThePrefix(t *testing.T) {
	c := start(t)
	config := c.Finventi()
	config.AuthURL = c.URL
	source, err := finventi.NewTokenSource(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.TokenContext(t.Context()); err == nil || !strings.Contains(err.Error(), finventiToken) {
		t.Errorf("%v does not say what was meant", err)
	}
}

func TestNowhere_redirectsDoubleSlashes(t *testing.T) {
	c := start(t)
	r := c.do(c.request(http.MethodPost, "/fincalc//api/oauth/token?PageSize=1", "{}"))
	if r.status != http.StatusTemporaryRedirect || r.header.Get("Location") != "/fincalc/api/oauth/token?PageSize=1" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if journal := c.Journal(); len(journal) != 1 || journal[0].Vendor != sandbox.FinCalc || journal[0].Status != r.status {
		t.Errorf("%+v", journal)
	}
}

func TestNowhere_ignoresBrowsersOwnRequests(t *testing.T) {
	c := start(t)
	for _, path := range []string{"/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/.well-known/appspecific/com.chrome.devtools.json"} {
		if r := c.do(c.request(http.MethodGet, path, "")); r.status != 404 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if journal := c.Journal(); len(journal) != 0 {
		t.Errorf("%+v", journal)
	}
}

// A base URL is no path of a vendor's either, and the router's own redirect would leave no trace.
func TestNowhere_recordsABareBaseURL(t *testing.T) {
	c := start(t)
	for _, path := range []string{"/finventi/auth", "/finventi/api", "/finapi/auth", "/onefinops/login", "/onefinops/sandbox-api", "/fincalc"} {
		c.ResetJournal()
		r := c.do(c.request(http.MethodPost, path, "grant_type=client_credentials", "Content-Type", formType))
		if journal := c.Journal(); r.status != http.StatusNotFound || len(journal) != 1 || journal[0].Status != 404 || journal[0].Vendor == "" {
			t.Errorf("%s: %d %s, journal %+v", path, r.status, r.body, journal)
		}
	}
}
