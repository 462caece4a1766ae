package einvoice

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	start  = time.Date(2026, 5, 14, 10, 0, 0, 0, time.UTC)
	seller = Owner{"tenant", "36AMBPG7773M002"}
	buyer  = Owner{"tenant", "02AMBPG7773M002"}
)

func signed(i *Invoice) error {
	i.Signed, i.SignedQR = "invoice", "qr"
	return nil
}

func register(t *testing.T, p *Portal, document string) Invoice {
	t.Helper()
	i, err := p.Register(Invoice{Owner: seller, Seller: seller.GSTIN, Buyer: buyer.GSTIN, Document: document}, start, signed)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestPortal_registersOnce(t *testing.T) {
	var p Portal
	first := register(t, &p, "INV 1")
	if len(first.IRN) != 64 || strings.Trim(first.IRN, "0123456789abcdef") != "" || len(strconv.FormatInt(first.AckNumber, 10)) != 15 {
		t.Errorf("IRN %s, acknowledgement %d", first.IRN, first.AckNumber)
	}
	again, err := p.Register(Invoice{Owner: seller, Seller: seller.GSTIN, Document: "INV 1"}, start.Add(time.Hour), func(*Invoice) error {
		t.Error("it is signed again")
		return nil
	})
	if err != nil || again != first {
		t.Errorf("%+v, %v; want %+v", again, err, first)
	}
	if other := register(t, &p, "INV 2"); other.IRN == first.IRN || other.AckNumber == first.AckNumber {
		t.Errorf("%+v", other)
	}
	if _, err := p.Register(Invoice{Owner: seller, Document: "INV 3"}, start, func(*Invoice) error { return errors.New("no key") }); err == nil {
		t.Error("it is registered without a signature")
	}
}

func TestPortal_keepsInvoicesByGSTIN(t *testing.T) {
	var p Portal
	i := register(t, &p, "INV 1")
	for _, by := range []Owner{buyer, {"another", seller.GSTIN}} {
		if _, err := p.Invoice(by, i.IRN); err != NotFound {
			t.Errorf("%v: %v", by, err)
		}
		if _, err := p.CancelInvoice(by, i.IRN, "", start); err != NotFound {
			t.Errorf("%v: %v", by, err)
		}
		if _, err := p.BillFor(by, i.IRN, 0, start); err != NotFound {
			t.Errorf("%v: %v", by, err)
		}
	}
	if got, err := p.Invoice(seller, strings.ToUpper(i.IRN)); err != nil || got != i {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPortal_cancelsWithinADay(t *testing.T) {
	var p Portal
	late, i := register(t, &p, "INV 1"), register(t, &p, "INV 2")
	if _, err := p.CancelInvoice(seller, late.IRN, "", start.Add(24*time.Hour+1)); err != WindowExpired {
		t.Errorf("after a day: %v", err)
	}
	now := start.Add(24 * time.Hour)
	got, err := p.CancelInvoice(seller, i.IRN, "wrong buyer", now)
	if err != nil || got.Cancelled != now || got.Remarks != "wrong buyer" || got.AckNumber != i.AckNumber {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.CancelInvoice(seller, i.IRN, "", now); err != Cancelled {
		t.Errorf("again: %v", err)
	}
	if got, err := p.Invoice(seller, i.IRN); err != nil || got.Signed != "" || got.SignedQR != "" || got.Cancelled.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.BillFor(seller, i.IRN, 0, now); err != Conflict {
		t.Errorf("a bill for it: %v", err)
	}
	if again := register(t, &p, "INV 2"); again.Cancelled.IsZero() {
		t.Errorf("a cancelled document is registered anew: %+v", again)
	}
}

func TestPortal_keepsAnInvoiceWithAnActiveBill(t *testing.T) {
	var p Portal
	i := register(t, &p, "INV 1")
	b, err := p.BillFor(seller, i.IRN, 0, start)
	if err != nil || len(strconv.FormatInt(b.Number, 10)) != 12 {
		t.Fatalf("%+v, %v", b, err)
	}
	if got, err := p.Invoice(seller, i.IRN); err != nil || got.Bill != b.Number {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.CancelInvoice(seller, i.IRN, "", start); err != ActiveBill {
		t.Errorf("the invoice: %v", err)
	}
	if _, err := p.BillFor(seller, i.IRN, 0, start); err != Conflict {
		t.Errorf("a second bill: %v", err)
	}
	if _, err := p.CancelBill(seller, b.Number, start); err != nil {
		t.Error(err)
	}
	if again, err := p.BillFor(seller, i.IRN, 0, start); err != nil || again.Number == b.Number {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestBill(t *testing.T) {
	var p Portal
	other, stranger := Owner{"another", seller.GSTIN}, Owner{"tenant", "29AAAAA0000A1Z5"}
	bill := func() int64 {
		return p.Generate(Bill{Owner: seller, Parties: []string{seller.GSTIN, buyer.GSTIN}}, 201, start).Number
	}
	cancelled, rejected, open := bill(), bill(), bill()
	end := start.Add(48 * time.Hour) // of 201 kilometres
	for _, tt := range []struct {
		name string
		err  error
		do   func() (Bill, error)
	}{
		{"another tenant's", NotFound, func() (Bill, error) { return p.Bill(other, open) }},
		{"no such bill", NotFound, func() (Bill, error) { return p.Bill(seller, 1) }},
		{"fetched by a party", nil, func() (Bill, error) { return p.Bill(buyer, open) }},
		{"cancelled by a party", BillStands, func() (Bill, error) { return p.CancelBill(buyer, cancelled, start) }},
		{"cancelled late", BillStands, func() (Bill, error) { return p.CancelBill(seller, cancelled, start.Add(24*time.Hour+1)) }},
		{"cancelled", nil, func() (Bill, error) { return p.CancelBill(seller, cancelled, start.Add(24*time.Hour)) }},
		{"cancelled again", BillStands, func() (Bill, error) { return p.CancelBill(seller, cancelled, start) }},
		{"rejected by its generator", BillNotOurs, func() (Bill, error) { return p.RejectBill(seller, rejected, start) }},
		{"rejected by a stranger", BillNotOurs, func() (Bill, error) { return p.RejectBill(stranger, rejected, start) }},
		{"rejected late", BillIsAccepted, func() (Bill, error) { return p.RejectBill(buyer, rejected, start.Add(72*time.Hour+1)) }},
		{"rejected", nil, func() (Bill, error) { return p.RejectBill(buyer, rejected, start.Add(72*time.Hour)) }},
		{"rejected again", BillIsAccepted, func() (Bill, error) { return p.RejectBill(buyer, rejected, start) }},
		{"cancelled once rejected", BillStands, func() (Bill, error) { return p.CancelBill(seller, rejected, start) }},
		{"a vehicle for a cancelled one", Conflict, func() (Bill, error) { return p.Move(seller, cancelled, start) }},
		{"a vehicle", nil, func() (Bill, error) { return p.Move(seller, open, end) }},
		{"a vehicle after its end", Conflict, func() (Bill, error) { return p.Move(seller, open, end.Add(1)) }},
		{"a transporter for a rejected one", Conflict, func() (Bill, error) { return p.Transport(seller, rejected, stranger.GSTIN, start) }},
		{"a transporter", nil, func() (Bill, error) { return p.Transport(seller, open, stranger.GSTIN, start) }},
		{"extended early", Conflict, func() (Bill, error) { return p.Extend(seller, open, 10, end.Add(-8*time.Hour-1)) }},
		{"extended late", Conflict, func() (Bill, error) { return p.Extend(seller, open, 10, end.Add(8*time.Hour+1)) }},
		{"extended", nil, func() (Bill, error) { return p.Extend(seller, open, 10, end.Add(8*time.Hour)) }},
		{"extended when cancelled", Conflict, func() (Bill, error) { return p.Extend(seller, cancelled, 10, end) }},
	} {
		if _, err := tt.do(); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
	b, err := p.Bill(seller, open)
	if err != nil || b.Transporter != stranger.GSTIN || !b.ValidUpto.Equal(end.Add(24*time.Hour)) {
		t.Errorf("%+v, %v", b, err)
	}
	if list := p.Assigned(stranger, "2026-05-14"); len(list) != 1 || list[0].Number != open {
		t.Errorf("assigned: %+v", list)
	}
	for _, none := range [][]Bill{p.Assigned(stranger, "2026-05-15"), p.Assigned(seller, "2026-05-14"), p.Assigned(Owner{"another", stranger.GSTIN}, "2026-05-14")} {
		if len(none) > 0 {
			t.Errorf("assigned: %+v", none)
		}
	}
}

func TestPortal_restoresItsState(t *testing.T) {
	var p, again Portal
	i := register(t, &p, "INV 1")
	b, err := p.BillFor(seller, i.IRN, 0, start)
	if err != nil {
		t.Fatal(err)
	}
	again.Restore(p.Snapshot())
	if got, want := again.Snapshot(), p.Snapshot(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	again.Track()
	if _, err := again.CancelBill(seller, b.Number, start); err != nil {
		t.Error(err)
	}
	if s := again.Changes(); len(s.Bills) != 1 || s.Bills[0].Cancelled.IsZero() || len(s.Invoices) != 0 {
		t.Errorf("changes: %+v", s)
	}
	if s := again.Changes(); s.Bills != nil {
		t.Errorf("told of again: %+v", s)
	}
	if next := again.Generate(Bill{Owner: seller}, 0, start); next.Number == b.Number {
		t.Errorf("the number %d is given twice", b.Number)
	}
}

func TestPortal_boundsTheTextThatItKeeps(t *testing.T) {
	var p Portal
	signature := strings.Repeat("s", maxText/2)
	var irns []string
	for _, document := range []string{"INV 1", "INV 2", "INV 3"} {
		i, err := p.Register(Invoice{Owner: seller, Document: document}, start, func(i *Invoice) error {
			i.Signed = signature
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		irns = append(irns, i.IRN)
	}
	for n, want := range []error{NotFound, nil, nil} {
		if _, err := p.Invoice(seller, irns[n]); err != want {
			t.Errorf("invoice %d: %v, want %v", n+1, err, want)
		}
	}
}
