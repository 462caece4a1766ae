package finsdk_test

import (
	"testing"

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
