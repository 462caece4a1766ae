// Package onefinops answers for the API of OneFinOps.
package onefinops

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/einvoice"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/idempotency"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An API is the one for e-invoices and e-way bills, for one environment below each of its two
// prefixes.
type API struct {
	Gate   *gate.Gate
	Portal einvoice.Portal

	repeats idempotency.Store
}

// Resource returns what OneFinOps does beside what its document says.
func (a *API) Resource() call.API {
	return call.API{
		Enter:  func(c *call.Call) *answer.Answer { return enter(a.visit(c)) },
		Refuse: invalidFields,
		Calls: call.Bind(a.visit, map[string]op{
			"GenerateEInvoice":          once(reading(generateEInvoice)),
			"CancelEInvoice":            once(reading(cancelEInvoice)),
			"GetEInvoiceByIRN":          getEInvoice,
			"GenerateEWayBillByIRN":     once(reading(generateEWayBillByIRN)),
			"DecodeSignedQR":            once(reading(decodeSignedQR)),
			"GenerateEWayBill":          once(reading(generateEWayBill)),
			"GetEWayBill":               getEWayBill,
			"ListAssignedEWayBills":     listAssignedEWayBills,
			"UpdateEWayBillPartB":       once(reading(updateEWayBillPartB)),
			"ExtendEWayBill":            once(reading(extendEWayBill)),
			"UpdateEWayBillTransporter": once(reading(updateEWayBillTransporter)),
			"CancelEWayBill":            once(reading(cancelEWayBill)),
			"RejectEWayBill":            once(reading(rejectEWayBill)),
		}),
	}
}

// A visit is a call to the API.
type visit struct {
	*call.Call
	*API
}

type op = func(visit) answer.Answer

func (a *API) visit(c *call.Call) visit { return visit{c, a} }

// once carries an operation out once for each Idempotency-Key of a client.
func once(do op) op {
	return func(c visit) answer.Answer {
		key := c.Request.Header.Get("Idempotency-Key")
		if key == "" {
			return do(c)
		}
		a, outcome := c.repeats.Do(c.Client+"\x00"+key, c.Op.Path, c.Body, c.Now, func() answer.Answer { return do(c) })
		if outcome == idempotency.Mismatched {
			return c.refused("idempotency.key_reused_mismatch")
		}
		if outcome == idempotency.Replayed {
			a.With("Idempotent-Replay", "true")
		}
		return a
	}
}

func generateEInvoice(c visit, request onefinopsserver.EInvoiceRequest) answer.Answer {
	d, by := request.DocumentDetails, c.owner()
	i, err := c.Portal.Register(einvoice.Invoice{
		Owner:    by,
		Seller:   request.Seller.GSTIN,
		Buyer:    request.Buyer.GSTIN,
		Document: fmt.Sprintf("%s %s %s", d.Type, d.Number, d.Date),
	}, c.Now, func(i *einvoice.Invoice) error { return c.signInvoice(i, request) })
	if err != nil {
		return failures.OneFinOps(http.StatusInternalServerError, "Server Error")
	}
	a := c.invoice(i, nil)
	switch {
	case request.EWayBillDetails == nil || i.Bill != 0 || !i.Cancelled.IsZero():
	case c.environment() != accounts.LivePrefix: // no GSTIN there is enrolled for both
		for _, name := range []string{"ewbNumber", "ewbDate", "ewbValidTill"} {
			a.Members.Set(name, nil)
		}
	default:
		if _, err := c.Portal.BillFor(by, i.IRN, 0, c.Now); err != nil {
			return c.refused(err.Error())
		}
		i, err = c.Portal.Invoice(by, i.IRN)
		a = c.invoice(i, err)
	}
	return a
}

// signInvoice gives an invoice the signatures of the tax portal, which are those of the sandbox.
func (c visit) signInvoice(i *einvoice.Invoice, request onefinopsserver.EInvoiceRequest) (err error) {
	key := c.Gate.Rings[vendors.OneFinOps].Signing()
	if i.Signed, err = key.Sign(jsondoc.Object{{"iss", "sandbox"}, {"data", string(c.Body)}}); err != nil {
		return err
	}
	given, _ := request.ValueDetails["totalInvoiceValue"].(json.Number)
	total, failure := given.Float64()
	known := failure == nil
	for _, item := range request.Items {
		if !known {
			total += item.TotalAmount
		}
	}
	i.SignedQR, err = key.Sign(jsondoc.Object{{"iss", "sandbox"}, {"data", jsondoc.Object{
		{"sellerGstin", request.Seller.GSTIN},
		{"buyerGstin", request.Buyer.GSTIN},
		{"documentNumber", request.DocumentDetails.Number},
		{"documentType", request.DocumentDetails.Type},
		{"documentDate", request.DocumentDetails.Date},
		{"totalInvoiceValue", total},
		{"itemCount", len(request.Items)},
		{"mainHsnCode", request.Items[0].HSNCode},
		{"irn", i.IRN},
		{"irnDate", i.AckDate.UTC().Format(time.DateOnly)},
	}}})
	return err
}

