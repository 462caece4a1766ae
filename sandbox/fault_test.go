package sandbox_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

func (c caller) mustInject(f sandbox.Fault) {
	c.T.Helper()
	if err := c.Inject(f); err != nil {
		c.T.Fatal(err)
	}
}

func (c caller) statuses(n int, ask func() reply) []int {
	c.T.Helper()
	var got []int
	for range n {
		got = append(got, ask().status)
	}
	return got
}

func (c caller) finventiToken() reply {
	c.T.Helper()
	return c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")
}

func TestFault_hitsTheNextRequests(t *testing.T) {
	c := start(t)
	c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "503", Times: 2})
	if got := c.statuses(4, c.finventiToken); !slices.Equal(got, []int{503, 503, 200, 200}) {
		t.Error(got)
	}
	if left := c.Faults(); len(left) != 0 {
		t.Error(left)
	}
}

func TestFault_hitsAShare(t *testing.T) {
	c := start(t)
	c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Status: 500, Rate: 0.25})
	if got := c.statuses(8, c.finventiToken); !slices.Equal(got, []int{200, 200, 200, 500, 200, 200, 200, 500}) {
		t.Error(got)
	}
	c.ClearFaults()
	c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "flaky"})
	if got := c.statuses(4, c.finventiToken); !slices.Equal(got, []int{503, 200, 503, 200}) {
		t.Error(got)
	}
	c.ClearFaults()
	if got := c.statuses(2, c.finventiToken); !slices.Equal(got, []int{200, 200}) {
		t.Error(got)
	}
}

func TestFault_keepsToItsPlace(t *testing.T) {
	c := start(t)
	c.mustInject(sandbox.Fault{Vendor: sandbox.FinAPI, Endpoint: sandbox.APIEndpoint, Status: 503})
	c.mustInject(sandbox.Fault{Vendor: sandbox.OneFinOps, Account: "ofin_live_abc", Status: 429})
	c.mustInject(sandbox.Fault{Vendor: sandbox.FinAPI, Name: "refresh-503", Times: 1})
	c.mint(sandbox.Finventi)
	login := c.login()
	if r := c.call(sandbox.FinAPI, atoken(t, login)); r.status != 503 {
		t.Errorf("API: %d", r.status)
	}
	// The login before did not use the fault up.
	if r := c.refresh(login.text("refresh_token")); r.status != 503 {
		t.Errorf("refresh: %d", r.status)
	}
	c.mint(sandbox.OneFinOps)
	if r := c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_live_abc", "client_secret", "s3cr3t-ofin-live"); r.status != 429 {
		t.Errorf("live: %d", r.status)
	}
	for _, f := range c.Faults() {
		if !c.RemoveFault(f.ID) || c.RemoveFault(f.ID) {
			t.Errorf("%+v", f)
		}
	}
	if r := c.call(sandbox.FinAPI, atoken(t, login)); r.status != 200 {
		t.Errorf("API: %d", r.status)
	}
}

// TestFault_findsItsAccountByTheToken is about requests that name nobody but by a token.
func TestFault_findsItsAccountByTheToken(t *testing.T) {
	c := start(t)
	accounts := map[sandbox.Vendor]string{sandbox.Finventi: "sti-client", sandbox.FinAPI: "anna", sandbox.OneFinOps: "ofin_test_abc", sandbox.FinCalc: "12345"}
	for _, v := range sandbox.Vendors() {
		token := c.mint(v).text("access_token")
		c.mustInject(sandbox.Fault{Vendor: v, Name: "api-401", Account: "somebody-else"})
		c.mustInject(sandbox.Fault{Vendor: v, Name: "api-503", Account: accounts[v], Times: 1})
		if got := c.statuses(2, func() reply { return c.call(v, token) }); !slices.Equal(got, []int{503, 200}) {
			t.Errorf("%s: %v", v, got)
		}
		if x := c.Journal()[len(c.Journal())-2]; x.Fault != "api-503" || x.Client+x.User == "" {
			t.Errorf("%s: the journal has %+v", v, x)
		}
	}

	c.ClearFaults()
	c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "opaque", Times: 1})
	opaque := atoken(t, c.finventiToken())
	c.mustInject(sandbox.Fault{Name: "api-403", Account: "sti-client"})
	if r := c.call(sandbox.Finventi, opaque); r.status != 403 {
		t.Errorf("opaque: %d", r.status)
	}

	const realm = "/finapi/auth/realms/customer/protocol/openid-connect/"
	c.mustInject(sandbox.Fault{Endpoint: sandbox.RevocationEndpoint, Account: "anna", Status: 500})
	c.mustInject(sandbox.Fault{Endpoint: sandbox.UserinfoEndpoint, Account: "anna", Status: 500})
	login := c.login()
	if r := c.post(realm+"revoke", "client_id", "demobank-cli", "token", login.text("refresh_token")); r.status != 500 {
		t.Errorf("revoke: %d", r.status)
	}
	if r := c.do(c.request(http.MethodGet, realm+"userinfo", "", "Authorization", "Bearer "+login.text("access_token"))); r.status != 500 {
		t.Errorf("userinfo: %d", r.status)
	}
}

