package onefinops_test

import (
	"context"
	"errors"
	"fmt"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

var invoice = onefinops.EInvoiceRequest{
	DocumentDetails:    onefinops.EInvoiceDocument{Type: onefinops.DocumentTypeInvoice, Number: "INV/2026/00001", Date: finsdk.NewDate(2026, 5, 14)},
	TransactionDetails: onefinops.EInvoiceTransaction{TaxScheme: onefinops.TaxSchemeGST, SupplyType: onefinops.SupplyTypeB2B},
	Seller: onefinops.EInvoiceSeller{GSTIN: "36AMBPG7773M002", LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
		Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
	Buyer: onefinops.EInvoiceBuyer{GSTIN: "27FGHIJ5678K1Z2", LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road",
		Location: "Mumbai", Pincode: 400001, StateCode: "27"},
	Items: []onefinops.EInvoiceItem{{SerialNumber: "1", IsService: onefinops.YesNoYes, HSNCode: "998314", Quantity: 1,
		UnitPrice: 10000.05, TotalAmount: 10000.05}},
	ValueDetails: onefinops.EInvoiceValues{"totalInvoiceValue": 11800.06},
}

// A service reads its Config with ConfigFromEnv. This one is the sandbox's.
func ExampleNewClient() {
	vendors, err := sandbox.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer vendors.Close()

	client, err := onefinops.NewClient(vendors.OneFinOps())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, gstin := context.Background(), invoice.Seller.GSTIN
	registered, err := client.GenerateEInvoice(ctx, &onefinops.GenerateEInvoiceParams{GSTIN: gstin}, invoice)
	if err != nil {
		fmt.Println(err)
		return
	}
	cancellation := onefinops.EInvoiceCancellation{IRN: registered.IRN, ReasonCode: onefinops.EInvoiceCancelReasonDataEntryError, Remarks: "wrong buyer"}
	cancelled, err := client.CancelEInvoice(ctx, &onefinops.CancelEInvoiceParams{GSTIN: gstin}, cancellation)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cancelled.IRN == registered.IRN, cancelled.Status)

	_, err = client.CancelEInvoice(ctx, &onefinops.CancelEInvoiceParams{GSTIN: gstin}, cancellation)
	var failure *finsdk.APIError
	fmt.Println(errors.Is(err, finsdk.ErrConflict), errors.As(err, &failure) && failure.Code != "")
	// Output:
	// true CNL
	// true true
}
