// Package einvoice keeps e-invoices and e-way bills as the Indian tax portals do for a tenant of
// OneFinOps.
package einvoice

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

// An Owner is whose a record is: a tenant of one environment, and the GSTIN that it acts for.
type Owner struct {
	Tenant string `json:"tenant"`
	GSTIN  string `json:"gstin"`
}

// A Refusal is a code of the vendor's errors.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// The refusals.
const (
	NotFound       Refusal = "not_found"
	Conflict       Refusal = "conflict"
	WindowExpired  Refusal = "einvoice.cancel_window_expired"
	Cancelled      Refusal = "einvoice.not_cancellable"
	ActiveBill     Refusal = "upstream.failure"
	BillStands     Refusal = "ewaybill.not_cancellable"
	BillNotOurs    Refusal = "ewaybill.not_counterparty"
	BillIsAccepted Refusal = "ewaybill.not_rejectable"
)

const (
	cancelWindow = 24 * time.Hour // of invoices and bills
	rejectWindow = 72 * time.Hour
	extendWindow = 8 * time.Hour // on both sides of the end
)

// An Invoice is a registered one.
type Invoice struct {
	Owner
	IRN string `json:"irn"`
	// Seller, Buyer and Document identify it.
	Seller    string    `json:"seller"`
	Buyer     string    `json:"buyer"`
	Document  string    `json:"document"`
	AckNumber int64     `json:"ack_number"`
	AckDate   time.Time `json:"ack_date"`
	// Signed and SignedQR are the portal's signatures over it.
	Signed    string    `json:"signed,omitempty"`
	SignedQR  string    `json:"signed_qr,omitempty"`
	Cancelled time.Time `json:"cancelled,omitzero"`
	Remarks   string    `json:"remarks,omitempty"`
	// Bill is the number of the newest e-way bill for it, or 0.
	Bill int64 `json:"bill,omitempty"`
}

// A Bill is an e-way bill.
type Bill struct {
	Owner
	Number      int64     `json:"number"`
	Date        time.Time `json:"date"`
	ValidUpto   time.Time `json:"valid_upto"`
	Parties     []string  `json:"parties,omitempty"`
	Transporter string    `json:"transporter,omitempty"`
	Cancelled   time.Time `json:"cancelled,omitzero"`
	Rejected    bool      `json:"rejected,omitempty"`
}

// active reports whether the bill can still be worked with.
func (b *Bill) active() bool { return b.Cancelled.IsZero() && !b.Rejected }

// State is all that a Portal keeps.
type State struct {
	Invoices []Invoice `json:"invoices,omitempty"`
	Bills    []Bill    `json:"bills,omitempty"`
}

// A Portal is safe for concurrent use, and its zero value ready to use.
type Portal struct {
	mu       sync.Mutex
	invoices shelf.Shelf[invoiceKey, *Invoice]
	bills    shelf.Shelf[billKey, *Bill]
	last     int64 // number of a bill
	track    bool
	changed  map[any]bool // the *Invoice and *Bill that Changes has not returned
}

type (
	invoiceKey struct{ tenant, irn string }
	billKey    struct {
		tenant string
		number int64
	}
)

// The limits of what a Portal keeps: invoices, as many bills, and the text of all signatures. It
// forgets the oldest.
const (
	maxRecords = 10_000
	maxText    = 64 << 20
)

// irn is the reference number of a document: the hash of its seller and of what identifies it.
func (i *Invoice) irn() string {
	sum := sha256.Sum256([]byte(i.Seller + i.Document))
	return hex.EncodeToString(sum[:])
}