func TestFault_sendsACustomAnswer(t *testing.T) {
	c := start(t)
	c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Status: 418, Header: http.Header{"x-teapot": {"yes"}}, Body: `{"short":"stout"}`})
	if r := c.finventiToken(); r.status != 418 || r.body != `{"short":"stout"}` || r.header.Get("X-Teapot") != "yes" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
}

func TestFault_delaysTheAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.mustInject(sandbox.Fault{Delay: 2 * time.Second})
		if o := c.askToken(sandbox.Finventi, "fault-lower-case-type"); o.took != 2*time.Second || o.status != 200 {
			t.Errorf("%d after %v", o.status, o.took)
		}
	})
}

func TestInject_refusesInvalidFaults(t *testing.T) {
	c := start(t)
	for _, f := range []sandbox.Fault{
		{}, {Name: "nonsense"}, {Vendor: "nobody", Status: 500}, {Endpoint: "nowhere", Status: 500}, {Status: 42}, {Name: "503", Status: 500},
		{Status: 500, Times: -1}, {Status: 500, Rate: 1.5}, {Status: 500, Rate: -1}, {Delay: -1},
	} {
		if err := c.Inject(f); err == nil {
			t.Errorf("%+v", f)
		}
	}
}

func TestPrefer_asksForAFault(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		for prefer, want := range map[string]struct {
			status  int
			applied string
			took    time.Duration
		}{
			"code=503":                        {503, "code=503", 0},
			"code=429; foo=bar":               {429, "code=429", 0},
			"respond-async, fault=refused":    {403, "fault=refused", 0},
			`Fault="slow"`:                    {200, "fault=slow", 3 * time.Second},
			"delay=2s":                        {200, "delay=2s", 2 * time.Second},
			"code=500, delay=2s":              {500, "code=500, delay=2s", 2 * time.Second},
			"code=200":                        {200, "", 0},
			"code=abc, fault=nonsense, delay": {200, "", 0},
			"fault=api-401":                   {200, "", 0},
			"handling=lenient, wait=10":       {200, "", 0},
		} {
			o := c.askToken(sandbox.Finventi, "fault-lower-case-type", "Prefer", prefer)
			if o.status != want.status || o.header.Get("Preference-Applied") != want.applied || o.took != want.took {
				t.Errorf("Prefer: %s: %d, applied %q, after %v", prefer, o.status, o.header.Get("Preference-Applied"), o.took)
			}
		}
		token := good(t, c, sandbox.OneFinOps, c.askToken(sandbox.OneFinOps, "ofin_live_fault-lower-case-type"))
		o := c.attempt(c.request(http.MethodPost, generateLive, invoice, "Content-Type", "application/json",
			"Authorization", "Bearer "+token, "gstin", "36AMBPG7773M002", "Prefer", "code=503"))
		if o.status != 503 || o.text("object") != "error" || o.header.Get("Retry-After") != "1" {
			t.Errorf("API: %d %s", o.status, o.body)
		}
	})
}

func TestFault_resetsTheConnection(t *testing.T) {
	for _, opts := range [][]sandbox.Option{nil, {sandbox.WithTLS()}} {
		c := caller{t, instance(t, opts...), newClock()}
		o := c.askToken(sandbox.Finventi, "fault-reset")
		if !errors.Is(o.err, syscall.ECONNRESET) {
			t.Errorf("%v", o.err)
		}
	}
}

// TestFault_datesRetryAfterByTheRealClock also where the sandbox's is ahead of it.
func TestFault_datesRetryAfterByTheRealClock(t *testing.T) {
	c := start(t)
	c.Advance(24 * time.Hour)
	for _, name := range []string{"429-date", "503-date"} {
		for _, v := range sandbox.Vendors() {
			h := c.askToken(v, accountOf(name, v)).header
			date, err1 := http.ParseTime(h.Get("Date"))
			after, err2 := http.ParseTime(h.Get("Retry-After"))
			if err1 != nil || err2 != nil || !date.Equal(c.clock.Now()) || after.Sub(date) != 2*time.Second {
				t.Errorf("%s at %s: %v", name, v, h)
			}
		}
	}
}