func getEInvoice(c visit) answer.Answer {
	i, err := c.Portal.Invoice(c.owner(), c.Request.URL.Query().Get("irn"))
	return c.invoice(i, err)
}

func cancelEInvoice(c visit, request onefinopsserver.EInvoiceCancellation) answer.Answer {
	i, err := c.Portal.CancelInvoice(c.owner(), request.IRN, request.Remarks, c.Now)
	if err != nil {
		return c.refused(err.Error())
	}
	return answer.JSON(http.StatusOK, jsondoc.Object{
		{"irn", i.IRN},
		{"ackNumber", i.AckNumber},
		{"ackDate", wireTime(i.AckDate)},
		{"cancelDate", wireTime(i.Cancelled)},
		{"status", cancelled},
		{"remarks", i.Remarks},
	})
}

// cancelled is the portal's status of cancelled records. Its status of active ones is not known.
const cancelled = "CNL"

// invoice answers with an invoice and the newest bill for it, or with a refusal.
func (c visit) invoice(i einvoice.Invoice, err error) answer.Answer {
	if err != nil {
		return c.refused(err.Error())
	}
	members := jsondoc.Object{{"irn", i.IRN}, {"ackNumber", i.AckNumber}, {"ackDate", wireTime(i.AckDate)}}
	if i.Cancelled.IsZero() {
		members.Set("signedInvoice", i.Signed)
		members.Set("signedQrCode", i.SignedQR)
	} else {
		members.Set("status", cancelled)
	}
	if b, err := c.Portal.Bill(i.Owner, i.Bill); err == nil && b.Cancelled.IsZero() {
		members.Set("ewbNumber", b.Number)
		members.Set("ewbDate", wireTime(b.Date))
		members.Set("ewbValidTill", wireTime(b.ValidUpto))
	}
	return answer.JSON(http.StatusOK, members)
}

func generateEWayBillByIRN(c visit, request onefinopsserver.EWayBillByIRNRequest) answer.Answer {
	return c.bill(c.Portal.BillFor(c.owner(), request.IRN, request.Distance, c.Now))
}

// decodeSignedQR reads what signInvoice has signed. A bad signature is refused in production, and
// brings a warning in the sandbox.
func decodeSignedQR(c visit, request onefinopsserver.SignedQR) answer.Answer {
	claims, members := c.Gate.Rings[vendors.OneFinOps].Read(request.SignedQRCode), jsondoc.Object{}
	if claims == nil && c.environment() != accounts.LivePrefix {
		claims = signing.Unverified(request.SignedQRCode)
		members.Set("warning", "The signature of the QR code is not valid.")
	}
	if claims == nil {
		return c.refused("einvoice.signature.invalid")
	}
	data, _ := claims["data"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(data)) {
		members.Set(name, data[name])
	}
	return answer.JSON(http.StatusOK, members)
}

func generateEWayBill(c visit, request onefinopsserver.EWayBillRequest) answer.Answer {
	if request.SubSupplyType == onefinopsserver.SubSupplyTypeOthers && request.SubSupplyDescription == "" {
		return invalidFields(c.Op, http.StatusBadRequest, []openapi.Problem{{Path: "subSupplyDescription", Text: "is required with subSupplyType 8"}})
	}
	b := einvoice.Bill{Owner: c.owner(), Parties: []string{request.From.GSTIN, request.To.GSTIN}}
	return c.bill(c.Portal.Generate(b, request.Transport.Distance, c.Now), nil)
}

func getEWayBill(c visit) answer.Answer {
	number, _ := strconv.ParseInt(c.Request.URL.Query().Get("ewbNumber"), 10, 64) // it was checked
	return c.bill(c.Portal.Bill(c.owner(), number))
}

func listAssignedEWayBills(c visit) answer.Answer {
	list := []jsondoc.Object{}
	for _, b := range c.Portal.Assigned(c.owner(), c.Request.URL.Query().Get("date")) {
		list = append(list, billMembers(b))
	}
	return answer.Value(http.StatusOK, list)
}

func updateEWayBillPartB(c visit, request onefinopsserver.EWayBillPartB) answer.Answer {
	return c.bill(c.Portal.Move(c.owner(), request.EWBNumber, c.Now))
}

func extendEWayBill(c visit, request onefinopsserver.EWayBillExtension) answer.Answer {
	return c.bill(c.Portal.Extend(c.owner(), request.EWBNumber, request.RemainingDistance, c.Now))
}

