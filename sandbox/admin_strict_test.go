package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

func TestAdmin_namesTheAllowedMethods(t *testing.T) {
	c := start(t)
	for _, row := range []struct{ method, path, allow string }{
		{"PUT", "/faults", "DELETE, GET, HEAD, POST"},
		{"POST", "/journal", "DELETE, GET, HEAD"},
		{"GET", "/clock", "POST"},
		{"PATCH", "/tokens/some-id", "DELETE"},
		{"PUT", "/keys/finapi", "GET, HEAD, POST"},
		{"POST", "/events", "GET, HEAD"},
		{"DELETE", "/health", "GET, HEAD"},
	} {
		r := c.wantAdmin(row.method, row.path, "", http.StatusMethodNotAllowed, "error")
		if got := r.header.Get("Allow"); got != row.allow {
			t.Errorf("%s %s: Allow: %s, want %s", row.method, row.path, got, row.allow)
		}
	}
	c.wantAdmin("PUT", "/nothing", "", 404, "error")
	if r := c.admin("PUT", "/faults", "", "Origin", "https://evil.example"); r.status != 403 {
		t.Errorf("another site's page: %d", r.status)
	}
}

func TestAdmin_refusesUnclearRequests(t *testing.T) {
	c := start(t)
	for _, row := range []struct{ path, body, part string }{
		{"/faults", `{"name":"503"} {"name":"500"}`, "after top-level value"},
		{"/faults", `{"name":"503"}]`, "after top-level value"},
		{"/faults", `{"name":"503","name":"504"}`, "twice"},
		{"/faults", `{"NAME":"503"}`, `did you mean \"name\"?`},
		{"/faults", `{"name":"50"}`, "did you mean"},
		{"/faults", `{"name":"nope at all"}`, "there are "},
		{"/faults", `{"name":"503","vendor":"finventy"}`, "finventi, finapi, onefinops, fincalc"},
		{"/faults", `{"name":"503","endpoint":"tokn"}`, "token, certs, revoke"},
		{"/faults", `{"status":503,"header":{"Retry-After":7}}`, "a text in quotes"},
		{"/faults", `{"name":"503","rate":"often"}`, "a number"},
		{"/faults", `{"status":204,"body":"x"}`, "has no body"},
		{"/clock", `{"advance":"99999999h"}`, "no more than 2562047h"},
		{"/accounts", `{"disabled":true}`, "name a user, or a vendor and a client"},
		{"/accounts", `{"client":"sti-client","disabled":true}`, "finventi, finapi, onefinops, fincalc"},
		{"/accounts", `{"vendor":"nope","client":"sti-client","disabled":true}`, "finventi, finapi, onefinops, fincalc"},
		{"/accounts", `{"password":"x"}`, "name a user"},
		{"/accounts", `{"vendor":"finventi","client":"sti-client","password":"x"}`, "a client has no password"},
		{"/accounts", `{"vendor":"finventi","client":"sti-client","user":"anna","disabled":true}`, "a user or a client"},
		{"/accounts", `{"vendor":"fincalc","user":"anna","disabled":true}`, "users are finapi's"},
		{"/secrets", `{}`, "finventi, finapi, onefinops, fincalc"},
		{"/secrets", `{"vendor":"nope","client":"x"}`, "finventi, finapi, onefinops, fincalc"},
		{"/secrets", `{"vendor":"finventi"}`, "name a client"},
		{"/secrets", `{"vendor":"finventi","client":"x"}`, `"error":"finventi has no client`},
		{"/logout", `{}`, "name a user"},
	} {
		c.wantAdmin(http.MethodPost, row.path, row.body, 400, row.part)
	}
	if r := c.admin(http.MethodPost, "/logout", `{"user":"`+strings.Repeat("x", 1<<20)+`"}`); r.status != 400 ||
		!strings.Contains(r.body, "larger than 1048576 bytes") {
		t.Errorf("a large body: %d %s", r.status, r.body)
	}
	c.wantAdmin(http.MethodGet, "/faults", "", 200, "[]")
	c.wantAdmin(http.MethodPost, "/keys/nope", "{}", 404, "finventi, finapi, onefinops, fincalc")
	c.wantAdmin(http.MethodGet, "/keys/nope", "", 404, "finventi, finapi, onefinops, fincalc")
	c.wantAdmin(http.MethodDelete, "/tokens?vendor=nope", "", 400, "finventi, finapi, onefinops, fincalc")
	c.wantAdmin(http.MethodPost, "/faults", "{\"name\":\"503\"}\n \n", 200, "503")
	c.ClearFaults()
	c.wantAdmin(http.MethodPost, "/accounts", `{"vendor":"finapi","user":"anna","disabled":true}`, 204, "")
	c.login().want(t, 400, "invalid_grant", "Account disabled")
}

// An order with a filter that nobody knows must not be one without a filter.
func TestAdmin_refusesUnknownFilters(t *testing.T) {
	c := start(t)
	c.login()
	c.Inject(sandbox.Fault{Vendor: sandbox.FinCalc, Name: "503"})
	for _, row := range []struct{ method, path, part string }{
		{http.MethodDelete, "/tokens?vendr=fincalc", "the filters are vendor"},
		{http.MethodDelete, "/tokens?vendor=fincalc&vendor=onefinops", "stands there 2 times"},
		{http.MethodDelete, "/tokens?vendor=%zz", "cannot be read"},
		{http.MethodGet, "/tokens?client=x", "the filters are vendor"},
		{http.MethodDelete, "/journal?vendor=fincalc", "no other one here"},
		{http.MethodDelete, "/faults?vendor=onefinops", "no other one here"},
		{http.MethodGet, "/journal?x=1", "after, client, endpoint, fault, status, user, vendor"},
	} {
		c.wantAdmin(row.method, row.path, "", 400, row.part)
	}
	if len(c.Tokens()) != 1 || len(c.Faults()) != 1 || len(c.Journal()) == 0 {
		t.Errorf("left are %d tokens, %d faults and %d exchanges", len(c.Tokens()), len(c.Faults()), len(c.Journal()))
	}
	c.wantAdmin(http.MethodGet, "/tokens?vendor=fincalc", "", 200, "[]")
	c.wantAdmin(http.MethodGet, "/tokens?vendor=finapi", "", 200, "anna")
	c.wantAdmin(http.MethodDelete, "/tokens?vendor=fincalc", "", 200, `"revoked":0`)
}
