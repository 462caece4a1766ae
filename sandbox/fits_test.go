package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

// Where a named fault can happen: those of the API there alone, those of a token or of refreshing
// at the token endpoint alone, the others everywhere.
var (
	tokenFaults = []string{"no-token", "number-token", "newline-token", "long-token", "opaque", "no-expiry", "never-expires", "text-expiry",
		"zero-expiry", "absurd-expiry", "odd-expiry", "expired", "short-lived", "revoked", "lower-case-type", "no-type", "mac", "no-scope",
		"no-refresh-token", "zero-refresh-expiry"}
	refreshFaults = []string{"session-lost", "refresh-401", "refresh-503"}
)

func fits(sc sandbox.Scenario, v sandbox.Vendor, e sandbox.Endpoint) bool {
	if !slices.Contains(sc.Vendors, v) || v == sandbox.FinCalc && e == sandbox.RevocationEndpoint {
		return false
	}
	switch {
	case strings.HasPrefix(sc.Name, "api-"):
		return e == sandbox.APIEndpoint
	case slices.Contains(tokenFaults, sc.Name), slices.Contains(refreshFaults, sc.Name):
		return e == sandbox.TokenEndpoint
	}
	return true
}

// visitor asks each vendor's endpoints.
type visitor struct {
	caller
	access  map[sandbox.Vendor]string
	refresh string
}

func newVisitor(c caller) *visitor {
	v := &visitor{caller: c, access: map[sandbox.Vendor]string{}}
	for _, vendor := range sandbox.Vendors() {
		r := c.mint(vendor)
		v.access[vendor] = r.text("access_token")
		if vendor == sandbox.FinAPI {
			v.refresh = r.text("refresh_token")
		}
	}
	return v
}

// visit makes a request. Where refreshing is set finAPI's token endpoint is asked to refresh.
func (v *visitor) visit(vendor sandbox.Vendor, e sandbox.Endpoint, refreshing bool, headers ...string) outcome {
	v.T.Helper()
	switch e {
	case sandbox.TokenEndpoint:
		if refreshing && vendor == sandbox.FinAPI {
			return v.attempt(v.request(http.MethodPost, finapiToken, form("grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", v.refresh),
				append([]string{"Content-Type", formType}, headers...)...))
		}
		return v.askToken(vendor, "somebody", headers...)
	case sandbox.APIEndpoint:
		path := map[sandbox.Vendor]string{sandbox.Finventi: reportAccounts, sandbox.FinAPI: whoAmI,
			sandbox.OneFinOps: generateInvoice, sandbox.FinCalc: listClients}[vendor]
		method := http.MethodPost
		if vendor == sandbox.FinAPI || vendor == sandbox.FinCalc {
			method = http.MethodGet
		}
		return v.attempt(v.request(method, path, "{}", append([]string{"Authorization", "Bearer " + v.access[vendor], "Content-Type", "application/json"}, headers...)...))
	}
	path := map[sandbox.Vendor]string{sandbox.Finventi: finventiRevoke, sandbox.FinAPI: finapiEndpoints + "/revoke",
		sandbox.OneFinOps: "/onefinops/login" + docpath.Of(onefinopsserver.Document, "RevokeToken"), sandbox.FinCalc: "/fincalc/api/oauth/revoke"}[vendor]
	return v.attempt(v.request(http.MethodPost, path, form("client_id", "somebody"), append([]string{"Content-Type", formType}, headers...)...))
}

// The virtual clock stands still while requests are answered, so that the vendors' limits would
// soon be spent.
var unthrottled = []sandbox.Option{
	sandbox.WithLimit(sandbox.OneFinOps, sandbox.TokenEndpoint, sandbox.Limit{}), sandbox.WithLimit(sandbox.OneFinOps, sandbox.APIEndpoint, sandbox.Limit{}),
	sandbox.WithLimit(sandbox.FinCalc, sandbox.TokenEndpoint, sandbox.Limit{}),
}

var visited = []sandbox.Endpoint{sandbox.TokenEndpoint, sandbox.APIEndpoint, sandbox.RevocationEndpoint}

