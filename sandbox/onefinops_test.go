package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

const (
	sellerGSTIN = "36AMBPG7773M002"
	buyerGSTIN  = "02AMBPG7773M002"
)

// portal calls OneFinOps's API as a service does.
type portal struct {
	*testing.T
	*onefinopsapi.ClientWithResponses
}

func openPortal(t *testing.T, vendors *sandbox.Instance, config onefinops.Config) portal {
	t.Helper()
	source, err := onefinops.NewTokenSource(config, auth.WithHTTPClient(vendors.Client()))
	if err != nil {
		t.Fatal(err)
	}
	api, err := onefinopsapi.NewClientWithResponses(config.APIURL, onefinopsapi.WithHTTPClient(source.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return portal{t, api}
}

func invoiceOf(number string) onefinopsapi.EInvoiceRequest {
	return onefinopsapi.EInvoiceRequest{
		DocumentDetails:    onefinopsapi.EInvoiceDocument{Type: onefinopsapi.DocumentTypeInvoice, Number: number, Date: finsdk.NewDate(2026, 11, 22)},
		TransactionDetails: onefinopsapi.EInvoiceTransaction{TaxScheme: onefinopsapi.TaxSchemeGST, SupplyType: onefinopsapi.SupplyTypeB2B},
		Seller: onefinopsapi.EInvoiceSeller{GSTIN: sellerGSTIN, LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
			Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
		Buyer: onefinopsapi.EInvoiceBuyer{GSTIN: buyerGSTIN, LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road", Location: "Shimla",
			Pincode: 171001, StateCode: "02", PlaceOfSupplyStateCode: "02"},
		Items: []onefinopsapi.EInvoiceItem{{SerialNumber: "1", IsService: onefinopsapi.YesNoNo, HSNCode: "8471", Quantity: 10, Unit: "NOS",
			UnitPrice: 1000.1, TotalAmount: 10001}},
		ValueDetails: onefinopsapi.EInvoiceValues{"totalInvoiceValue": 11801.18},
	}
}

func (p portal) register(request onefinopsapi.EInvoiceRequest) onefinopsapi.EInvoice {
	p.Helper()
	r, err := p.GenerateEInvoiceWithResponse(p.Context(), &onefinopsapi.GenerateEInvoiceParams{GSTIN: sellerGSTIN}, request)
	return *succeed(p.T, r, err).JSON200
}

func (p portal) fetch(irn string) onefinopsapi.EInvoice {
	p.Helper()
	r, err := p.GetEInvoiceByIRNWithResponse(p.Context(), &onefinopsapi.GetEInvoiceByIRNParams{GSTIN: sellerGSTIN, IRN: irn})
	return *succeed(p.T, r, err).JSON200
}

func (p portal) cancel(irn string) (*onefinopsapi.CancelEInvoiceResponse, error) {
	return p.CancelEInvoiceWithResponse(p.Context(), &onefinopsapi.CancelEInvoiceParams{GSTIN: sellerGSTIN},
		onefinopsapi.EInvoiceCancellation{IRN: irn, ReasonCode: onefinopsapi.EInvoiceCancelReasonDataEntryError, Remarks: "wrong buyer"})
}

func (p portal) bill(number int64) onefinopsapi.EWayBill {
	p.Helper()
	r, err := p.GetEWayBillWithResponse(p.Context(), &onefinopsapi.GetEWayBillParams{GSTIN: sellerGSTIN, EWBNumber: number})
	return *succeed(p.T, r, err).JSON200
}

func (p portal) cancelBill(number int64) (*onefinopsapi.CancelEWayBillResponse, error) {
	return p.CancelEWayBillWithResponse(p.Context(), &onefinopsapi.CancelEWayBillParams{GSTIN: sellerGSTIN},
		onefinopsapi.EWayBillCancellation{EWBNumber: number, CancelReasonCode: onefinopsapi.EWayBillCancelReasonOrderCancelled, CancelRemark: "no order"})
}

// succeed returns the answer of a call that has to succeed.
func succeed[R interface{ Err() error }](t *testing.T, r R, err error) R {
	t.Helper()
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fail expects a call to fail with a status and a code, and returns the failure.
func fail[R interface{ Err() error }](t *testing.T, status int, code string) func(R, error) *finsdk.APIError {
	t.Helper()
	return func(r R, err error) *finsdk.APIError {
		t.Helper()
		var failure *finsdk.APIError
		if err != nil || !errors.As(r.Err(), &failure) {
			t.Fatalf("%v, %v; want %d %s", err, r.Err(), status, code)
		}
		if failure.StatusCode != status || failure.Code != code || failure.Hint == "" {
			t.Errorf("%v; want %d %s and a hint", failure, status, code)
		}
		return failure
	}
}

func TestEInvoiceIsRegisteredFetchedAndCancelled(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	registered := p.register(invoiceOf("INV/1"))
	if len(registered.IRN) != 64 || registered.AckNumber == nil || len(strconv.FormatInt(*registered.AckNumber, 10)) != 15 ||
		!registered.AckDate.Equal(c.Now()) || registered.SignedInvoice == "" || registered.SignedQRCode == "" || registered.EWBNumber != nil {
		t.Errorf("registered: %+v", registered)
	}
	if got := p.fetch(registered.IRN); !reflect.DeepEqual(got, registered) {
		t.Errorf("fetched: %+v\nwant %+v", got, registered)
	}
	c.Advance(24 * time.Hour)
	r, err := p.cancel(registered.IRN)
	cancelled := *succeed(t, r, err).JSON200
	if want := (onefinopsapi.CancelledEInvoice{IRN: registered.IRN, AckNumber: *registered.AckNumber, AckDate: registered.AckDate, CancelDate: c.Now().UTC(),
		Status: "CNL", Remarks: "wrong buyer"}); cancelled != want {
		t.Errorf("cancelled: %+v\nwant %+v", cancelled, want)
	}
	if got := p.fetch(registered.IRN); got.Status != "CNL" || got.SignedInvoice != "" || got.SignedQRCode != "" || *got.AckNumber != *registered.AckNumber {
		t.Errorf("fetched: %+v", got)
	}
	again, err := p.cancel(registered.IRN)
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 409, "einvoice.not_cancellable")(again, err)
}

func TestEInvoiceIsNotCancelledAfterADay(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	c.Advance(24*time.Hour + time.Second)
	r, err := p.cancel(irn)
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 409, "einvoice.cancel_window_expired")(r, err)
}

// A document that is registered already gets the answer again: the vendor does not document a refusal.
func TestEInvoiceIsRegisteredOnce(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	first := p.register(invoiceOf("INV/1"))
	c.Advance(time.Hour)
	if again := p.register(invoiceOf("INV/1")); !reflect.DeepEqual(again, first) {
		t.Errorf("%+v\nwant %+v", again, first)
	}
	if other := p.register(invoiceOf("INV/2")); other.IRN == first.IRN {
		t.Errorf("two documents have the IRN %s", other.IRN)
	}
}

// An invoice is found by its GSTIN, its organization and in its environment alone.
func TestEInvoiceIsItsTenants(t *testing.T) {
	c := startDocumented(t,
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_a", Secret: auth.NewSecret("a"), OrganizationID: "org_1"}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_b", Secret: auth.NewSecret("b"), OrganizationID: "org_1"}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_c", Secret: auth.NewSecret("c"), OrganizationID: "org_2"}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_live_d", Secret: auth.NewSecret("d"), OrganizationID: "org_1"}))
	as := func(config onefinops.Config, id, secret string) portal {
		config.ClientID, config.ClientSecret = id, auth.NewSecret(secret)
		return openPortal(t, c.Instance, config)
	}
	irn := as(c.OneFinOps(), "ofin_test_a", "a").register(invoiceOf("INV/1")).IRN
	as(c.OneFinOps(), "ofin_test_b", "b").fetch(irn)
	for name, p := range map[string]portal{"another organization": as(c.OneFinOps(), "ofin_test_c", "c"), "production": as(c.OneFinOpsLive(), "ofin_live_d", "d")} {
		t.Log(name)
		r, err := p.GetEInvoiceByIRNWithResponse(t.Context(), &onefinopsapi.GetEInvoiceByIRNParams{GSTIN: sellerGSTIN, IRN: irn})
		fail[*onefinopsapi.GetEInvoiceByIRNResponse](t, 404, "not_found")(r, err)
	}
	p := as(c.OneFinOps(), "ofin_test_a", "a")
	r, err := p.GetEInvoiceByIRNWithResponse(t.Context(), &onefinopsapi.GetEInvoiceByIRNParams{GSTIN: buyerGSTIN, IRN: irn})
	fail[*onefinopsapi.GetEInvoiceByIRNResponse](t, 404, "not_found")(r, err)
}

