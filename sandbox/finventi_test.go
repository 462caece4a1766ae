package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/finventi"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
	"github.com/finsdk/finsdk-go/sandbox"
)

// product returns the typed client of one of Finventi's products.
func product(t *testing.T, vendors *sandbox.Instance, p finventi.Product) *finventiapi.ClientWithResponses {
	t.Helper()
	config := vendors.FinventiProduct(p)
	source, err := finventi.NewTokenSource(config)
	if err != nil {
		t.Fatal(err)
	}
	client, err := finventiapi.NewClientWithResponses(config.APIURL, finventiapi.WithHTTPClient(source.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var (
	opened   = finsdk.NewDate(2026, 5, 14)
	closed   = finsdk.NewDate(2026, 11, 28)
	somebody = finventiapi.Person{Type: "F", Name: "Jonas", Surname: "Jonaitis", Nationalities: []string{"LT"}}
)

func newAccount(iban string) finventiapi.NewAccountReport {
	return finventiapi.NewAccountReport{AccountType: finventiapi.ReportedAccountTypeCurrentAccount, IBAN: iban, Currency: "EUR", OpenedDate: opened, Owner: somebody}
}

// reported reports an account and returns it with its refId.
func reported(t *testing.T, client *finventiapi.ClientWithResponses, iban string) finventiapi.ReportedAccount {
	t.Helper()
	resp, err := client.ReportAccountsWithResponse(t.Context(), []finventiapi.NewAccountReport{newAccount(iban)})
	if err != nil || resp.JSON200 == nil || len(*resp.JSON200) != 1 {
		t.Fatalf("%v, %+v", err, resp)
	}
	return (*resp.JSON200)[0].Data
}

func TestReports_changeAnAccountByRefID(t *testing.T) {
	t.Parallel()
	client := product(t, sandbox.Start(t), finventi.RRC)
	resp, err := client.ReportAccountsWithResponse(t.Context(), []finventiapi.NewAccountReport{newAccount("LT601010012345678901"), newAccount("DE89370400440532013000")})
	if err != nil {
		t.Fatal(err)
	}
	if resp.JSON200 == nil || len(*resp.JSON200) != 2 {
		t.Fatalf("%s: %s, want an element for each account", resp.Status(), resp.Body)
	}
	first, second := (*resp.JSON200)[0], (*resp.JSON200)[1]
	if first.Status != "SUCCESS" || first.Data.RefID == "" || first.Data.RefID == second.Data.RefID || second.Data.IBAN != "DE89370400440532013000" ||
		first.Data.Owner.Surname != "Jonaitis" || first.Data.OpenedDate != opened {
		t.Errorf("got %s", resp.Body)
	}

	change := second.Data
	change.AccountType, change.ClosedDate = finventiapi.ReportedAccountTypeSavingsAccount, closed
	changed, err := client.UpdateAccountsWithResponse(t.Context(), []finventiapi.ReportedAccount{change})
	if err != nil || changed.JSON200 == nil {
		t.Fatalf("%v, %s", err, changed.Body)
	}
	if got := (*changed.JSON200)[0]; got.Status != "SUCCESS" || got.Data.RefID != change.RefID || got.Data.ClosedDate != closed {
		t.Errorf("got %s", changed.Body)
	}
}

func TestReports_refuseAChangeAsAWhole(t *testing.T) {
	t.Parallel()
	vendors := sandbox.Start(t)
	client := product(t, vendors, finventi.RRC)
	known := reported(t, client, "LT601010012345678901")
	unknown, moved, exchanged := known, known, known
	unknown.RefID, moved.IBAN, exchanged.Currency = "305697289_20250303_E5D11991C7B74CB0", "DE89370400440532013000", "USD"
	for name, tt := range map[string]struct {
		change  finventiapi.ReportedAccount
		status  int
		problem string
	}{
		"unknown refId":    {unknown, http.StatusNotFound, "[1].refId is unknown"},
		"another IBAN":     {moved, http.StatusBadRequest, "[1].iban never changes"},
		"another currency": {exchanged, http.StatusBadRequest, "[1].currency never changes"},
	} {
		resp, err := client.UpdateAccountsWithResponse(t.Context(), []finventiapi.ReportedAccount{known, tt.change})
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode() != tt.status || !strings.Contains(string(resp.Body), tt.problem) {
			t.Errorf("%s: %s %s, want %d with %q", name, resp.Status(), resp.Body, tt.status, tt.problem)
		}
	}
	// A refId is of the sandbox that has given it.
	other := product(t, sandbox.Start(t), finventi.RRC)
	if resp, err := other.UpdateAccountsWithResponse(t.Context(), []finventiapi.ReportedAccount{known}); err != nil || resp.StatusCode() != http.StatusNotFound {
		t.Errorf("%v, %s", err, resp.Status())
	}
}

func TestReports_keepRepresentativesByAccount(t *testing.T) {
	t.Parallel()
	client := product(t, sandbox.Start(t), finventi.RRC)
	mine, other := reported(t, client, "LT601010012345678901"), reported(t, client, "DE89370400440532013000")
	add := []finventiapi.NewRepresentativeReport{{DateFrom: opened, Representative: somebody}}
	added, err := client.AddRepresentativesWithResponse(t.Context(), mine.RefID, add)
	if err != nil || added.JSON200 == nil {
		t.Fatalf("%v, %s", err, added.Body)
	}
	one := (*added.JSON200)[0].Data
	one.DateTo = closed
	for ref, status := range map[string]int{mine.RefID: http.StatusOK, other.RefID: http.StatusNotFound, "nobody's": http.StatusNotFound} {
		resp, err := client.UpdateRepresentativesWithResponse(t.Context(), ref, []finventiapi.ReportedRepresentative{one})
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode() != status || status == http.StatusOK && (*resp.JSON200)[0].Data.DateTo != closed {
			t.Errorf("account %q: %s %s, want %d", ref, resp.Status(), resp.Body, status)
		}
	}
	if resp, err := client.AddRepresentativesWithResponse(t.Context(), "nobody's", add); err != nil || resp.StatusCode() != http.StatusNotFound {
		t.Errorf("%v, %s", err, resp.Status())
	}
}

func TestReports_changeABeneficialOwnerByRefID(t *testing.T) {
	t.Parallel()
	client := product(t, sandbox.Start(t), finventi.RRC)
	resp, err := client.ReportBeneficiariesWithResponse(t.Context(), []finventiapi.NewBeneficiaryReport{
		{CodeInForeignCountry: "HRB1", Name: "Example Trading GmbH", DateFrom: opened, Country: "DE", Beneficiary: somebody}})
	if err != nil || resp.JSON200 == nil {
		t.Fatalf("%v, %s", err, resp.Body)
	}
	one := (*resp.JSON200)[0].Data
	one.DateTo = closed
	changed, err := client.UpdateBeneficiariesWithResponse(t.Context(), []finventiapi.ReportedBeneficiary{one})
	if err != nil || changed.JSON200 == nil || (*changed.JSON200)[0].Data.DateTo != closed {
		t.Fatalf("%v, %s", err, changed.Body)
	}
	// An account's refId is not a beneficial owner's.
	one.RefID = reported(t, client, "LT601010012345678901").RefID
	if resp, err := client.UpdateBeneficiariesWithResponse(t.Context(), []finventiapi.ReportedBeneficiary{one}); err != nil || resp.StatusCode() != http.StatusNotFound {
		t.Errorf("%v, %s", err, resp.Status())
	}
}

func TestPayments_keepAccounts(t *testing.T) {
	t.Parallel()
	vendors := sandbox.Start(t)
	client, ctx := product(t, vendors, finventi.Payments), t.Context()
	n := finventiapi.NewPaymentAccount{AccountType: finventiapi.PaymentAccountTypePrivate, AccountHolderName: "Alice Johnson", ClientAccountID: "c-1",
		IBAN: "LT601010012345678901"}
	create := func(key string) *finventiapi.CreatePaymentAccountResponse {
		t.Helper()
		resp, err := client.CreatePaymentAccountWithResponse(ctx, &finventiapi.CreatePaymentAccountParams{IdempotencyKey: key}, n)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := create("key-1")
	if first.JSON200 == nil || first.JSON200.Status != finventiapi.PaymentAccountStatusOpen || first.JSON200.CreatedAt.IsZero() {
		t.Fatalf("%s %s", first.Status(), first.Body)
	}
	id := first.JSON200.ID
	if again := create("key-1"); again.JSON200 == nil || again.JSON200.ID != id {
		t.Errorf("the same key: %s %s, want account %d", again.Status(), again.Body, id)
	}
	if other := create("key-2"); other.StatusCode() != http.StatusBadRequest {
		t.Errorf("the same id under another key: %s %s", other.Status(), other.Body)
	}

	changed, err := client.UpdatePaymentAccountWithResponse(ctx, id, finventiapi.PaymentAccountUpdate{AccountHolderName: "Alice Smith"})
	if err != nil || changed.JSON200 == nil || changed.JSON200.AccountHolderName != "Alice Smith" || changed.JSON200.ClientAccountID != "c-1" {
		t.Errorf("%v, %s", err, changed.Body)
	}
	ended, err := client.ChangePaymentAccountStatusWithResponse(ctx, id, finventiapi.PaymentAccountStatusChange{Status: finventiapi.PaymentAccountStatusClosed})
	if err != nil || ended.JSON200 == nil || ended.JSON200.Status != finventiapi.PaymentAccountStatusClosed {
		t.Errorf("%v, %s", err, ended.Body)
	}
	found, err := client.SearchPaymentAccountsWithResponse(ctx, &finventiapi.SearchPaymentAccountsParams{AccountHolderName: new("smith")})
	if err != nil || found.JSON200 == nil || len(found.JSON200.Accounts) != 1 || found.JSON200.Accounts[0].ID != id {
		t.Errorf("%v, %s", err, found.Body)
	}
	for _, unknown := range []int64{0, id + 1} {
		if resp, err := client.UpdatePaymentAccountWithResponse(ctx, unknown, finventiapi.PaymentAccountUpdate{}); err != nil || resp.StatusCode() != http.StatusNotFound {
			t.Errorf("account %d: %v, %s", unknown, err, resp.Status())
		}
	}
	if resp, err := client.SearchPaymentAccountsWithResponse(ctx, &finventiapi.SearchPaymentAccountsParams{NextPageToken: new("x")}); err != nil || resp.StatusCode() != http.StatusBadRequest {
		t.Errorf("%v, %s", err, resp.Status())
	}
}