func updateEWayBillTransporter(c visit, request onefinopsserver.EWayBillTransporter) answer.Answer {
	return c.bill(c.Portal.Transport(c.owner(), request.EWBNumber, request.TransporterID, c.Now))
}

func cancelEWayBill(c visit, request onefinopsserver.EWayBillCancellation) answer.Answer {
	return c.bill(c.Portal.CancelBill(c.owner(), request.EWBNumber, c.Now))
}

func rejectEWayBill(c visit, request onefinopsserver.EWayBillRejection) answer.Answer {
	return c.bill(c.Portal.RejectBill(c.owner(), request.EWBNumber, c.Now))
}

// bill answers with a bill, or with a refusal.
func (c visit) bill(b einvoice.Bill, err error) answer.Answer {
	if err != nil {
		return c.refused(err.Error())
	}
	return answer.JSON(http.StatusOK, billMembers(b))
}

func billMembers(b einvoice.Bill) jsondoc.Object {
	members := jsondoc.Object{{"ewbNumber", b.Number}, {"ewbDate", wireTime(b.Date)}, {"validUpto", wireTime(b.ValidUpto)}}
	if b.Transporter != "" {
		members.Set("transporterId", b.Transporter)
	}
	if !b.Cancelled.IsZero() {
		members.Set("status", cancelled)
		members.Set("cancelDate", wireTime(b.Cancelled))
	}
	if b.Rejected {
		members.Set("rejectStatus", "Y")
	}
	return members
}

// wireTime is a time as the vendor writes it.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// reading makes an operation of one that takes the body. The body has been checked against the
// document.
func reading[R any](do func(visit, R) answer.Answer) op {
	return func(c visit) answer.Answer {
		var request R
		if err := json.Unmarshal(c.Body, &request); err != nil {
			return failures.OneFinOps(http.StatusBadRequest, "The body cannot be read")
		}
		return do(c, request)
	}
}

// environment is the prefix of the clients that an API host is for.
func (c visit) environment() string {
	if strings.HasPrefix(c.Request.URL.Path, vendors.OneFinOpsLiveAPIPath+"/") {
		return accounts.LivePrefix
	}
	return accounts.TestPrefix
}

// owner is whose records a call is about: those of the client's organization and the GSTIN in the
// header, in one environment.
func (c visit) owner() einvoice.Owner {
	organization := c.Client
	if by := c.knownClient(c.Client); by != nil {
		organization = by.OrganizationID
	}
	return einvoice.Owner{Tenant: c.environment() + " " + organization, GSTIN: strings.ToUpper(c.Request.Header.Get("gstin"))}
}

// knownClient returns a client, or nil.
func (c visit) knownClient(id string) *accounts.LiveClient {
	return c.Gate.Accounts.Client(c.Gate.Accounts.Realm(vendors.OneFinOps, accounts.OneFinOpsRealm), id)
}

// refused is the failure that the document shows with a code.
func (c visit) refused(code string) answer.Answer {
	status, example := c.Op.Failure("code", code)
	message, _ := example["message"].(string)
	a := failures.OneFinOps(status, message)
	a.Members.Set("code", code)
	if upstream := example["upstream"]; upstream != nil {
		a.Members.Set("upstream", upstream)
	}
	return a
}

// enter checks what stands before every API call: token, environment, limit, plan.
func enter(c visit) *answer.Answer {
	t, problem := c.Gate.Token(c.Call)
	if problem == "" && !strings.HasPrefix(t.Client, c.environment()) {
		problem = failures.TokenEnvironment
	}
	if problem != "" {
		return new(failures.OneFinOps(http.StatusUnauthorized, string(problem)))
	}
	if refusal := c.Gate.Limit(c.Call); refusal != nil {
		return refusal
	}
	if by := c.knownClient(t.Client); by != nil && by.NotEntitled {
		return new(failures.OneFinOps(http.StatusForbidden, "The plan does not include this call"))
	}
	return nil
}

// invalidFields is the envelope for fields that are wrong. A body that is no JSON value at all has
// no fields, and gets 400.
func invalidFields(_ *openapi.Operation, status int, problems []openapi.Problem) answer.Answer {
	if status != http.StatusBadRequest || problems[0].Path == "" {
		return failures.OneFinOps(status, problems[0].String())
	}
	a := failures.OneFinOps(http.StatusUnprocessableEntity, "The request did not pass validation")
	var details []jsondoc.Object
	for _, p := range problems {
		details = append(details, jsondoc.Object{{"field", p.Path}, {"code", "invalid"}, {"message", p.String()}})
	}
	a.Members.Set("details", details)
	return a
}
