package spec_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

// The paths of the sandbox, as the documents have them.
var (
	reportCall   = "/finventi/api" + docpath.Of(finventiserver.Document, "ReportAccounts")
	payeeToken   = "/finventi/auth" + docpath.Of(finventiserver.Document, "IssueToken", "demo-tenant")
	payeeCall    = "/finventi/vop-api" + docpath.Of(finventiserver.Document, "VerifyPayee")
	whoamiCall   = "/finapi/api" + docpath.Of(finapiserver.Document, "WhoAmI")
	einvoiceCall = "/onefinops/sandbox-api" + docpath.Of(onefinopsserver.Document, "GenerateEInvoice")
	einvoiceLive = "/onefinops/api" + docpath.Of(onefinopsserver.Document, "GenerateEInvoice")
	clientsCall  = "/fincalc" + docpath.Of(fincalcserver.Document, "ListClients")
)

// What calls send.
const (
	payeeForm    = "grant_type=client_credentials&client_id=api-vop-client&client_secret=s3cr3t-api-vop-client"
	account      = `[{"accountType":"CURRENT_ACCOUNT","iban":"LT601010012345678901","currency":"EUR","openedDate":"2026-05-14"}]`
	einvoiceJSON = `{"documentDetails":{"type":"INV","number":"INV/2026/00001","date":"2026-05-14"},"transactionDetails":{"taxScheme":"GST","supplyType":"B2B"},
	"seller":{"gstin":"36AMBPG7773M002","legalName":"Seller Pvt Ltd","address1":"1 Market Road","location":"Hyderabad","pincode":500032,"stateCode":"36"},
	"buyer":{"gstin":"27FGHIJ5678K1Z2","legalName":"Buyer Pvt Ltd","address1":"2 Hill Road","location":"Mumbai","pincode":400001,"stateCode":"27"},
	"items":[{"serialNumber":"1","isService":"N","hsnCode":"8471","quantity":1,"unitPrice":10000,"totalAmount":10000}],"valueDetails":{"totalInvoiceValue":11800}}`
	verification = `{"iban":"LT123456789012345678","account_holder_name":"Name Example"}`
	organisation = `{"iban":"LT123456789012345678","organisation_identification":{"lei":"5493001KJTIIGC8Y1R12"}}`
	both         = `{"iban":"LT123456789012345678","account_holder_name":"A","organisation_identification":{"lei":"5493001KJTIIGC8Y1R12"}}`
)

// accessToken returns the access token of a token answer.
func (v *vendors) accessToken(status int, body string) string {
	v.Helper()
	v.want(200)(status, body)
	token := member(body, "access_token")
	if token == "" {
		v.Fatalf("no token: %s", body)
	}
	return token
}

// member reads a text of a token answer. FinCalc's answer is in an envelope.
func member(body, name string) string {
	var answer map[string]any
	if json.Unmarshal([]byte(body), &answer) != nil {
		return ""
	}
	if data, ok := answer["data"].(map[string]any); ok {
		answer = data
	}
	text, _ := answer[name].(string)
	return text
}

