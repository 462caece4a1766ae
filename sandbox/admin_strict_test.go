package sandbox_test

import (
	"net/http"
	"testing"
)

func TestAdminSaysWhichMethodsItTakes(t *testing.T) {
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

func TestAdminRefusesWhatIsUnclear(t *testing.T) {
	c := start(t)
	for _, row := range []struct{ path, body, part string }{
		{"/faults", `{"name":"503"} {"name":"500"}`, "one JSON object"},
		{"/faults", `{"name":"503"}]`, "one JSON object"},
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
		{"/logout", `{}`, "name a user"},
	} {
		c.wantAdmin(http.MethodPost, row.path, row.body, 400, row.part)
	}
	c.wantAdmin(http.MethodGet, "/faults", "", 200, "[]")
	c.wantAdmin(http.MethodDelete, "/tokens?vendor=nope", "", 400, "finventi, finapi, onefinops, fincalc")
	c.wantAdmin(http.MethodPost, "/faults", "{\"name\":\"503\"}\n \n", 200, "503")
	c.ClearFaults()
	c.wantAdmin(http.MethodPost, "/accounts", `{"vendor":"finapi","user":"anna","disabled":true}`, 204, "")
	c.login().want(t, 400, "invalid_grant", "Account disabled")
}