// Register registers an invoice, and returns the one that is registered already if its seller
// and its document are the same. sign gives it its signatures.
func (p *Portal) Register(i Invoice, now time.Time, sign func(*Invoice) error) (Invoice, error) {
	i.IRN = i.irn()
	if known := p.registered(i); known != nil {
		return *known, nil
	}
	sum, _ := hex.DecodeString(i.IRN[:16])
	i.AckNumber = 100_000_000_000_000 + int64(binary.BigEndian.Uint64(sum)%900_000_000_000_000) // 15 digits
	i.AckDate = now
	if err := sign(&i); err != nil {
		return Invoice{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.invoices.Get(invoiceKey{i.Tenant, i.IRN}); ok {
		return *known, nil
	}
	p.putInvoice(&i)
	p.touch(&i)
	return i, nil
}

// registered returns a copy of the invoice that is registered already, or nil.
func (p *Portal) registered(i Invoice) *Invoice {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.invoices.Get(invoiceKey{i.Tenant, i.IRN}); ok {
		return new(*known)
	}
	return nil
}

// Invoice returns the invoice of an IRN.
func (p *Portal) Invoice(by Owner, irn string) (Invoice, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.invoice(by, irn)
	if err != nil {
		return Invoice{}, err
	}
	return *i, nil
}

func (p *Portal) invoice(by Owner, irn string) (*Invoice, error) {
	i, ok := p.invoices.Get(invoiceKey{by.Tenant, strings.ToLower(irn)})
	if !ok || i.GSTIN != by.GSTIN {
		return nil, NotFound
	}
	return i, nil
}

// CancelInvoice cancels an invoice within 24 hours, unless there is an active bill for it.
func (p *Portal) CancelInvoice(by Owner, irn, remarks string, now time.Time) (Invoice, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.invoice(by, irn)
	switch {
	case err != nil:
		return Invoice{}, err
	case !i.Cancelled.IsZero():
		return Invoice{}, Cancelled
	case now.Sub(i.AckDate) > cancelWindow:
		return Invoice{}, WindowExpired
	case p.activeBill(i) != nil:
		return Invoice{}, ActiveBill
	}
	i.Cancelled, i.Remarks, i.Signed, i.SignedQR = now, remarks, "", ""
	p.touch(i)
	return *i, nil
}

// activeBill is the one for an invoice, or nil.
func (p *Portal) activeBill(i *Invoice) *Bill {
	if b := p.bill(i.Tenant, i.Bill); b != nil && b.active() {
		return b
	}
	return nil
}

// BillFor generates the bill for a registered invoice, which has one active bill at most.
func (p *Portal) BillFor(by Owner, irn string, distance int, now time.Time) (Bill, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, err := p.invoice(by, irn)
	switch {
	case err != nil:
		return Bill{}, err
	case !i.Cancelled.IsZero(), p.activeBill(i) != nil:
		return Bill{}, Conflict
	}
	b := p.generate(Bill{Owner: by, Parties: []string{i.Seller, i.Buyer}}, distance, now)
	i.Bill = b.Number
	p.touch(i)
	return *b, nil
}

// Generate generates a bill without an invoice.
func (p *Portal) Generate(b Bill, distance int, now time.Time) Bill {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.generate(b, distance, now)
}

func (p *Portal) generate(b Bill, distance int, now time.Time) *Bill {
	p.last = max(p.last, 181_000_000_000) + 1 // 12 digits
	b.Number, b.Date, b.ValidUpto = p.last, now, now.Add(validity(distance))
	p.putBill(&b)
	p.touch(&b)
	return &b
}

// validity is a day for each 200 kilometres, and one at least.
func validity(distance int) time.Duration {
	return time.Duration(max(1, (distance+199)/200)) * 24 * time.Hour
}

// Bill returns the bill of a number.
func (p *Portal) Bill(by Owner, number int64) (Bill, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b := p.bill(by.Tenant, number); b != nil {
		return *b, nil
	}
	return Bill{}, NotFound
}

// change changes a bill of the tenant's, unless that returns an error.
func (p *Portal) change(by Owner, number int64, change func(*Bill) error) (Bill, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.bill(by.Tenant, number)
	if b == nil {
		return Bill{}, NotFound
	}
	if err := change(b); err != nil {
		return Bill{}, err
	}
	p.putBill(b)
	p.touch(b)
	return *b, nil
}

// Assigned lists the bills of a day whose transporter the owner is.
func (p *Portal) Assigned(by Owner, day string) []Bill {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Bill
	for _, b := range p.bills.All() {
		if b.Tenant == by.Tenant && b.Transporter == by.GSTIN && b.Date.UTC().Format(time.DateOnly) == day {
			list = append(list, *b)
		}
	}
	return list
}

// Move notes that a vehicle takes the goods, which the bill has to be active for.
func (p *Portal) Move(by Owner, number int64, now time.Time) (Bill, error) {
	return p.change(by, number, func(b *Bill) error {
		if !b.active() || now.After(b.ValidUpto) {
			return Conflict
		}
		return nil
	})
}

// Transport changes the transporter of an active bill.
func (p *Portal) Transport(by Owner, number int64, transporter string, now time.Time) (Bill, error) {
	return p.change(by, number, func(b *Bill) error {
		if !b.active() || now.After(b.ValidUpto) {
			return Conflict
		}
		b.Transporter = transporter
		return nil
	})
}

// Extend extends the validity of an active bill within 8 hours of its end.
func (p *Portal) Extend(by Owner, number int64, distance int, now time.Time) (Bill, error) {
	return p.change(by, number, func(b *Bill) error {
		if !b.active() || now.Sub(b.ValidUpto).Abs() > extendWindow {
			return Conflict
		}
		b.ValidUpto = b.ValidUpto.Add(validity(distance))
		return nil
	})
}

// CancelBill cancels a bill within 24 hours, by its generator.
func (p *Portal) CancelBill(by Owner, number int64, now time.Time) (Bill, error) {
	return p.change(by, number, func(b *Bill) error {
		if !b.active() || b.GSTIN != by.GSTIN || now.Sub(b.Date) > cancelWindow {
			return BillStands
		}
		b.Cancelled = now
		return nil
	})
}

// RejectBill rejects a bill within 72 hours, by a party that did not generate it.
func (p *Portal) RejectBill(by Owner, number int64, now time.Time) (Bill, error) {
	return p.change(by, number, func(b *Bill) error {
		switch {
		case b.GSTIN == by.GSTIN || !slices.Contains(b.Parties, by.GSTIN):
			return BillNotOurs
		case !b.active() || now.Sub(b.Date) > rejectWindow:
			return BillIsAccepted
		}
		b.Rejected = true
		return nil
	})
}

// touch notes a record for Changes. The mutex is held.
func (p *Portal) touch(record any) {
	if p.track {
		p.changed[record] = true
	}
}

// Track makes the Portal note its changes.
func (p *Portal) Track() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.track, p.changed = true, map[any]bool{}
}

// Changes are the records that have changed since it was last asked for them, or for a Snapshot.
func (p *Portal) Changes() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	var s State
	for record := range p.changed {
		switch r := record.(type) {
		case *Invoice:
			s.Invoices = append(s.Invoices, *r)
		case *Bill:
			s.Bills = append(s.Bills, *r)
		}
	}
	clear(p.changed)
	return s
}

// Snapshot is all that the Portal keeps.
func (p *Portal) Snapshot() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	var s State
	for _, i := range p.invoices.All() {
		s.Invoices = append(s.Invoices, *i)
	}
	for _, b := range p.bills.All() {
		s.Bills = append(s.Bills, *b)
	}
	clear(p.changed)
	return s
}

// Restore puts records in place, the later ones for the earlier ones.
func (p *Portal) Restore(s State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range s.Invoices {
		p.putInvoice(&i)
	}
	for _, b := range s.Bills {
		p.putBill(&b)
		p.last = max(p.last, b.Number)
	}
}

func (p *Portal) putInvoice(i *Invoice) {
	p.invoices.Max, p.invoices.MaxSize = maxRecords, maxText
	p.invoices.Put(invoiceKey{i.Tenant, i.IRN}, i, len(i.Signed)+len(i.SignedQR))
}

func (p *Portal) putBill(b *Bill) {
	p.bills.Max = maxRecords
	p.bills.Put(billKey{b.Tenant, b.Number}, b, shelf.SizeOf(b))
}

func (p *Portal) bill(tenant string, number int64) *Bill {
	b, _ := p.bills.Get(billKey{tenant, number})
	return b
}