// TestCalls makes valid and invalid resource calls.
func TestCalls(t *testing.T) {
	t.Parallel()
	v := start(t,
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: auth.NewSecret("s3cr3t-ofin-test")}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_poor", Secret: auth.NewSecret("s"), NotEntitled: true}))
	finventi := v.accessToken(v.form(finventiToken, finventiForm))
	payee := v.accessToken(v.form(payeeToken, payeeForm))
	finapi := v.accessToken(v.form(finapiToken, finapiForm))
	onefinops := v.accessToken(v.form(onefinopsToken, onefinopsForm))
	poor := v.accessToken(v.form(onefinopsToken, "grant_type=client_credentials&client_id=ofin_test_poor&client_secret=s"))
	fincalc := v.accessToken(v.json(fincalcToken, fincalcJSON))

	call := func(status int, method, path, token, body string, header map[string]string) {
		t.Helper()
		all := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
		if token == "" {
			delete(all, "Authorization")
		}
		maps.Copy(all, header)
		v.want(status)(v.send(method, path, all, body))
	}
	post, get := http.MethodPost, http.MethodGet
	key := map[string]string{"Idempotency-Key": "k"}
	gstin := map[string]string{"gstin": "36AMBPG7773M002"}

	for _, body := range []string{verification, organisation, both} {
		call(200, post, payeeCall, payee, body, map[string]string{"Idempotency-Key": body})
		call(200, post, payeeCall, payee, body, map[string]string{"Idempotency-Key": body})
	}
	call(400, post, payeeCall, payee, verification, nil)
	for _, body := range []string{"", "{", "{}", "null", "[]", `{"iban":""}`, `{"iban":7}`, `{"iban":"LT123456789012345678"}`,
		`{"iban":"LT123456789012345678","account_holder_name":7}`, `{"iban":"LT123456789012345678","organisation_identification":{}}`} {
		call(400, post, payeeCall, payee, body, key)
	}
	call(200, post, reportCall, finventi, account, nil)
	for _, body := range []string{"", "{", "{}", "null", "[{}]", "[null]", `[{"accountType":"CHEQUE","iban":"LT601010012345678901","currency":"EUR","openedDate":"2026-05-14"}]`} {
		call(400, post, reportCall, finventi, body, nil)
	}
	call(401, post, reportCall, payee, account, nil)
	call(401, post, payeeCall, finventi, verification, key)
	call(200, get, whoamiCall, finapi, "", nil)
	call(200, post, einvoiceCall, onefinops, einvoiceJSON, gstin)
	call(401, post, einvoiceLive, onefinops, einvoiceJSON, gstin)
	call(403, post, einvoiceCall, poor, einvoiceJSON, gstin)
	call(422, post, einvoiceCall, onefinops, einvoiceJSON, nil)
	call(422, post, einvoiceCall, onefinops, einvoiceJSON, map[string]string{"gstin": "short"})
	for body, status := range map[string]int{"": 400, "{": 400, "{}": 422, "null": 400, "[]": 400, `{"items":7}`: 422} {
		call(status, post, einvoiceCall, onefinops, body, gstin)
	}
	for _, query := range []string{"", "?PageNumber=1", "?PageSize=100", "?PageNumber=2&PageSize=3", "?PageNumber=1000000", "?PageNumber=9223372036854775807"} {
		call(200, get, clientsCall+query, fincalc, "", nil)
	}
	for _, query := range []string{"?PageNumber=0", "?PageNumber=-1", "?PageSize=0", "?PageSize=101", "?PageSize=x", "?PageNumber=", "?PageNumber=1&PageNumber=2",
		"?PageNumber=92233720368547758070"} {
		call(422, get, clientsCall+query, fincalc, "", nil)
	}

	// Invalid tokens.
	for _, token := range []string{"", "garbage", "a.b.c", finventi + "x"} {
		call(401, post, payeeCall, token, verification, key)
		call(401, get, whoamiCall, token, "", nil)
		call(401, post, einvoiceCall, token, einvoiceJSON, gstin)
		call(401, get, clientsCall, token, "", nil)
		call(401, post, einvoiceCall, token, "", nil)
		call(401, get, clientsCall+"?PageSize=x", token, "", nil)
	}
	// Another vendor's token.
	call(401, post, payeeCall, onefinops, verification, key)
	call(401, get, whoamiCall, finventi, "", nil)
	call(401, post, einvoiceCall, finventi, einvoiceJSON, gstin)
	call(401, get, clientsCall, finapi, "", nil)
	for _, path := range []string{payeeCall, whoamiCall, einvoiceCall, clientsCall} {
		call(405, http.MethodDelete, path, finventi, "", nil)
		call(404, get, path+"/no/such/path", finventi, "", nil)
	}
	v.Advance(25 * time.Hour)
	call(401, post, payeeCall, payee, verification, key)
	call(401, get, whoamiCall, finapi, "", nil)
	call(401, post, einvoiceCall, onefinops, einvoiceJSON, gstin)
	call(401, get, clientsCall, fincalc, "", nil)
}

// TestCallLimits spends what a client may call.
func TestCallLimits(t *testing.T) {
	t.Parallel()
	limit := sandbox.Limit{Requests: 1, Per: time.Hour}
	var opts []sandbox.Option
	for _, vendor := range sandbox.Vendors() {
		opts = append(opts, sandbox.WithLimit(vendor, sandbox.APIEndpoint, limit))
	}
	v := start(t, opts...)
	finventi := v.accessToken(v.form(finventiToken, finventiForm))
	onefinops := v.accessToken(v.form(onefinopsToken, onefinopsForm))
	fincalc := v.accessToken(v.json(fincalcToken, fincalcJSON))
	finapi := v.accessToken(v.form(finapiToken, finapiForm))
	for _, status := range []int{200, 429} {
		v.want(status)(v.send(http.MethodPost, reportCall, map[string]string{"Authorization": "Bearer " + finventi, "Content-Type": "application/json"}, account))
		v.want(status)(v.send(http.MethodPost, einvoiceCall, map[string]string{"Authorization": "Bearer " + onefinops,
			"Content-Type": "application/json", "gstin": "36AMBPG7773M002"}, einvoiceJSON))
		v.want(status)(v.send(http.MethodGet, clientsCall, map[string]string{"Authorization": "Bearer " + fincalc}, ""))
		v.want(status)(v.send(http.MethodGet, whoamiCall, map[string]string{"Authorization": "Bearer " + finapi}, ""))
	}
}
