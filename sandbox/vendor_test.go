package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

func members(t *testing.T, body string) []string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	var names []string
	depth := 0
	for {
		tok, err := dec.Token()
		if err != nil {
			return names
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			continue
		}
		if depth == 1 {
			names = append(names, tok.(string))
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTokenAnswer_hasTheDocumentedMembers(t *testing.T) {
	c := start(t)
	for v, want := range map[sandbox.Vendor]string{
		sandbox.Finventi: "access_token expires_in refresh_expires_in token_type not-before-policy scope",
		sandbox.FinAPI: "access_token expires_in refresh_expires_in refresh_token token_type not-before-policy session_state scope " +
			"mandator_name mandator_uuid is_test_mandator is_technical_user",
		sandbox.OneFinOps: "access_token expires_in token_type scope",
		sandbox.FinCalc:   "success data",
	} {
		r := c.mint(v)
		if got := strings.Join(members(t, r.body), " "); got != want {
			t.Errorf("%s: members %s\nwant %s", v, got, want)
		}
		token(t, vendorDocuments[v], func(_, _, documented, _ map[string]any) {
			if got, want := fmt.Sprint(r.number("expires_in")), fmt.Sprint(documented["expires_in"]); got != want {
				t.Errorf("%s: expires_in %s, want %s", v, got, want)
			}
		})
		for name, value := range map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache", "Content-Type": "application/json"} {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: header %s: %q, want %q", v, name, got, value)
			}
		}
	}
}

func TestToken_beginsAsDocumented(t *testing.T) {
	c := start(t)
	if token := c.mint(sandbox.Finventi).text("access_token"); !strings.HasPrefix(token, "eyJhbGciOiJSUzI1NiIsInR5cCIgOiAiSldUIiwia2lkIiA6IC") {
		t.Errorf("Finventi: %s", token)
	}
	if token := c.login().text("refresh_token"); !strings.HasPrefix(token, "eyJhbGciOiJIUzUxMiIsInR5cCIgOiAiSldUIiwia2lkIiA6IC") {
		t.Errorf("finAPI: %s", token)
	}
}

func TestToken_hasTheDocumentedClaims(t *testing.T) {
	c := start(t)
	now := c.clock.Now()
	for v, want := range map[sandbox.Vendor]map[string]any{
		sandbox.Finventi: {
			"iss": c.URL + "/finventi/auth/realms/sti-connector", "aud": "account", "azp": "sti-client", "client_id": "sti-client",
			"preferred_username": "service-account-sti-client", "typ": "Bearer", "scope": "profile email",
		},
		sandbox.FinAPI: {
			"iss": c.URL + "/finapi/auth/realms/customer", "azp": "demobank-cli", "preferred_username": "anna",
			"mandator_name": "finAPI Demobank", "is_test_mandator": "false", "is_technical_user": "false",
		},
		sandbox.OneFinOps: {"aud": "onefinops.api", "organization_id": "org_test_1", "azp": "ofin_test_abc"},
		sandbox.FinCalc:   {"aud": "12345", "sub": ""},
	} {
		r := c.mint(v)
		claims, err := auth.ParseClaims(atoken(t, r))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if !reflect.DeepEqual(claims.Members[name], value) {
				t.Errorf("%s: claim %s is %v, want %v", v, name, claims.Members[name], value)
			}
		}
		if !claims.IssuedAt.Equal(now) || claims.ExpiresAt.Sub(now) != time.Duration(r.number("expires_in"))*time.Second {
			t.Errorf("%s: from %v to %v", v, claims.IssuedAt, claims.ExpiresAt)
		}
		if claims.ID == "" {
			t.Errorf("%s: no jti", v)
		}
	}
}

func TestAPI_acceptsItsToken(t *testing.T) {
	c := start(t)
	for v, want := range map[sandbox.Vendor]string{
		sandbox.Finventi:  `"status":"SUCCESS"`,
		sandbox.FinAPI:    `"username":"anna"`,
		sandbox.OneFinOps: `"irn":"`,
		sandbox.FinCalc:   `"PreviousPage":"` + c.URL + listClients + `?PageNumber=1&PageSize=3"`,
	} {
		if r := c.call(v, c.mint(v).text("access_token")); r.status != http.StatusOK || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %s", v, r.status, r.body)
		}
	}
}

