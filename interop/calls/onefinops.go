package calls

import (
	"context"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
)

// onefinopsResources returns the calls in the life of an e-invoice and of an e-way bill. Each uses
// the previous answer.
func onefinopsResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	api, err := onefinopsapi.NewClientWithResponses(apiURL, onefinopsapi.WithHTTPClient(&http.Client{Transport: transport}),
		onefinopsapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	const seller, buyer, transporter = "36AMBPG7773M002", "02AMBPG7773M002", "29AAAAA0000A1Z5"
	// These are placeholders until the first calls return others.
	irn, bill, qr := "a5c12dca80e743321740b001fd70953e8738d109865d28ba4013750f2046f229", int64(181000609282), "code"
	date := finsdk.NewDate(2026, 5, 14)
	invoice := onefinopsapi.EInvoiceRequest{
		DocumentDetails:    onefinopsapi.EInvoiceDocument{Type: onefinopsapi.DocumentTypeInvoice, Number: "INV/2026/00001", Date: date},
		TransactionDetails: onefinopsapi.EInvoiceTransaction{TaxScheme: onefinopsapi.TaxSchemeGST, SupplyType: onefinopsapi.SupplyTypeB2B},
		Seller: onefinopsapi.EInvoiceSeller{GSTIN: seller, LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
			Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
		Buyer: onefinopsapi.EInvoiceBuyer{GSTIN: buyer, LegalName: `Bücher & "Söhne"`, Address1: "2 Hill Road",
			Location: "Shimla", Pincode: 171001, StateCode: "02", PlaceOfSupplyStateCode: "02"},
		Items: []onefinopsapi.EInvoiceItem{{SerialNumber: "1", IsService: onefinopsapi.YesNoNo, HSNCode: "8471", Quantity: 10, Unit: "NOS",
			UnitPrice: 1000.1, TotalAmount: 10001, AdditionalProperties: map[string]any{"igstAmount": 1800.18}}},
		ValueDetails: onefinopsapi.EInvoiceValues{"totalInvoiceValue": 11801.18},
	}
	standalone := onefinopsapi.EWayBillRequest{
		SupplyType: "O", SubSupplyType: onefinopsapi.SubSupplyTypeSupply, DocumentType: "INV", DocumentNumber: "INV-2026-7",
		DocumentDate: date, TransactionType: onefinopsapi.TransactionTypeRegular,
		From:      onefinopsapi.EWayBillParty{GSTIN: seller, TradeName: "Seller", Place: "Hyderabad", Pincode: 500032, StateCode: 36, ActualStateCode: 36},
		To:        onefinopsapi.EWayBillParty{GSTIN: buyer, TradeName: "Buyer", Place: "Shimla", Pincode: 171001, StateCode: 2, ActualStateCode: 2},
		Totals:    onefinopsapi.EWayBillTotals{TotalValue: 10001, IGSTValue: 1800.18, TotalInvoiceValue: 11801.18},
		Transport: onefinopsapi.EWayBillTransport{TransportMode: new(onefinopsapi.TransportModeNumberRoad), Distance: 570, VehicleNumber: "TS09AB1234"},
		Items:     []onefinopsapi.EWayBillItem{{ProductName: "Widget", HSNCode: "8471", Unit: "NOS", Quantity: 10, IGSTRate: 18, TaxableAmount: 10001}},
	}
	return []Call{
		{"register an e-invoice", func(ctx context.Context) (any, error) {
			r, err := api.GenerateEInvoiceWithResponse(ctx, &onefinopsapi.GenerateEInvoiceParams{GSTIN: seller, IdempotencyKey: new("key-1"),
				XRequestID: new("3f0b1c88-6d80-4c17-bb3e-1d68e6d26405")}, invoice)
			if err = failed(r, err); err == nil {
				irn, qr = r.JSON200.IRN, r.JSON200.SignedQRCode
			}
			return r, err
		}},
		{"fetch an e-invoice", func(ctx context.Context) (any, error) {
			r, err := api.GetEInvoiceByIRNWithResponse(ctx, &onefinopsapi.GetEInvoiceByIRNParams{GSTIN: seller, IRN: irn})
			return r, failed(r, err)
		}},
		{"decode a QR code", func(ctx context.Context) (any, error) {
			r, err := api.DecodeSignedQRWithResponse(ctx, &onefinopsapi.DecodeSignedQRParams{GSTIN: seller}, onefinopsapi.SignedQR{SignedQRCode: qr})
			return r, failed(r, err)
		}},
		{"generate the e-way bill of an e-invoice", func(ctx context.Context) (any, error) {
			r, err := api.GenerateEWayBillByIRNWithResponse(ctx, &onefinopsapi.GenerateEWayBillByIRNParams{GSTIN: seller},
				onefinopsapi.EWayBillByIRNRequest{IRN: irn, VehicleNumber: "TS09AB1234"})
			if err = failed(r, err); err == nil {
				bill = r.JSON200.EWBNumber
			}
			return r, err
		}},
		{"fetch an e-way bill", func(ctx context.Context) (any, error) {
			r, err := api.GetEWayBillWithResponse(ctx, &onefinopsapi.GetEWayBillParams{GSTIN: seller, EWBNumber: bill})
			return r, failed(r, err)
		}},
		{"change the transporter", func(ctx context.Context) (any, error) {
			r, err := api.UpdateEWayBillTransporterWithResponse(ctx, &onefinopsapi.UpdateEWayBillTransporterParams{GSTIN: seller},
				onefinopsapi.EWayBillTransporter{EWBNumber: bill, TransporterID: transporter})
			return r, failed(r, err)
		}},
		{"list a transporter's e-way bills", func(ctx context.Context) (any, error) {
			r, err := api.ListAssignedEWayBillsWithResponse(ctx, &onefinopsapi.ListAssignedEWayBillsParams{GSTIN: transporter, Date: date.String()})
			return r, failed(r, err)
		}},
		{"change the vehicle", func(ctx context.Context) (any, error) {
			r, err := api.UpdateEWayBillPartBWithResponse(ctx, &onefinopsapi.UpdateEWayBillPartBParams{GSTIN: transporter}, onefinopsapi.EWayBillPartB{
				EWBNumber: bill, TransportMode: onefinopsapi.TransportModeRail, TransportDocumentNumber: "RR 7", TransportDocumentDate: date,
				FromPlace: "Nagpur", FromStateCode: "27", ReasonCode: onefinopsapi.PartBReasonBreakDown, ReasonRemark: "engine"})
			return r, failed(r, err)
		}},
		{"extend an e-way bill", func(ctx context.Context) (any, error) {
			// The bill's end is a day away, so the answer is the document's example.
			r, err := api.ExtendEWayBillWithResponse(ctx, &onefinopsapi.ExtendEWayBillParams{GSTIN: transporter}, onefinopsapi.EWayBillExtension{
				EWBNumber: bill, FromPlace: "Delhi", FromStateCode: "07", FromPincode: 110001, ReasonCode: onefinopsapi.ExtensionReasonAccident,
				Remark: "engine", ConsignmentStatus: onefinopsapi.ConsignmentStatusInMovement, RemainingDistance: 340,
				TransportMode: onefinopsapi.TransportModeRoad}, preferSuccess)
			return r, failed(r, err)
		}},
		{"cancel an e-way bill", func(ctx context.Context) (any, error) {
			r, err := api.CancelEWayBillWithResponse(ctx, &onefinopsapi.CancelEWayBillParams{GSTIN: seller}, onefinopsapi.EWayBillCancellation{
				EWBNumber: bill, CancelReasonCode: onefinopsapi.EWayBillCancelReasonOrderCancelled, CancelRemark: "no order"})
			return r, failed(r, err)
		}},
		{"cancel an e-invoice", func(ctx context.Context) (any, error) {
			r, err := api.CancelEInvoiceWithResponse(ctx, &onefinopsapi.CancelEInvoiceParams{GSTIN: seller, IdempotencyKey: new("key-2")},
				onefinopsapi.EInvoiceCancellation{IRN: irn, ReasonCode: onefinopsapi.EInvoiceCancelReasonOther, Remarks: `ü & "quotes"`})
			return r, failed(r, err)
		}},
		{"generate an e-way bill", func(ctx context.Context) (any, error) {
			r, err := api.GenerateEWayBillWithResponse(ctx, &onefinopsapi.GenerateEWayBillParams{GSTIN: seller}, standalone)
			if err = failed(r, err); err == nil {
				bill = r.JSON200.EWBNumber
			}
			return r, err
		}},
		{"reject an e-way bill", func(ctx context.Context) (any, error) {
			r, err := api.RejectEWayBillWithResponse(ctx, &onefinopsapi.RejectEWayBillParams{GSTIN: buyer}, onefinopsapi.EWayBillRejection{EWBNumber: bill})
			return r, failed(r, err)
		}},
	}, nil
}

// failed returns the error of a call or of its answer.
func failed(r interface{ Err() error }, err error) error {
	if err != nil {
		return err
	}
	return r.Err()
}

// preferSuccess asks the sandbox, and Prism, for the success that the document shows.
func preferSuccess(_ context.Context, req *http.Request) error {
	req.Header.Set("Prefer", "code=200")
	return nil
}