// eachPlace calls test with every name, vendor and endpoint. refreshing is set where the fault is
// one of that.
func eachPlace(test func(sc sandbox.Scenario, vendor sandbox.Vendor, e sandbox.Endpoint, refreshing bool)) {
	for _, sc := range sandbox.Scenarios() {
		for _, vendor := range sandbox.Vendors() {
			for _, e := range visited {
				test(sc, vendor, e, slices.Contains(refreshFaults, sc.Name))
			}
		}
	}
}

func TestInject_refusesOtherPlaces(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c caller) {
		v := newVisitor(c)
		eachPlace(func(sc sandbox.Scenario, vendor sandbox.Vendor, e sandbox.Endpoint, refreshing bool) {
			defer c.ClearFaults()
			want := fits(sc, vendor, e)
			if err := c.Inject(sandbox.Fault{Vendor: vendor, Endpoint: e, Name: sc.Name, Times: 1}); (err == nil) != want {
				t.Errorf("%s at %s of %s: %v", sc.Name, e, vendor, err)
			}
			if v.visit(vendor, e, refreshing); want && len(c.Faults()) > 0 {
				t.Errorf("%s at %s of %s does not happen", sc.Name, e, vendor)
			}
			// Without a vendor, it hits those that it is for.
			if c.Inject(sandbox.Fault{Endpoint: e, Name: sc.Name, Times: 1}) != nil {
				return
			}
			if v.visit(vendor, e, refreshing); (len(c.Faults()) == 0) != want {
				t.Errorf("%s at %s of all, asked at %s: left are %+v", sc.Name, e, vendor, c.Faults())
			}
		})
	}, unthrottled...)
}

func TestPrefer_ignoresOtherPlaces(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c caller) {
		v := newVisitor(c)
		eachPlace(func(sc sandbox.Scenario, vendor sandbox.Vendor, e sandbox.Endpoint, refreshing bool) {
			if vendor == sandbox.FinCalc && e == sandbox.RevocationEndpoint {
				return // FinCalc has none: the request is for OtherEndpoint
			}
			o := v.visit(vendor, e, refreshing, "Prefer", "fault="+sc.Name)
			if got := o.err != nil || o.header.Get("Preference-Applied") == "fault="+sc.Name; got != fits(sc, vendor, e) {
				t.Errorf("%s at %s of %s: %d, applied %v", sc.Name, e, vendor, o.status, got)
			}
		})
	}, unthrottled...)
}

func TestInject_namesThePlacesOfAFault(t *testing.T) {
	c := start(t)
	for _, row := range []struct {
		fault sandbox.Fault
		says  string
	}{
		{sandbox.Fault{Endpoint: sandbox.TokenEndpoint, Name: "api-401"}, "applies only to the endpoint api"},
		{sandbox.Fault{Endpoint: sandbox.APIEndpoint, Name: "no-token"}, "applies only to the endpoint token"},
		{sandbox.Fault{Endpoint: sandbox.RevocationEndpoint, Name: "refresh-503"}, "applies only to the endpoint token"},
		{sandbox.Fault{Vendor: sandbox.FinCalc, Name: "ip"}, "applies only to finventi"},
		{sandbox.Fault{Vendor: sandbox.FinCalc, Endpoint: sandbox.RevocationEndpoint, Status: 500}, "token, api, other"},
		{sandbox.Fault{Endpoint: sandbox.RevocationEndpoint, Name: "wrong-email"}, "token, api, other"},
		{sandbox.Fault{Endpoint: sandbox.KeysEndpoint, Status: 500, Account: "anna"}, "Account"},
		{sandbox.Fault{Name: "503", Body: "{}"}, "Status"},
		{sandbox.Fault{Delay: 1, Header: http.Header{"A": {"b"}}}, "Status"},
	} {
		if err := c.Inject(row.fault); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%+v: %v", row.fault, err)
		}
	}
	c.wantAdmin(http.MethodPost, "/faults", `{"name":"api-401","endpoint":"token"}`, 400, "applies only to the endpoint api")
}