// refused are the ways in which each vendor's API says 401.
func refused(t *testing.T, v sandbox.Vendor, r reply, problem string) {
	t.Helper()
	shape := map[sandbox.Vendor]string{
		sandbox.Finventi:  `"error_description":"` + problem,
		sandbox.FinAPI:    `"error_description":"` + problem,
		sandbox.OneFinOps: `"object":"error","code":"unauthorized","message":"` + problem,
		sandbox.FinCalc:   `"success":false,"message":"` + problem,
	}[v]
	if r.status != http.StatusUnauthorized || !strings.Contains(r.body, shape) {
		t.Errorf("%s: %d %s, want 401 with %s", v, r.status, r.body, shape)
	}
	if wants := v == sandbox.Finventi || v == sandbox.FinAPI; wants != (r.header.Get("WWW-Authenticate") != "") {
		t.Errorf("%s: WWW-Authenticate %q", v, r.header.Get("WWW-Authenticate"))
	}
}

func TestAPI_refusesOtherTokens(t *testing.T) {
	c := start(t)
	tokens := map[sandbox.Vendor]string{}
	for _, v := range sandbox.Vendors() {
		tokens[v] = c.mint(v).text("access_token")
	}
	for _, v := range sandbox.Vendors() {
		refused(t, v, c.call(v, "garbage-garbage"), "The access token is not a JWT of this server")
		parts := strings.Split(tokens[v], ".")
		refused(t, v, c.call(v, parts[0]+"."+parts[1]+"."+parts[2][:len(parts[2])-4]+"AAAA"), "The access token is not a JWT of this server")
		for other, token := range tokens {
			if other != v {
				refused(t, v, c.call(v, token), "The access token is not a JWT of this server")
			}
		}
	}
	refused(t, sandbox.FinAPI, c.do(c.request(http.MethodGet, whoAmI, "")), "The access token is missing")
	refused(t, sandbox.FinAPI, c.do(c.request(http.MethodGet, whoAmI, "", "Authorization", "Basic YTpi")), "The access token is missing")
	refused(t, sandbox.OneFinOps, c.postJSON(generateInvoice, invoice), "The access token is missing")
	refused(t, sandbox.Finventi, c.postJSON(reportAccounts, "{}"), "The access token is missing")
	refused(t, sandbox.FinCalc, c.do(c.request(http.MethodGet, listClients+"?PageSize=x", "")), "The access token is missing")
}

func TestAPI_refusesAnExpiredToken(t *testing.T) {
	c := start(t)
	for _, v := range sandbox.Vendors() {
		r := c.mint(v)
		lifetime := time.Duration(r.number("expires_in")) * time.Second
		c.clock.Advance(lifetime)
		if got := c.call(v, atoken(t, r)); got.status != http.StatusOK {
			t.Errorf("%s: at the last second: %d %s", v, got.status, got.body)
		}
		c.clock.Advance(time.Second)
		refused(t, v, c.call(v, atoken(t, r)), "The access token has expired")
	}
}

func TestAdvance_agesTokens(t *testing.T) {
	c := start(t)
	token := c.mint(sandbox.Finventi).text("access_token")
	c.Advance(46 * time.Minute)
	refused(t, sandbox.Finventi, c.call(sandbox.Finventi, token), "The access token has expired")
	if got := c.Now(); !got.Equal(c.clock.Now().Add(46 * time.Minute)) {
		t.Errorf("the sandbox's clock shows %v", got)
	}
}

func TestAPI_refusesARevokedToken(t *testing.T) {
	c := start(t)
	for _, v := range sandbox.Vendors() {
		token := c.mint(v).text("access_token")
		if n := c.RevokeTokens(v); n != 1 {
			t.Errorf("%s: %d tokens revoked, want 1", v, n)
		}
		refused(t, v, c.call(v, token), "The access token has been revoked")
		if r := c.call(v, c.mint(v).text("access_token")); r.status != http.StatusOK {
			t.Errorf("%s: a new token: %d %s", v, r.status, r.body)
		}
	}
}

