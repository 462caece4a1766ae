package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestNowhere_isInTheJournal(t *testing.T) {
	c := start(t, sandbox.WithClient(sandbox.FinAPI, sandbox.Client{ID: "x", Secret: auth.NewSecret("xxxx"), Realm: "bank"}))
	finventis := strings.TrimPrefix(finventiToken, "/finventi/auth")
	banks := "/finapi/auth" + docpath.Of(finapiserver.Document, "IssueToken", "bank")
	for _, row := range []struct{ method, path, meant string }{
		{"POST", finventis, finventiToken},
		{"POST", "/auth" + finventis, finventiToken},
		{"POST", "/fin-venti/auth" + finventis + "/", finventiToken},
		{"POST", "/" + finventiToken, finventiToken},
		{"POST", strings.TrimPrefix(banks, "/finapi/auth"), banks},
		{"GET", strings.TrimPrefix(onefinopsToken, "/onefinops/login"), onefinopsToken},
		{"POST", strings.TrimPrefix(fincalcToken, "/fincalc"), fincalcToken},
		{"POST", strings.TrimPrefix(fincalcToken, "/fincalc/api"), fincalcToken},
		{"GET", strings.TrimPrefix(listClients, "/fincalc/api"), listClients},
		{"GET", strings.TrimPrefix(whoAmI, "/finapi"), whoAmI},
		{"POST", strings.TrimPrefix(generateLive, "/onefinops/api"), generateInvoice},
		{"POST", strings.Replace(fincalcToken, "/fincalc", "/FinCalc", 1), fincalcToken},
		{"POST", strings.TrimPrefix(tokenIn("nobody"), "/finventi/auth"), tokenIn("{realm}")},
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
	r := c.do(c.request(http.MethodPost, strings.Replace(fincalcToken, "/fincalc", "/fincalc/", 1)+"?PageSize=1", "{}"))
	if r.status != http.StatusTemporaryRedirect || r.header.Get("Location") != fincalcToken+"?PageSize=1" {
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