// The signatures are by the keys that the sandbox publishes. The vendor's own sandbox decodes a code
// with a bad signature too, and warns.
func TestSignedQRCodeIsDecoded(t *testing.T) {
	c := startDocumented(t)
	decode := func(p portal, code string) (*onefinopsapi.DecodeSignedQRResponse, error) {
		return p.DecodeSignedQRWithResponse(t.Context(), &onefinopsapi.DecodeSignedQRParams{GSTIN: sellerGSTIN}, onefinopsapi.SignedQR{SignedQRCode: code})
	}
	for _, live := range []bool{false, true} {
		p := openPortal(t, c.Instance, c.OneFinOps())
		if live {
			p = openPortal(t, c.Instance, c.OneFinOpsLive())
		}
		registered := p.register(invoiceOf("INV/1"))
		r, err := decode(p, registered.SignedQRCode)
		got := *succeed(t, r, err).JSON200
		if got.IRN != registered.IRN || got.SellerGSTIN != sellerGSTIN || got.BuyerGSTIN != buyerGSTIN || got.DocumentNumber != "INV/1" ||
			got.DocumentType != "INV" || got.DocumentDate != "2026-11-22" || *got.TotalInvoiceValue != 11801.18 || *got.ItemCount != 1 ||
			got.MainHSNCode != "8471" || got.IRNDate != finsdk.NewDate(2026, 11, 22) || got.AdditionalProperties != nil {
			t.Errorf("live %v: %+v", live, got)
		}
		head, _, _ := strings.Cut(registered.SignedInvoice, ".")
		wrong := registered.SignedQRCode[:len(registered.SignedQRCode)-8] + "AAAAAAAA"
		r, err = decode(p, wrong)
		if live {
			fail[*onefinopsapi.DecodeSignedQRResponse](t, 400, "einvoice.signature.invalid")(r, err)
		} else if got := *succeed(t, r, err).JSON200; got.IRN != registered.IRN || got.AdditionalProperties["warning"] == nil {
			t.Errorf("%+v", got)
		}
		r, err = decode(p, head)
		fail[*onefinopsapi.DecodeSignedQRResponse](t, 400, "einvoice.signature.invalid")(r, err)
	}
}

