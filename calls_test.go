package finsdk_test

import (
	"context"
	"errors"
	"fmt"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// A service calls each vendor with five imports of this module: one for each vendor, and this
// package for errors and dates.
func calls(ctx context.Context, payees *finventi.Client, bank *finapi.Client, tax *onefinops.Client, advice *fincalc.Client) error {
	match, err := payees.VerifyPayee(ctx, nil, finventi.PayeeVerificationRequest{IBAN: "DE89370400440532013000", AccountHolderName: "Erika Mustermann"})
	if err != nil {
		return err
	}
	who, err := bank.WhoAmI(ctx)
	if err != nil {
		return err
	}
	bills, err := tax.ListAssignedEWayBills(ctx, &onefinops.ListAssignedEWayBillsParams{GSTIN: "36AMBPG7773M002", Date: "2026-05-14"})
	if err != nil && !errors.Is(err, finsdk.ErrNotFound) {
		return err
	}
	page, err := advice.ListClients(ctx, &fincalc.ListClientsParams{PageSize: new(10)})
	if err != nil {
		return err
	}
	fmt.Println(match.MatchResult, who.MandatorName, bills != nil, len(page.Data) > 0)
	return nil
}
