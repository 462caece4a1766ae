package sandbox_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
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
	*onefinops.Client
}

func openPortal(t *testing.T, vendors *sandbox.Instance, config onefinops.Config) portal {
	t.Helper()
	client, err := onefinops.NewClient(config, auth.WithHTTPClient(vendors.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return portal{t, client}
}

func invoiceOf(number string) onefinops.EInvoiceRequest {
	return onefinops.EInvoiceRequest{
		DocumentDetails:    onefinops.EInvoiceDocument{Type: onefinops.DocumentTypeInvoice, Number: number, Date: finsdk.NewDate(2026, 11, 22)},
		TransactionDetails: onefinops.EInvoiceTransaction{TaxScheme: onefinops.TaxSchemeGST, SupplyType: onefinops.SupplyTypeB2B},
		Seller: onefinops.EInvoiceSeller{GSTIN: sellerGSTIN, LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
			Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
		Buyer: onefinops.EInvoiceBuyer{GSTIN: buyerGSTIN, LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road", Location: "Shimla",
			Pincode: 171001, StateCode: "02", PlaceOfSupplyStateCode: "02"},
		Items: []onefinops.EInvoiceItem{{SerialNumber: "1", IsService: onefinops.YesNoNo, HSNCode: "8471", Quantity: 10, Unit: "NOS",
			UnitPrice: 1000.1, TotalAmount: 10001}},
		ValueDetails: onefinops.EInvoiceValues{"totalInvoiceValue": 11801.18},
	}
}

func (p portal) register(request onefinops.EInvoiceRequest) onefinops.EInvoice {
	p.Helper()
	r, err := p.GenerateEInvoice(p.Context(), &onefinops.GenerateEInvoiceParams{GSTIN: sellerGSTIN}, request)
	return succeed(p.T, r, err)
}

func (p portal) fetch(irn string) onefinops.EInvoice {
	p.Helper()
	r, err := p.GetEInvoiceByIRN(p.Context(), &onefinops.GetEInvoiceByIRNParams{GSTIN: sellerGSTIN, IRN: irn})
	return succeed(p.T, r, err)
}

func (p portal) cancel(irn string) (*onefinops.CancelledEInvoice, error) {
	return p.CancelEInvoice(p.Context(), &onefinops.CancelEInvoiceParams{GSTIN: sellerGSTIN},
		onefinops.EInvoiceCancellation{IRN: irn, ReasonCode: onefinops.EInvoiceCancelReasonDataEntryError, Remarks: "wrong buyer"})
}

func (p portal) bill(number int64) onefinops.EWayBill {
	p.Helper()
	r, err := p.GetEWayBill(p.Context(), &onefinops.GetEWayBillParams{GSTIN: sellerGSTIN, EWBNumber: number})
	return succeed(p.T, r, err)
}

func (p portal) cancelBill(number int64) (*onefinops.EWayBill, error) {
	return p.CancelEWayBill(p.Context(), &onefinops.CancelEWayBillParams{GSTIN: sellerGSTIN},
		onefinops.EWayBillCancellation{EWBNumber: number, CancelReasonCode: onefinops.EWayBillCancelReasonOrderCancelled, CancelRemark: "no order"})
}

// succeed returns the answer of a call that has to succeed.
func succeed[R any](t *testing.T, r *R, err error) R {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return *r
}

// fail expects a call to fail with a status and a code, and returns the failure.
func fail(t *testing.T, err error, status int, code string) *finsdk.APIError {
	t.Helper()
	var failure *finsdk.APIError
	if !errors.As(err, &failure) {
		t.Fatalf("%v; want %d %s", err, status, code)
	}
	if failure.StatusCode != status || failure.Code != code || failure.Hint == "" {
		t.Errorf("%v; want %d %s and a hint", failure, status, code)
	}
	return failure
}

func TestEInvoice_isRegisteredFetchedAndCancelled(t *testing.T) {
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
	cancelled := succeed(t, r, err)
	if want := (onefinops.CancelledEInvoice{IRN: registered.IRN, AckNumber: *registered.AckNumber, AckDate: registered.AckDate, CancelDate: c.Now().UTC(),
		Status: "CNL", Remarks: "wrong buyer"}); cancelled != want {
		t.Errorf("cancelled: %+v\nwant %+v", cancelled, want)
	}
	if got := p.fetch(registered.IRN); got.Status != "CNL" || got.SignedInvoice != "" || got.SignedQRCode != "" || *got.AckNumber != *registered.AckNumber {
		t.Errorf("fetched: %+v", got)
	}
	_, err = p.cancel(registered.IRN)
	fail(t, err, 409, "einvoice.not_cancellable")
}

func TestEInvoice_isNotCancelledAfterADay(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	c.Advance(24*time.Hour + time.Second)
	_, err := p.cancel(irn)
	fail(t, err, 409, "einvoice.cancel_window_expired")
}

// A document that is registered already gets the answer again: the vendor does not document a
// refusal.
func TestEInvoice_isRegisteredOnce(t *testing.T) {
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
func TestEInvoice_belongsToItsTenant(t *testing.T) {
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
		_, err := p.GetEInvoiceByIRN(t.Context(), &onefinops.GetEInvoiceByIRNParams{GSTIN: sellerGSTIN, IRN: irn})
		fail(t, err, 404, "not_found")
	}
	p := as(c.OneFinOps(), "ofin_test_a", "a")
	_, err := p.GetEInvoiceByIRN(t.Context(), &onefinops.GetEInvoiceByIRNParams{GSTIN: buyerGSTIN, IRN: irn})
	fail(t, err, 404, "not_found")
}

// The signatures are by the keys that the sandbox publishes. The vendor's own sandbox decodes a
// code with a bad signature too, and warns.
func TestEInvoice_decodesTheQRCode(t *testing.T) {
	c := startDocumented(t)
	decode := func(p portal, code string) (*onefinops.DecodedQR, error) {
		return p.DecodeSignedQR(t.Context(), &onefinops.DecodeSignedQRParams{GSTIN: sellerGSTIN}, onefinops.SignedQR{SignedQRCode: code})
	}
	for _, live := range []bool{false, true} {
		p := openPortal(t, c.Instance, c.OneFinOps())
		if live {
			p = openPortal(t, c.Instance, c.OneFinOpsLive())
		}
		registered := p.register(invoiceOf("INV/1"))
		r, err := decode(p, registered.SignedQRCode)
		got := succeed(t, r, err)
		if got.IRN != registered.IRN || got.SellerGSTIN != sellerGSTIN || got.BuyerGSTIN != buyerGSTIN || got.DocumentNumber != "INV/1" ||
			got.DocumentType != "INV" || got.DocumentDate != "2026-11-22" || *got.TotalInvoiceValue != 11801.18 || *got.ItemCount != 1 ||
			got.MainHSNCode != "8471" || got.IRNDate != finsdk.NewDate(2026, 11, 22) || len(got.AdditionalProperties) > 0 {
			t.Errorf("live %v: %+v", live, got)
		}
		head, _, _ := strings.Cut(registered.SignedInvoice, ".")
		wrong := registered.SignedQRCode[:len(registered.SignedQRCode)-8] + "AAAAAAAA"
		r, err = decode(p, wrong)
		if live {
			fail(t, err, 400, "einvoice.signature.invalid")
		} else if got := succeed(t, r, err); got.IRN != registered.IRN || got.AdditionalProperties["warning"] == nil {
			t.Errorf("%+v", got)
		}
		_, err = decode(p, head)
		fail(t, err, 400, "einvoice.signature.invalid")
	}
}

// With eWayBillDetails the bill's number is null in the sandbox, and there is a bill in production.
func TestEInvoice_combinedWithABill(t *testing.T) {
	c := startDocumented(t)
	request := invoiceOf("INV/1")
	request.EWayBillDetails = onefinops.EInvoiceEWayBill{"distance": 570}
	test, live := openPortal(t, c.Instance, c.OneFinOps()), openPortal(t, c.Instance, c.OneFinOpsLive())
	r, err := test.GenerateEInvoiceWithResponse(t.Context(), &onefinops.GenerateEInvoiceParams{GSTIN: sellerGSTIN}, request)
	if body := string(succeed(t, r, errors.Join(err, r.Err())).Body); r.JSON200.IRN == "" || !strings.Contains(body, `"ewbNumber":null`) {
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

func TestEWayBill_ofAnEInvoice(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	generate := func(irn string) (*onefinops.EWayBill, error) {
		return p.GenerateEWayBillByIRN(t.Context(), &onefinops.GenerateEWayBillByIRNParams{GSTIN: sellerGSTIN},
			onefinops.EWayBillByIRNRequest{IRN: irn, VehicleNumber: "TS09AB1234"})
	}
	_, err := generate(strings.Repeat("0", 64))
	fail(t, err, 404, "not_found")
	r, err := generate(irn)
	bill := succeed(t, r, err)
	if got := p.fetch(irn); got.EWBNumber == nil || *got.EWBNumber != bill.EWBNumber || got.EWBDate != bill.EWBDate || got.EWBValidTill != bill.ValidUpto {
		t.Errorf("the invoice %+v, its bill %+v", got, bill)
	}
	_, err = generate(irn)
	fail(t, err, 409, "conflict")

	_, err = p.cancel(irn)
	if failure := fail(t, err, 502, "upstream.failure"); failure.Upstream == nil || failure.Upstream.Code != "4002" {
		t.Errorf("upstream: %+v", failure.Upstream)
	}
	cancelled, err := p.cancelBill(bill.EWBNumber)
	if got := succeed(t, cancelled, err); got.Status != "CNL" || got.CancelDate == "" {
		t.Errorf("cancelled: %+v", got)
	}
	if got := p.bill(bill.EWBNumber); got.Status != "CNL" {
		t.Errorf("fetched: %+v", got)
	}
	done, err := p.cancel(irn)
	succeed(t, done, err)
}

func TestEWayBill_withoutAnEInvoice(t *testing.T) {
	c := startDocumented(t)
	p, ctx := openPortal(t, c.Instance, c.OneFinOps()), t.Context()
	const transporter = "29AAAAA0000A1Z5"
	road := onefinops.TransportModeNumberRoad
	request := onefinops.EWayBillRequest{
		SupplyType: "O", SubSupplyType: onefinops.SubSupplyTypeSupply, DocumentType: "INV", DocumentNumber: "INV-1",
		DocumentDate: finsdk.NewDate(2026, 11, 22), TransactionType: onefinops.TransactionTypeRegular,
		From:      onefinops.EWayBillParty{GSTIN: sellerGSTIN, TradeName: "Seller", Place: "Hyderabad", Pincode: 500032, StateCode: 36, ActualStateCode: 36},
		To:        onefinops.EWayBillParty{GSTIN: buyerGSTIN, TradeName: "Buyer", Place: "Shimla", Pincode: 171001, StateCode: 2, ActualStateCode: 2},
		Totals:    onefinops.EWayBillTotals{TotalValue: 10001, IGSTValue: 1800.18, TotalInvoiceValue: 11801.18},
		Transport: onefinops.EWayBillTransport{TransportMode: &road, Distance: 570, VehicleNumber: "TS09AB1234"},
		Items:     []onefinops.EWayBillItem{{ProductName: "Widget", HSNCode: "8471", Unit: "NOS", Quantity: 10, IGSTRate: 18, TaxableAmount: 10001}},
	}
	generate := func(request onefinops.EWayBillRequest) (*onefinops.EWayBill, error) {
		return p.GenerateEWayBill(ctx, &onefinops.GenerateEWayBillParams{GSTIN: sellerGSTIN}, request)
	}
	others := request
	others.SubSupplyType = onefinops.SubSupplyTypeOthers
	_, err := generate(others)
	if failure := fail(t, err, 422, "validation_error"); len(failure.Fields) != 1 || failure.Fields[0].Field != "subSupplyDescription" {
		t.Errorf("fields: %+v", failure.Fields)
	}
	r, err := generate(request)
	bill := succeed(t, r, err)
	if len(strconv.FormatInt(bill.EWBNumber, 10)) != 12 || bill.EWBDate != "2026-11-22T12:00:00.000Z" || bill.ValidUpto != "2026-11-25T12:00:00.000Z" {
		t.Errorf("generated: %+v", bill)
	}
	if got := p.bill(bill.EWBNumber); !reflect.DeepEqual(got, bill) {
		t.Errorf("fetched: %+v", got)
	}

	assigned := func() []any {
		r, err := p.ListAssignedEWayBills(ctx, &onefinops.ListAssignedEWayBillsParams{GSTIN: transporter, Date: "2026-11-22"})
		list, ok := succeed(t, r, err).([]any)
		if !ok {
			t.Fatalf("got %v", r)
		}
		return list
	}
	if list := assigned(); len(list) != 0 {
		t.Errorf("assigned before: %v", list)
	}
	changed, err := p.UpdateEWayBillTransporter(ctx, &onefinops.UpdateEWayBillTransporterParams{GSTIN: sellerGSTIN},
		onefinops.EWayBillTransporter{EWBNumber: bill.EWBNumber, TransporterID: transporter})
	if got := succeed(t, changed, err); got.TransporterID != transporter {
		t.Errorf("changed: %+v", got)
	}
	if list := assigned(); len(list) != 1 || list[0].(map[string]any)["ewbNumber"] != json.Number(strconv.FormatInt(bill.EWBNumber, 10)) {
		t.Errorf("assigned: %v", list)
	}
	moved, err := p.UpdateEWayBillPartB(ctx, &onefinops.UpdateEWayBillPartBParams{GSTIN: transporter}, onefinops.EWayBillPartB{
		EWBNumber: bill.EWBNumber, VehicleNumber: "KA01AB1234", TransportMode: onefinops.TransportModeRoad, FromPlace: "Nagpur", FromStateCode: "27",
		ReasonCode: onefinops.PartBReasonBreakDown, ReasonRemark: "engine"})
	if got := succeed(t, moved, err); got.ValidUpto != bill.ValidUpto {
		t.Errorf("moved: %+v", got)
	}

	reject := func(gstin string) (*onefinops.EWayBill, error) {
		return p.RejectEWayBill(ctx, &onefinops.RejectEWayBillParams{GSTIN: gstin}, onefinops.EWayBillRejection{EWBNumber: bill.EWBNumber})
	}
	for _, gstin := range []string{sellerGSTIN, transporter} {
		_, err := reject(gstin)
		fail(t, err, 403, "ewaybill.not_counterparty")
	}
	extend := func() (*onefinops.EWayBill, error) {
		return p.ExtendEWayBill(ctx, &onefinops.ExtendEWayBillParams{GSTIN: transporter}, onefinops.EWayBillExtension{
			EWBNumber: bill.EWBNumber, FromPlace: "Delhi", FromStateCode: "07", FromPincode: 110001, ReasonCode: onefinops.ExtensionReasonAccident,
			Remark: "engine", RemainingDistance: 340, TransportMode: onefinops.TransportModeRoad})
	}
	_, err = extend()
	fail(t, err, 409, "conflict")
	c.Advance(66 * time.Hour)
	extended, err := extend()
	if got := succeed(t, extended, err); got.ValidUpto != "2026-11-27T12:00:00.000Z" {
		t.Errorf("extended: %+v", got)
	}
	_, err = p.cancelBill(bill.EWBNumber)
	fail(t, err, 409, "ewaybill.not_cancellable")
	rejected, err := reject(buyerGSTIN)
	if got := succeed(t, rejected, err); got.RejectStatus != "Y" {
		t.Errorf("rejected: %+v", got)
	}
	_, err = reject(buyerGSTIN)
	fail(t, err, 409, "ewaybill.not_rejectable")
	_, err = p.cancelBill(1)
	fail(t, err, 404, "not_found")
}

func TestOneFinOps_repeatsAnswersByKey(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	irn := p.register(invoiceOf("INV/1")).IRN
	cancel := func(p portal, key, remarks string) (onefinops.CancelledEInvoice, bool, error) {
		r, err := p.CancelEInvoiceWithResponse(t.Context(), &onefinops.CancelEInvoiceParams{GSTIN: sellerGSTIN, IdempotencyKey: &key},
			onefinops.EInvoiceCancellation{IRN: irn, ReasonCode: onefinops.EInvoiceCancelReasonOther, Remarks: remarks})
		if err = errors.Join(err, r.Err()); err != nil {
			return onefinops.CancelledEInvoice{}, false, err
		}
		return *r.JSON200, r.HTTPResponse.Header.Get("Idempotent-Replay") == "true", nil
	}
	first, replayed, err := cancel(p, "key-1", "twice")
	if err != nil || replayed {
		t.Errorf("the first call: replayed %v, %v", replayed, err)
	}
	c.Advance(23 * time.Hour)
	if again, replayed, err := cancel(p, "key-1", "twice"); err != nil || !replayed || again != first {
		t.Errorf("again: %+v, replayed %v, %v", again, replayed, err)
	}
	_, _, err = cancel(p, "key-1", "thrice")
	fail(t, err, 409, "idempotency.key_reused_mismatch")
	_, _, err = cancel(p, "key-2", "twice")
	fail(t, err, 409, "einvoice.not_cancellable")
	_, _, err = cancel(openPortal(t, c.Instance, c.OneFinOpsLive()), "key-1", "thrice")
	fail(t, err, 404, "not_found")
	c.Advance(time.Hour)
	_, _, err = cancel(p, "key-1", "thrice")
	fail(t, err, 409, "einvoice.not_cancellable")
}

func TestOneFinOps_returnsTheRequestID(t *testing.T) {
	c := startDocumented(t)
	p := openPortal(t, c.Instance, c.OneFinOps())
	const asked = "3f0b1c88-6d80-4c17-bb3e-1d68e6d26405"
	for _, id := range []*string{new(asked), nil} {
		r, err := p.GetEWayBillWithResponse(t.Context(), &onefinops.GetEWayBillParams{GSTIN: sellerGSTIN, EWBNumber: 1, XRequestID: id})
		fail(t, errors.Join(err, r.Err()), 404, "not_found")
		if got := r.HTTPResponse.Header.Get("X-Request-Id"); len(got) != len(asked) || (got == asked) != (id != nil) {
			t.Errorf("got %q", got)
		}
	}
}

func TestEInvoice_survivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	c := startDocumented(t, sandbox.WithStateFile(file))
	p := openPortal(t, c.Instance, c.OneFinOps())
	kept, lost := p.register(invoiceOf("INV/1")), p.register(invoiceOf("INV/2"))
	r, err := p.GenerateEWayBillByIRN(t.Context(), &onefinops.GenerateEWayBillByIRNParams{GSTIN: sellerGSTIN}, onefinops.EWayBillByIRNRequest{IRN: kept.IRN})
	bill := succeed(t, r, err)
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