// With eWayBillDetails the bill's number is null in the sandbox, and there is a bill in production.
func TestCombinedCall(t *testing.T) {
	c := startDocumented(t)
	request := invoiceOf("INV/1")
	request.EWayBillDetails = onefinopsapi.EInvoiceEWayBill{"distance": 570}
	test, live := openPortal(t, c.Instance, c.OneFinOps()), openPortal(t, c.Instance, c.OneFinOpsLive())
	r, err := test.GenerateEInvoiceWithResponse(t.Context(), &onefinopsapi.GenerateEInvoiceParams{GSTIN: sellerGSTIN}, request)
	if body := string(succeed(t, r, err).Body); r.JSON200.IRN == "" || !strings.Contains(body, `"ewbNumber":null`) {
		t.Errorf("sandbox: %s", body)
	}
	got := live.register(request)
	if got.EWBNumber == nil || got.EWBDate == "" || got.EWBValidTill == "" {
		t.Fatalf("production: %+v", got)
	}
	if again := live.register(request); *again.EWBNumber != *got.EWBNumber {
		t.Errorf("a second bill %d beside %d", *again.EWBNumber, *got.EWBNumber)
	}
}

func TestEWayBillOfAnEInvoice(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	generate := func(irn string) (*onefinopsapi.GenerateEWayBillByIRNResponse, error) {
		return p.GenerateEWayBillByIRNWithResponse(t.Context(), &onefinopsapi.GenerateEWayBillByIRNParams{GSTIN: sellerGSTIN},
			onefinopsapi.EWayBillByIRNRequest{IRN: irn, VehicleNumber: "TS09AB1234"})
	}
	r, err := generate(strings.Repeat("0", 64))
	fail[*onefinopsapi.GenerateEWayBillByIRNResponse](t, 404, "not_found")(r, err)
	r, err = generate(irn)
	bill := *succeed(t, r, err).JSON200
	if got := p.fetch(irn); got.EWBNumber == nil || *got.EWBNumber != bill.EWBNumber || got.EWBDate != bill.EWBDate || got.EWBValidTill != bill.ValidUpto {
		t.Errorf("the invoice %+v, its bill %+v", got, bill)
	}
	r, err = generate(irn)
	fail[*onefinopsapi.GenerateEWayBillByIRNResponse](t, 409, "conflict")(r, err)

	refused, err := p.cancel(irn)
	if failure := fail[*onefinopsapi.CancelEInvoiceResponse](t, 502, "upstream.failure")(refused, err); failure.Upstream == nil || failure.Upstream.Code != "4002" {
		t.Errorf("upstream: %+v", failure.Upstream)
	}
	cancelled, err := p.cancelBill(bill.EWBNumber)
	if got := succeed(t, cancelled, err).JSON200; got.Status != "CNL" || got.CancelDate == "" {
		t.Errorf("cancelled: %+v", got)
	}
	if got := p.bill(bill.EWBNumber); got.Status != "CNL" {
		t.Errorf("fetched: %+v", got)
	}
	done, err := p.cancel(irn)
	succeed(t, done, err)
}