func TestOneFinOps_refusesTheOtherEnvironment(t *testing.T) {
	c := start(t)
	live := atoken(t, c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_live_abc", "client_secret", "s3cr3t-ofin-live"))
	test := c.mint(sandbox.OneFinOps).text("access_token")
	const problem = "The client's allowed audience does not match this API host"
	refused(t, sandbox.OneFinOps, c.call(sandbox.OneFinOps, live), problem)
	at := func(token string) reply {
		return c.postJSON(generateLive, invoice, "Authorization", "Bearer "+token, "gstin", "36AMBPG7773M002")
	}
	refused(t, sandbox.OneFinOps, at(test), problem)
	if r := at(live); r.status != http.StatusOK {
		t.Errorf("live client at the live host: %d %s", r.status, r.body)
	}
}

func TestOneFinOps_refusesWhatThePlanLacks(t *testing.T) {
	c := start(t, sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: auth.NewSecret("s3cr3t-ofin-test"), NotEntitled: true}))
	r := c.call(sandbox.OneFinOps, c.mint(sandbox.OneFinOps).text("access_token"))
	if r.status != http.StatusForbidden || r.text("code") != "not_entitled" || r.number("httpStatus") != 403 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestOneFinOps_namesTheInvalidField(t *testing.T) {
	c := start(t)
	bearer := "Bearer " + c.mint(sandbox.OneFinOps).text("access_token")
	path := generateInvoice
	for field, r := range map[string]reply{
		"gstin": c.postJSON(path, invoice, "Authorization", bearer),
		"items": c.postJSON(path, strings.Replace(invoice, `"items"`, `"lines"`, 1), "Authorization", bearer, "gstin", "36AMBPG7773M002"),
	} {
		if r.status != http.StatusUnprocessableEntity || r.text("code") != "validation_error" || !strings.Contains(r.body, `"details":[{"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", field, r.status, r.body)
		}
	}
}

// tenantToken returns an access token of a client of Finventi whose id is the same for all tenants.
func (c caller) tenantToken(client string) string {
	c.T.Helper()
	return atoken(c.T, c.post(tokenIn("demo-tenant"), "grant_type", "client_credentials",
		"client_id", client, "client_secret", "s3cr3t-"+client))
}

func TestFinventi_refusesTokensOfOtherProducts(t *testing.T) {
	c := start(t)
	tokens := map[string]string{
		reportAccounts: atoken(t, c.mint(sandbox.Finventi)),
		verifyPayee:    c.tenantToken("api-vop-client"),
		"/finventi/payments-api" + docpath.Of(finventiserver.Document, "CreatePaymentAccount"): c.tenantToken("api-sepa-gateway-client"),
	}
	for path := range tokens {
		for own, token := range tokens {
			r := c.postJSON(path, "{}", "Authorization", "Bearer "+token)
			if path == own {
				r.want(t, http.StatusBadRequest, "invalid_request", r.text("error_description"))
				continue
			}
			refused(t, sandbox.Finventi, r, "The access token is of another product's client")
		}
	}
}

// payees is a path of Verification of Payee.
func payees(operationID string, values ...string) string {
	return "/finventi/vop-api" + docpath.Of(finventiserver.Document, operationID, values...)
}

func TestPayees_areVerifiedOnceTheyAreImported(t *testing.T) {
	plain := token(t, vendorDocuments[sandbox.Finventi], func(_, _, _, _ map[string]any) {})
	c := startDocumented(t, sandbox.WithDocument(plain))
	accounts := payees("ImportPayeeAccounts")
	const iban = "LT000000000000000001"
	bearer := "Bearer " + c.tenantToken("api-vop-client")
	n := 0
	ask := func(method, path, body string) reply {
		n++
		return c.do(c.request(method, path, body, "Content-Type", "application/json", "Authorization", bearer, "Idempotency-Key", strconv.Itoa(n)))
	}
	verified := func(name, want string) {
		t.Helper()
		r := ask(http.MethodPost, verifyPayee, `{"iban":"`+iban+`","account_holder_name":"`+name+`"}`)
		if r.text("match_result") != want {
			t.Errorf("%s: %d %s, want %s", name, r.status, r.body, want)
		}
	}
	verified("Ana Example", "CANNOT_VERIFY")
	r := ask(http.MethodPost, accounts, `{"accounts":[{"iban":"LT00 0000 0000 0000 0001","client_id":"c7","account_holder_names":["Ana Example"],"aliases":["Annie"]}]}`)
	if r.status != http.StatusOK || r.number("imported_count") != 1 || r.number("failed_count") != 0 {
		t.Errorf("imported: %d %s", r.status, r.body)
	}
	verified("Ana Example", "MATCH")
	verified("annie", "MATCH")
	verified("Ben Example", "CLOSE_MATCH")

	if r := ask(http.MethodPut, payees("UpdatePayeeAccountByIBAN", iban), `{"account_holder_names":["Cleo Sample"]}`); r.status != http.StatusOK || r.text("client_id") != "c7" {
		t.Errorf("changed by IBAN: %d %s", r.status, r.body)
	}
	verified("Ana Example", "NO_MATCH")
	if r := ask(http.MethodPut, payees("UpdatePayeeAccountsByClientID", "c7"), `{"account_holder_names":["Dan Sample"]}`); r.status != http.StatusOK || !strings.Contains(r.body, iban[:4]) {
		t.Errorf("changed by client: %d %s", r.status, r.body)
	}
	verified("Dan Sample", "MATCH")
	for _, path := range []string{payees("UpdatePayeeAccountByIBAN", "LT99"), payees("UpdatePayeeAccountsByClientID", "nobody")} {
		if r := ask(http.MethodPut, path, `{"account_holder_names":["Eve"]}`); r.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	r = ask(http.MethodDelete, payees("DeletePayeeAccounts"), `{"client_ids":["c7","nobody"]}`)
	if r.number("total_count") != 2 || r.number("deleted_count") != 1 || r.number("failed_count") != 1 || !strings.Contains(r.body, iban) {
		t.Errorf("deleted: %d %s", r.status, r.body)
	}
	verified("Dan Sample", "CANNOT_VERIFY")
}

func TestPayees_areVerified(t *testing.T) {
	c := start(t)
	bearer := "Bearer " + c.tenantToken("api-vop-client")
	verify := func(key, body string) reply {
		return c.postJSON(verifyPayee, body, "Authorization", bearer, "Idempotency-Key", key)
	}
	for body, want := range map[string]string{
		`{"iban":"LT123456789012345678","account_holder_name":"alice  johnson"}`:                       "MATCH",
		`{"iban":"LT123456789012345678","account_holder_name":"A. Johnson"}`:                           "CLOSE_MATCH",
		`{"iban":"LT123456789012345678","account_holder_name":"Name Example"}`:                         "NO_MATCH",
		`{"iban":"GB33BUKB20201555555555","account_holder_name":"Name Example"}`:                       "CANNOT_VERIFY",
		`{"iban":"LT601010012345678901","organisation_identification":{"lei":"529900T8BM49AURSDO55"}}`: "MATCH",
		`{"iban":"LT601010012345678901","organisation_identification":{"lei":"529900T8BM49AURSDO56"}}`: "NO_MATCH",
	} {
		r := verify(body, body)
		if r.status != http.StatusOK || r.text("match_result") != want || (r.text("real_name") != "") != (want == "CLOSE_MATCH") {
			t.Errorf("%s: %d %s, want %s", body, r.status, r.body, want)
		}
		if again := verify(body, body); again.body != r.body {
			t.Errorf("the same Idempotency-Key got %s, then %s", r.body, again.body)
		}
	}
	for _, r := range []reply{
		verify("", `{"iban":"LT123456789012345678","account_holder_name":"A"}`),
		verify("k", `{"iban":"","account_holder_name":"A"}`),
		verify("k", `{"iban":"LT123456789012345678"}`),
		verify("k", `[]`),
		c.postJSON(verifyPayee, `{"iban":"LT123456789012345678","account_holder_name":"A"}`, "Authorization", bearer),
	} {
		if r.status != http.StatusBadRequest {
			t.Errorf("%d %s, want 400", r.status, r.body)
		}
	}
}

func TestFinCalcClients_arePaged(t *testing.T) {
	c := start(t)
	bearer := "Bearer " + c.mint(sandbox.FinCalc).text("access_token")
	list := func(query string) reply {
		return c.do(c.request(http.MethodGet, listClients+query, "", "Authorization", bearer))
	}
	var seen []string
	next := "?PageNumber=1&PageSize=3"
	for next != "" {
		r := list(next)
		for _, item := range r.json["data"].([]any) {
			seen = append(seen, item.(map[string]any)["ClientGUID"].(string))
		}
		link, _ := r.json["meta"].(map[string]any)["Links"].(map[string]any)["NextPage"].(string)
		_, query, found := strings.Cut(link, "?")
		next = ""
		if found {
			next = "?" + query
		}
	}
	all := list("")
	if n := len(all.json["data"].([]any)); n != len(seen) || n < 4 {
		t.Errorf("%d clients page by page, %d at once", len(seen), n)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != len(all.json["data"].([]any)) {
		t.Error("a client came twice")
	}
	if r := list("?PageNumber=9223372036854775807&PageSize=100"); r.status != http.StatusOK || len(r.json["data"].([]any)) != 0 {
		t.Errorf("far beyond the end: %d %s", r.status, r.body)
	}
	for _, query := range []string{"?PageSize=0", "?PageSize=101", "?PageNumber=0", "?PageNumber=one"} {
		if r := list(query); r.status != http.StatusUnprocessableEntity || !strings.HasPrefix(r.body, `{"success":false,"message":"Validation Error","data":{"Page`) {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}

func TestWithAllowedIPs_refusesOthers(t *testing.T) {
	c := start(t, sandbox.WithAllowedIPs("192.0.2.0/24"))
	c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti").
		want(t, http.StatusForbidden, "forbidden", "IP address not allowed")
	if r := c.call(sandbox.Finventi, "token-token"); r.status != http.StatusForbidden {
		t.Errorf("the API: %d %s", r.status, r.body)
	}
	c.mint(sandbox.FinAPI)
}

func TestWithAllowedIPs_admitsKnownAddresses(t *testing.T) {
	for _, addresses := range [][]string{{"127.0.0.1", "::1"}, {"::ffff:127.0.0.1", "::1"}, {"::ffff:127.0.0.0/104", "::1"}} {
		t.Run(addresses[0], func(t *testing.T) {
			c := start(t, sandbox.WithAllowedIPs(addresses...))
			c.mint(sandbox.Finventi)
		})
	}
}
