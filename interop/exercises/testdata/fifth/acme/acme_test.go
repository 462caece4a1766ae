package acme

import (
	"errors"
	"net/http"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	acmeserver "github.com/finsdk/finsdk-go/gen/acme/server"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/sandbox"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "acme",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).ClientCredentials,
	Failures: []vendortest.Failure[Config]{
		{Name: "unknown tenant", Answer: vendortest.Answer(400, `{"error":{"type":"unknown_tenant","detail":"No."}}`),
			Kind: auth.ErrInvalidConfig, Hint: "check Tenant"},
	},
}

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }

// The sandbox serves Acme by its document alone.
func TestSandboxServesTheDocument(t *testing.T) {
	c := suite.Documented(t, "")
	vendors := sandbox.Start(t, sandbox.WithDocument(acmeserver.Document, sandbox.Client{ID: c.ClientID, Secret: c.ClientSecret}))
	c.AuthURL, c.APIURL = vendors.URLs(vendors.URL, "acme")
	source, err := NewTokenSource(c)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := source.Client().Get(c.APIBaseURL() + "/v2/accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the API answers %s", resp.Status)
	}
	client, err := NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	for account, err := range client.AllAccounts(t.Context(), nil) {
		if err != nil || account.IBAN == "" || account.Balance != 10.25 {
			t.Errorf("got %v, %v", account, err)
		}
	}
	if text, err := client.ExportTransactions(t.Context(), "LT123456789012345678"); err != nil || string(text) != "2026-11-28;10.25;EUR" {
		t.Errorf("got %q, %v", text, err)
	}
	_, err = client.OpenAccount(t.Context(), nil, NewAccount{Currency: "EURO"})
	var failure *finsdk.APIError
	if !errors.As(err, &failure) || failure.IdempotencyKey == "" {
		t.Errorf("a currency of four letters: %v", err)
	}
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if got := TokenOf(token); got.Err() != nil || got.Tenant.DisplayName != "Seven" {
		t.Errorf("got %v, %v, want the tenant of the document's example", got, got.Err())
	}
	c.ClientSecret = auth.NewSecret("wrong")
	wrong := suite.Grant(t, c)
	if _, err := wrong.ClientCredentials(t.Context()); !errors.Is(err, auth.ErrInvalidCredentials) {
		t.Errorf("a wrong secret: %v", err)
	}
}
