package finsdk_test

import (
	"errors"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestServiceWithFiveImports(t *testing.T) {
	vendors := sandbox.Start(t)
	payees, err1 := finventi.NewClient(vendors.FinventiProduct(finventi.VerificationOfPayee))
	bank, err2 := finapi.NewClient(vendors.FinAPI())
	tax, err3 := onefinops.NewClient(vendors.OneFinOps())
	advice, err4 := fincalc.NewClient(vendors.FinCalc())
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := calls(t.Context(), payees, bank, tax, advice); err != nil {
		t.Error(err)
	}
}

// A call without a required argument costs neither a token nor a request.
func TestCallWithoutARequiredArgumentSendsNothing(t *testing.T) {
	vendors := sandbox.Start(t)
	bills, err := onefinops.NewClient(vendors.OneFinOps())
	if err != nil {
		t.Fatal(err)
	}
	clients, err := fincalc.NewClient(vendors.FinCalc())
	if err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]func() error{
		"onefinops: GetEWayBill: bad request: parameter gstin is missing": func() error {
			_, err := bills.GetEWayBill(t.Context(), nil)
			return err
		},
		"onefinops: GetEInvoiceByIRN: bad request: parameter irn is missing": func() error {
			_, err := bills.GetEInvoiceByIRN(t.Context(), &onefinops.GetEInvoiceByIRNParams{GSTIN: "29AAAAA0000A1Z5"})
			return err
		},
		"fincalc: GetHousehold: bad request: parameter HouseholdGUID is empty": func() error {
			_, err := clients.GetHousehold(t.Context(), "", nil)
			return err
		},
	} {
		if err := call(); !errors.Is(err, finsdk.ErrBadRequest) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if n := len(vendors.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