func TestRemoveFault_removesById(t *testing.T) {
	c := start(t)
	c.mustInject(sandbox.Fault{Vendor: sandbox.FinAPI, Status: 500})
	f, err := c.InjectFault(sandbox.Fault{Vendor: sandbox.Finventi, Name: "503", Times: 3})
	if err != nil || f.Endpoint != sandbox.TokenEndpoint || f.Left != 3 {
		t.Errorf("%+v %v", f, err)
	}
	if !c.RemoveFault(f.ID) {
		t.Error("there is no such fault")
	}
	if left := c.Faults(); len(left) != 1 || left[0].Vendor != sandbox.FinAPI {
		t.Errorf("%+v", left)
	}
	if _, err := c.InjectFault(sandbox.Fault{}); err == nil {
		t.Error("an empty fault was taken")
	}
}

func TestClose_releasesHangingCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		done := make(chan outcome)
		go func() { done <- c.askToken(sandbox.Finventi, "fault-hang") }()
		time.Sleep(time.Second)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if o := <-done; o.err == nil {
			t.Errorf("%d", o.status)
		}
	})
}

func TestScenarios_haveOneAccountPerVendor(t *testing.T) {
	for _, sc := range sandbox.Scenarios() {
		for i, v := range sc.Vendors {
			if want := "fault-" + sc.Name; !strings.HasSuffix(sc.Accounts[i], want) || strings.HasPrefix(sc.Accounts[i], "ofin_test_") != (v == sandbox.OneFinOps) {
				t.Errorf("%s: %s", v, sc.Accounts[i])
			}
		}
	}
}

// A request asks for what the document shows of an operation: a failure at once, and a success once
// the call has been checked.
func TestPrefer_asksForADocumentedAnswer(t *testing.T) {
	c := start(t)
	token := atoken(t, c.mint(sandbox.OneFinOps))
	cancel := func(prefer, token, body string) reply {
		return c.postJSON(cancelInvoice, body, "Authorization", "Bearer "+token, "gstin", "36AMBPG7773M002", "Prefer", prefer)
	}
	const body = `{"irn":"1","reasonCode":"1","remarks":"twice"}`
	for _, tt := range []struct {
		prefer, token, body string
		status              int
		part, applied       string
	}{
		{"code=409", "", "", 409, `"code":"conflict"`, "code=409"},
		{"code=409, example=windowExpired", "", "", 409, `"code":"einvoice.cancel_window_expired"`, "code=409, example=windowExpired"},
		{"example=keyReused, code=409", "", "", 409, `"code":"idempotency.key_reused_mismatch"`, "code=409, example=keyReused"},
		{"code=409, example=odd", "", "", 409, `"code":"conflict"`, "code=409"},
		{"code=502", "", "", 502, `"code":"4002"`, "code=502"},
		{"code=401", "", "", 401, `"code":"unauthorized"`, "code=401"},
		{"code=418", "", "", 418, `"httpStatus":418`, "code=418"},
		{"code=200", token, body, 200, `"status":"CNL"`, "code=200"},
		{"example=cancelled", token, body, 200, `"status":"CNL"`, "example=cancelled"},
		{"code=200, example=cancelled", token, body, 200, `"status":"CNL"`, "code=200, example=cancelled"},
		{"code=200", "", body, 401, `"code":"unauthorized"`, ""},
		{"code=200", token, `{}`, 422, `"code":"validation_error"`, ""},
	} {
		r := cancel(tt.prefer, tt.token, tt.body)
		if r.status != tt.status || !strings.Contains(r.body, tt.part) || r.header.Get("Preference-Applied") != tt.applied {
			t.Errorf("Prefer: %s: %d %s, applied %q; want %d with %s, applied %q", tt.prefer, r.status, r.body, r.header.Get("Preference-Applied"), tt.status, tt.part, tt.applied)
		}
	}
	if r := c.do(c.request(http.MethodPost, finventiToken, "", "Content-Type", formType, "Prefer", "code=400, example=unsupportedGrantType")); r.text("error") != "unsupported_grant_type" {
		t.Errorf("token endpoint: %d %s", r.status, r.body)
	}
}