func TestEWayBillWithoutAnEInvoice(t *testing.T) {
	c := startDocumented(t)
	p, ctx := openPortal(t, c.Instance, c.OneFinOps()), t.Context()
	const transporter = "29AAAAA0000A1Z5"
	road := onefinopsapi.TransportModeNumberRoad
	request := onefinopsapi.EWayBillRequest{
		SupplyType: "O", SubSupplyType: onefinopsapi.SubSupplyTypeSupply, DocumentType: "INV", DocumentNumber: "INV-1",
		DocumentDate: finsdk.NewDate(2026, 11, 22), TransactionType: onefinopsapi.TransactionTypeRegular,
		From:      onefinopsapi.EWayBillParty{GSTIN: sellerGSTIN, TradeName: "Seller", Place: "Hyderabad", Pincode: 500032, StateCode: 36, ActualStateCode: 36},
		To:        onefinopsapi.EWayBillParty{GSTIN: buyerGSTIN, TradeName: "Buyer", Place: "Shimla", Pincode: 171001, StateCode: 2, ActualStateCode: 2},
		Totals:    onefinopsapi.EWayBillTotals{TotalValue: 10001, IGSTValue: 1800.18, TotalInvoiceValue: 11801.18},
		Transport: onefinopsapi.EWayBillTransport{TransportMode: &road, Distance: 570, VehicleNumber: "TS09AB1234"},
		Items:     []onefinopsapi.EWayBillItem{{ProductName: "Widget", HSNCode: "8471", Unit: "NOS", Quantity: 10, IGSTRate: 18, TaxableAmount: 10001}},
	}
	generate := func(request onefinopsapi.EWayBillRequest) (*onefinopsapi.GenerateEWayBillResponse, error) {
		return p.GenerateEWayBillWithResponse(ctx, &onefinopsapi.GenerateEWayBillParams{GSTIN: sellerGSTIN}, request)
	}
	others := request
	others.SubSupplyType = onefinopsapi.SubSupplyTypeOthers
	r, err := generate(others)
	if failure := fail[*onefinopsapi.GenerateEWayBillResponse](t, 422, "validation_error")(r, err); len(failure.Fields) != 1 || failure.Fields[0].Field != "subSupplyDescription" {
		t.Errorf("fields: %+v", failure.Fields)
	}
	r, err = generate(request)
	bill := *succeed(t, r, err).JSON200
	if len(strconv.FormatInt(bill.EWBNumber, 10)) != 12 || bill.EWBDate != "2026-11-22T12:00:00.000Z" || bill.ValidUpto != "2026-11-25T12:00:00.000Z" {
		t.Errorf("generated: %+v", bill)
	}
	if got := p.bill(bill.EWBNumber); !reflect.DeepEqual(got, bill) {
		t.Errorf("fetched: %+v", got)
	}

	assigned := func() string {
		r, err := p.ListAssignedEWayBillsWithResponse(ctx, &onefinopsapi.ListAssignedEWayBillsParams{GSTIN: transporter, Date: "2026-11-22"})
		return string(succeed(t, r, err).Body)
	}
	if list := assigned(); list != "[]" {
		t.Errorf("assigned before: %s", list)
	}
	changed, err := p.UpdateEWayBillTransporterWithResponse(ctx, &onefinopsapi.UpdateEWayBillTransporterParams{GSTIN: sellerGSTIN},
		onefinopsapi.EWayBillTransporter{EWBNumber: bill.EWBNumber, TransporterID: transporter})
	if got := succeed(t, changed, err).JSON200; got.TransporterID != transporter {
		t.Errorf("changed: %+v", got)
	}
	if list := assigned(); !strings.Contains(list, strconv.FormatInt(bill.EWBNumber, 10)) {
		t.Errorf("assigned: %s", list)
	}
	moved, err := p.UpdateEWayBillPartBWithResponse(ctx, &onefinopsapi.UpdateEWayBillPartBParams{GSTIN: transporter}, onefinopsapi.EWayBillPartB{
		EWBNumber: bill.EWBNumber, VehicleNumber: "KA01AB1234", TransportMode: onefinopsapi.TransportModeRoad, FromPlace: "Nagpur", FromStateCode: "27",
		ReasonCode: onefinopsapi.PartBReasonBreakDown, ReasonRemark: "engine"})
	if got := succeed(t, moved, err).JSON200; got.ValidUpto != bill.ValidUpto {
		t.Errorf("moved: %+v", got)
	}

	reject := func(gstin string) (*onefinopsapi.RejectEWayBillResponse, error) {
		return p.RejectEWayBillWithResponse(ctx, &onefinopsapi.RejectEWayBillParams{GSTIN: gstin}, onefinopsapi.EWayBillRejection{EWBNumber: bill.EWBNumber})
	}
	for _, gstin := range []string{sellerGSTIN, transporter} {
		r, err := reject(gstin)
		fail[*onefinopsapi.RejectEWayBillResponse](t, 403, "ewaybill.not_counterparty")(r, err)
	}
	extend := func() (*onefinopsapi.ExtendEWayBillResponse, error) {
		return p.ExtendEWayBillWithResponse(ctx, &onefinopsapi.ExtendEWayBillParams{GSTIN: transporter}, onefinopsapi.EWayBillExtension{
			EWBNumber: bill.EWBNumber, FromPlace: "Delhi", FromStateCode: "07", FromPincode: 110001, ReasonCode: onefinopsapi.ExtensionReasonAccident,
			Remark: "engine", RemainingDistance: 340, TransportMode: onefinopsapi.TransportModeRoad})
	}
	early, err := extend()
	fail[*onefinopsapi.ExtendEWayBillResponse](t, 409, "conflict")(early, err)
	c.Advance(66 * time.Hour)
	extended, err := extend()
	if got := succeed(t, extended, err).JSON200; got.ValidUpto != "2026-11-27T12:00:00.000Z" {
		t.Errorf("extended: %+v", got)
	}
	late, err := p.cancelBill(bill.EWBNumber)
	fail[*onefinopsapi.CancelEWayBillResponse](t, 409, "ewaybill.not_cancellable")(late, err)
	rejected, err := reject(buyerGSTIN)
	if got := succeed(t, rejected, err).JSON200; got.RejectStatus != "Y" {
		t.Errorf("rejected: %+v", got)
	}
	again, err := reject(buyerGSTIN)
	fail[*onefinopsapi.RejectEWayBillResponse](t, 409, "ewaybill.not_rejectable")(again, err)
	unknown, err := p.cancelBill(1)
	fail[*onefinopsapi.CancelEWayBillResponse](t, 404, "not_found")(unknown, err)
}

