package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

// Paths of the sandbox, as the documents have them.
var (
	finventiToken  = tokenIn("sti-connector")
	finventiRevoke = "/finventi/auth" + docpath.Of(finventiserver.Document, "RevokeToken", "sti-connector")
	finapiToken    = "/finapi/auth" + docpath.Of(finapiserver.Document, "IssueToken", "customer")
	onefinopsToken = "/onefinops/login" + docpath.Of(onefinopsserver.Document, "IssueToken")
	fincalcToken   = "/fincalc" + docpath.Of(fincalcserver.Document, "IssueToken")

	reportAccounts  = "/finventi/api" + docpath.Of(finventiserver.Document, "ReportAccounts")
	verifyPayee     = "/finventi/vop-api" + docpath.Of(finventiserver.Document, "VerifyPayee")
	whoAmI          = "/finapi/api" + docpath.Of(finapiserver.Document, "WhoAmI")
	generateInvoice = "/onefinops/sandbox-api" + docpath.Of(onefinopsserver.Document, "GenerateEInvoice")
	generateLive    = "/onefinops/api" + docpath.Of(onefinopsserver.Document, "GenerateEInvoice")
	cancelInvoice   = "/onefinops/sandbox-api" + docpath.Of(onefinopsserver.Document, "CancelEInvoice")
	updatePartB     = "/onefinops/api" + docpath.Of(onefinopsserver.Document, "UpdateEWayBillPartB")
	listClients     = "/fincalc" + docpath.Of(fincalcserver.Document, "ListClients")
)

// tokenIn is the path of Finventi's token endpoint in a realm.
func tokenIn(realm string) string {
	return "/finventi/auth" + docpath.Of(finventiserver.Document, "IssueToken", realm)
}

const account = `[{"accountType":"CURRENT_ACCOUNT","iban":"LT601010012345678901","currency":"EUR","openedDate":"2026-05-14"}]`

// fakeClock is a clock that stands still until it is moved.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// caller talks to a sandbox as any HTTP client does.
type caller struct {
	*testing.T
	*sandbox.Instance
	clock *fakeClock
}

// start starts a sandbox whose token endpoints are the bare servers, which take the requests of
// these tests whatever the vendors' documents say.
func start(t *testing.T, opts ...sandbox.Option) caller {
	t.Helper()
	return startDocumented(t, append([]sandbox.Option{sandbox.WithoutDocument()}, opts...)...)
}

// instance starts such a sandbox with these options alone.
func instance(t testing.TB, opts ...sandbox.Option) *sandbox.Instance {
	t.Helper()
	return sandbox.Start(t, append([]sandbox.Option{sandbox.WithoutDocument()}, opts...)...)
}

// startDocumented starts a sandbox that follows the vendors' documents.
func startDocumented(t *testing.T, opts ...sandbox.Option) caller {
	t.Helper()
	t.Parallel()
	clock := newClock()
	return caller{t, sandbox.Start(t, append([]sandbox.Option{sandbox.WithClock(clock.Now)}, opts...)...), clock}
}

// reply is an answer that has been read.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any // nil where the body is no JSON object
}

func (r reply) text(name string) string {
	s, _ := r.json[name].(string)
	return s
}

func (r reply) number(name string) float64 {
	n, _ := r.json[name].(float64)
	return n
}

func (c caller) do(req *http.Request) reply {
	c.T.Helper()
	resp, err := c.Transport().RoundTrip(req)
	if err != nil {
		c.T.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, body: string(data)}
	_ = json.Unmarshal(data, &r.json)
	return r
}

// request makes a request; headers are names and values in turn.
func (c caller) request(method, path, body string, headers ...string) *http.Request {
	c.T.Helper()
	req, err := http.NewRequestWithContext(c.T.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.T.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// form turns names and values in turn into a form body.
func form(pairs ...string) string {
	var b []string
	for i := 0; i < len(pairs); i += 2 {
		b = append(b, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(b, "&")
}

const formType = "application/x-www-form-urlencoded"

func (c caller) post(path string, pairs ...string) reply {
	c.T.Helper()
	return c.do(c.request(http.MethodPost, path, form(pairs...), "Content-Type", formType))
}

func (c caller) postJSON(path, body string, headers ...string) reply {
	c.T.Helper()
	return c.do(c.request(http.MethodPost, path, body, append([]string{"Content-Type", "application/json"}, headers...)...))
}

// mint asks for a token as the vendor's page says and wants it.
func (c caller) mint(v sandbox.Vendor) reply {
	c.T.Helper()
	var r reply
	switch v {
	case sandbox.Finventi:
		r = c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")
	case sandbox.FinAPI:
		r = c.login()
	case sandbox.OneFinOps:
		r = c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test")
	case sandbox.FinCalc:
		r = c.postJSON(fincalcToken, fincalcRequest)
		data, _ := r.json["data"].(map[string]any)
		r.json = data
	}
	if r.status != http.StatusOK || r.text("access_token") == "" {
		c.T.Fatalf("no token of %s: %d %s", v, r.status, r.body)
	}
	return r
}

// The request on FinCalc's page.
const fincalcRequest = `{"grant_type":"client_credentials","client_id":12345,"client_secret":"bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7","scope":"api_scope","email_address":"hello@example.com"}`

func (c caller) login() reply {
	c.T.Helper()
	return c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "pw-anna")
}

func (c caller) refresh(token string) reply {
	c.T.Helper()
	return c.post(finapiToken, "grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", token)
}

// call makes the vendor's resource call with a token.
func (c caller) call(v sandbox.Vendor, token string) reply {
	c.T.Helper()
	bearer := "Bearer " + token
	switch v {
	case sandbox.Finventi:
		return c.postJSON(reportAccounts, account, "Authorization", bearer)
	case sandbox.FinAPI:
		return c.do(c.request(http.MethodGet, whoAmI, "", "Authorization", bearer))
	case sandbox.OneFinOps:
		return c.postJSON(generateInvoice, invoice, "Authorization", bearer, "gstin", "36AMBPG7773M002")
	}
	return c.do(c.request(http.MethodGet, listClients+"?PageNumber=2&PageSize=3", "", "Authorization", bearer))
}

const invoice = `{"documentDetails":{"type":"INV","number":"INV/2026/00001","date":"2026-05-14"},"transactionDetails":{"taxScheme":"GST","supplyType":"B2B"},
	"seller":{"gstin":"36AMBPG7773M002","legalName":"Seller Pvt Ltd","address1":"1 Market Road","location":"Hyderabad","pincode":500032,"stateCode":"36"},
	"buyer":{"gstin":"27FGHIJ5678K1Z2","legalName":"Buyer Pvt Ltd","address1":"2 Hill Road","location":"Mumbai","pincode":400001,"stateCode":"27"},
	"items":[{"serialNumber":"1","isService":"N","hsnCode":"8471","quantity":1,"unitPrice":10000,"totalAmount":10000}],"valueDetails":{"totalInvoiceValue":11800}}`

// want checks status, error and error_description.
func (r reply) want(t testing.TB, status int, code, description string) {
	t.Helper()
	if r.status != status || r.text("error") != code || r.text("error_description") != description {
		t.Errorf("got %d %s, want %d %q %q", r.status, r.body, status, code, description)
	}
}

func atoken(t testing.TB, r reply) string {
	t.Helper()
	token := r.text("access_token")
	if token == "" {
		t.Fatalf("no token: %d %s", r.status, r.body)
	}
	return token
}