func TestOneFinOpsIdempotencyKey(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	cancel := func(ctx context.Context, p portal, key, remarks string) (*onefinopsapi.CancelEInvoiceResponse, error) {
		return p.CancelEInvoiceWithResponse(ctx, &onefinopsapi.CancelEInvoiceParams{GSTIN: sellerGSTIN, IdempotencyKey: &key},
			onefinopsapi.EInvoiceCancellation{IRN: irn, ReasonCode: onefinopsapi.EInvoiceCancelReasonOther, Remarks: remarks})
	}
	first, err := cancel(t.Context(), p, "key-1", "twice")
	if succeed(t, first, err).HTTPResponse.Header.Get("Idempotent-Replay") != "" {
		t.Error("the first answer is called a replay")
	}
	c.Advance(23 * time.Hour)
	again, err := cancel(t.Context(), p, "key-1", "twice")
	if succeed(t, again, err).HTTPResponse.Header.Get("Idempotent-Replay") != "true" || *again.JSON200 != *first.JSON200 {
		t.Errorf("again: %v %s", again.HTTPResponse.Header, again.Body)
	}
	other, err := cancel(t.Context(), p, "key-1", "thrice")
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 409, "idempotency.key_reused_mismatch")(other, err)
	fresh, err := cancel(t.Context(), p, "key-2", "twice")
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 409, "einvoice.not_cancellable")(fresh, err)
	live, err := cancel(t.Context(), openPortal(t, c.Instance, c.OneFinOpsLive()), "key-1", "thrice")
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 404, "not_found")(live, err)
	c.Advance(time.Hour)
	late, err := cancel(t.Context(), p, "key-1", "thrice")
	fail[*onefinopsapi.CancelEInvoiceResponse](t, 409, "einvoice.not_cancellable")(late, err)
}

func TestOneFinOpsReturnsTheRequestID(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	id := "3f0b1c88-6d80-4c17-bb3e-1d68e6d26405"
	r, err := p.GetEWayBillWithResponse(t.Context(), &onefinopsapi.GetEWayBillParams{GSTIN: sellerGSTIN, EWBNumber: 1, XRequestID: &id})
	fail[*onefinopsapi.GetEWayBillResponse](t, http.StatusNotFound, "not_found")(r, err)
	if got := r.HTTPResponse.Header.Get("X-Request-Id"); got != id {
		t.Errorf("got %q", got)
	}
	r, err = p.GetEWayBillWithResponse(t.Context(), &onefinopsapi.GetEWayBillParams{GSTIN: sellerGSTIN, EWBNumber: 1})
	fail[*onefinopsapi.GetEWayBillResponse](t, http.StatusNotFound, "not_found")(r, err)
	if got := r.HTTPResponse.Header.Get("X-Request-Id"); len(got) != len(id) {
		t.Errorf("made: %q", got)
	}
}

func TestEInvoicesSurviveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	c := startDocumented(t, sandbox.WithStateFile(file))
	p := openPortal(t, c.Instance, c.OneFinOps())
	kept, lost := p.register(invoiceOf("INV/1")), p.register(invoiceOf("INV/2"))
	r, err := p.GenerateEWayBillByIRNWithResponse(t.Context(), &onefinopsapi.GenerateEWayBillByIRNParams{GSTIN: sellerGSTIN}, onefinopsapi.EWayBillByIRNRequest{IRN: kept.IRN})
	bill := *succeed(t, r, err).JSON200
	done, err := p.cancel(lost.IRN)
	succeed(t, done, err)
	kept = p.fetch(kept.IRN)
	// Twice, since the second start reads what the first one has rewritten.
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c.Instance = sandbox.Start(t, sandbox.WithStateFile(file), sandbox.WithClock(c.clock.Now))
		p = openPortal(t, c.Instance, c.OneFinOps())
		if got := p.fetch(kept.IRN); !reflect.DeepEqual(got, kept) {
			t.Errorf("%+v\nwant %+v", got, kept)
		}
		if got := p.fetch(lost.IRN); got.Status != "CNL" {
			t.Errorf("%+v", got)
		}
		if got := p.bill(bill.EWBNumber); !reflect.DeepEqual(got, bill) {
			t.Errorf("%+v\nwant %+v", got, bill)
		}
	}
}
