package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

func (c caller) admin(method, path, body string, headers ...string) reply {
	c.T.Helper()
	if body != "" {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	return c.do(c.request(method, "/_sandbox"+path, body, headers...))
}

func (c caller) wantAdmin(method, path, body string, status int, part string) reply {
	c.T.Helper()
	r := c.admin(method, path, body)
	if r.status != status || !strings.Contains(r.body, part) {
		c.T.Errorf("%s %s %s: %d %s, want %d with %s", method, path, body, r.status, r.body, status, part)
	}
	return r
}

func TestAdmin_injectsFaults(t *testing.T) {
	c := start(t)
	r := c.wantAdmin(http.MethodPost, "/faults", `{"vendor":"finventi","name":"503","times":2}`, 200, `"left":2`)
	c.wantAdmin(http.MethodGet, "/faults", "", 200, `"name":"503"`)
	if got := c.finventiToken().status; got != 503 {
		t.Error(got)
	}
	c.wantAdmin(http.MethodGet, "/faults", "", 200, `"left":1`)
	c.wantAdmin(http.MethodDelete, "/faults/"+r.text("id"), "", 204, "")
	c.wantAdmin(http.MethodDelete, "/faults/"+r.text("id"), "", 404, "error")
	c.wantAdmin(http.MethodPost, "/faults", `{"status":418,"body":"{}","header":{"X-Tea":"yes"},"delay":"1ms","rate":1}`, 200, `"delay":"1ms"`)
	if r := c.finventiToken(); r.status != 418 || r.header.Get("X-Tea") != "yes" {
		t.Errorf("%d %v", r.status, r.header)
	}
	c.wantAdmin(http.MethodDelete, "/faults", "", 204, "")
	c.wantAdmin(http.MethodGet, "/faults", "", 200, `[]`)
	c.mint(sandbox.Finventi)
	for _, bad := range []string{`{"name":"nonsense"}`, `{"status":503,"delay":"soon"}`, `{"statsu":503}`, `{}`, `nonsense`} {
		c.wantAdmin(http.MethodPost, "/faults", bad, 400, "error")
	}
	if r := c.do(c.request(http.MethodPost, "/_sandbox/faults", `{"name":"503"}`, "Content-Type", "text/plain")); r.status != 400 {
		t.Errorf("text/plain: %d %s", r.status, r.body)
	}
	c.wantAdmin(http.MethodGet, "/scenarios", "", 200, `"name":"echo-secret"`)
}

func TestAdmin_steersTheSandbox(t *testing.T) {
	c := start(t)
	token := c.mint(sandbox.OneFinOps).text("access_token")
	login := c.login()
	c.wantAdmin(http.MethodGet, "/tokens", "", 200, `"client":"ofin_test_abc"`)

	// Clock.
	before := c.Now()
	c.wantAdmin(http.MethodPost, "/clock", `{"advance":"20m"}`, 200, "clock")
	if got := c.Now().Sub(before); got != 20*time.Minute {
		t.Error(got)
	}
	refused(t, sandbox.OneFinOps, c.call(sandbox.OneFinOps, token), "The access token has expired")
	c.wantAdmin(http.MethodPost, "/clock", `{"advance":"later"}`, 400, "duration")

	// Tokens.
	token = c.mint(sandbox.OneFinOps).text("access_token")
	c.wantAdmin(http.MethodDelete, "/tokens?vendor=onefinops", "", 200, `{"revoked":1}`)
	refused(t, sandbox.OneFinOps, c.call(sandbox.OneFinOps, token), "The access token has been revoked")
	token = c.mint(sandbox.OneFinOps).text("access_token")
	list := c.Tokens()
	c.wantAdmin(http.MethodDelete, "/tokens/"+list[len(list)-1].ID, "", 204, "")
	refused(t, sandbox.OneFinOps, c.call(sandbox.OneFinOps, token), "The access token has been revoked")
	c.wantAdmin(http.MethodDelete, "/tokens/nothing", "", 404, "error")
	c.wantAdmin(http.MethodDelete, "/tokens?vendor=nobody", "", 400, "error")

	// Keys.
	c.wantAdmin(http.MethodGet, "/keys/fincalc", "", 200, `"kty":"RSA"`)
	c.wantAdmin(http.MethodPost, "/keys/onefinops", `{"keep_old":true}`, 204, "")
	if n := len(c.wantAdmin(http.MethodGet, "/keys/onefinops", "", 200, "keys").json["keys"].([]any)); n != 2 {
		t.Errorf("%d keys", n)
	}
	c.wantAdmin(http.MethodPost, "/keys/nobody", `{}`, 404, "error")
	c.wantAdmin(http.MethodGet, "/keys/nobody", "", 404, "error")

	// Accounts.
	r := c.wantAdmin(http.MethodPost, "/secrets", `{"vendor":"onefinops","client":"ofin_test_abc"}`, 200, "secret")
	if r.text("secret") != c.OneFinOps().ClientSecret.Reveal() {
		t.Error("another secret than the Config's")
	}
	c.wantAdmin(http.MethodPost, "/secrets", `{"vendor":"onefinops","client":"nobody"}`, 400, "error")
	c.wantAdmin(http.MethodPost, "/logout", `{"user":"anna"}`, 200, `{"sessions":1}`)
	c.refresh(login.text("refresh_token")).want(t, 400, "invalid_grant", "Session not active")
	c.wantAdmin(http.MethodPost, "/accounts", `{"user":"anna","disabled":true}`, 204, "")
	c.login().want(t, 400, "invalid_grant", "Account disabled")
	c.wantAdmin(http.MethodPost, "/accounts", `{"user":"anna","disabled":false,"password":"new"}`, 204, "")
	c.login().want(t, 400, "invalid_grant", "Invalid user credentials")
	c.wantAdmin(http.MethodPost, "/accounts", `{"vendor":"finventi","client":"sti-client","disabled":true}`, 204, "")
	c.finventiToken().want(t, 401, "invalid_client", badClient)
	c.wantAdmin(http.MethodPost, "/accounts", `{"user":"anna"}`, 400, "error")
	c.wantAdmin(http.MethodPost, "/accounts", `{"user":"nobody","password":"x"}`, 400, "error")

	c.wantAdmin(http.MethodGet, "/state", "", 200, `"title":"finAPI Demobank"`)
	c.wantAdmin(http.MethodGet, "/nothing", "", 404, "error")
}

func TestAdmin_returnsTheJournal(t *testing.T) {
	c := start(t)
	c.mint(sandbox.Finventi)
	c.mint(sandbox.FinAPI)
	var list []sandbox.Exchange
	if err := json.Unmarshal([]byte(c.wantAdmin(http.MethodGet, "/journal?after=1", "", 200, "").body), &list); err != nil || len(list) != 1 || list[0].Vendor != sandbox.FinAPI {
		t.Errorf("%+v %v", list, err)
	}
	c.wantAdmin(http.MethodGet, "/journal?vendor=finventi", "", 200, `"seq":1`)
	c.wantAdmin(http.MethodGet, "/journal?vendor=fincalc", "", 200, `[]`)
	c.wantAdmin(http.MethodGet, "/journal?after=x", "", 400, "error")
	c.wantAdmin(http.MethodDelete, "/journal", "", 204, "")
	c.wantAdmin(http.MethodGet, "/journal", "", 200, `[]`)
}

func TestHealth(t *testing.T) {
	c := start(t)
	r := c.admin(http.MethodGet, "/health", "", "Host", "probe.example")
	if r.status != 200 || r.text("status") != "ok" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAdmin_refusesPagesOfOtherSites(t *testing.T) {
	s := sandbox.New(sandbox.WithTrustedHosts("sandbox.svc.example"), sandbox.WithBaseURL("https://vendors.example"))
	ask := func(method, path, host string, headers ...string) int {
		r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(`{"name":"503"}`))
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	const faults = "/_sandbox/faults"
	for name, row := range map[string]struct{ got, want int }{
		"curl":                       {ask("POST", faults, "127.0.0.1:8080"), 200},
		"the page itself":            {ask("POST", faults, "127.0.0.1:8080", "Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"), 200},
		"the page in an old browser": {ask("POST", faults, "localhost:8080", "Origin", "http://localhost:8080"), 200},
		"another site":               {ask("POST", faults, "127.0.0.1:8080", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403},
		"another site, old browser":  {ask("POST", faults, "127.0.0.1:8080", "Origin", "https://evil.example"), 403},
		"another port of this host":  {ask("POST", faults, "127.0.0.1:8080", "Origin", "http://127.0.0.1:9090", "Sec-Fetch-Site", "same-site"), 403},
		"a form of another site":     {ask("DELETE", faults, "127.0.0.1:8080", "Sec-Fetch-Site", "cross-site"), 403},
		"another site reads":         {ask("GET", "/_sandbox/state", "127.0.0.1:8080", "Sec-Fetch-Site", "cross-site"), 403},
		"a name that points here":    {ask("GET", "/_sandbox/state", "rebound.example:8080"), 403},
		"events by such a name":      {ask("GET", "/_sandbox/events", "rebound.example:8080"), 403},
		"the page by such a name":    {ask("GET", "/", "rebound.example:8080"), 403},
		"health by such a name":      {ask("GET", "/_sandbox/health", "rebound.example:8080"), 200},
		"a trusted name":             {ask("GET", "/_sandbox/state", "sandbox.svc.example"), 200},
		"the base URL's name":        {ask("GET", "/_sandbox/state", "vendors.example"), 200},
		"a name without a dot":       {ask("GET", "/_sandbox/state", "sandbox:8080"), 200},
		"IPv6":                       {ask("GET", "/_sandbox/state", "[::1]:8080"), 200},
		"below localhost":            {ask("GET", "/", "app.localhost"), 200},
	} {
		if row.got != row.want {
			t.Errorf("%s: %d, want %d", name, row.got, row.want)
		}
	}
}

// event is a server-sent event.
type event struct{ id, name, data string }

func readEvents(t *testing.T, c caller, lastID string, events chan<- event) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req := c.request(http.MethodGet, "/_sandbox/events", "", "Last-Event-ID", lastID).WithContext(ctx)
	resp, err := c.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Error(got)
	}
	go func() {
		defer close(events)
		defer resp.Body.Close()
		var e event
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				events <- e
				e = event{}
			}
		}
	}()
	return cancel
}

func TestEvents_streamExchanges(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.mint(sandbox.Finventi)
		events := make(chan event, 100)
		stop := readEvents(t, c, "", events)
		first := <-events
		if first.name != "run" || first.data == "" || first.id != "" {
			t.Errorf("%+v", first)
		}
		run := first.data
		if e := <-events; e.name != "exchange" || e.id != run+"-1" || !strings.Contains(e.data, `"client":"sti-client"`) {
			t.Errorf("%+v", e)
		}
		if e := <-events; e.name != "overview" || !strings.Contains(e.data, `"token_requests":1`) {
			t.Errorf("%+v", e)
		}
		time.Sleep(time.Second)
		if len(events) != 0 {
			t.Error("events without a change")
		}
		for range 3 {
			c.mint(sandbox.Finventi)
		}
		for i := 2; i <= 4; {
			e := <-events
			if e.name == "exchange" {
				if e.id != fmt.Sprint(run, "-", i) {
					t.Errorf("%+v, want %d", e, i)
				}
				i++
			}
		}
		c.mustInject(sandbox.Fault{Name: "503"})
		for e := range events {
			if e.name == "overview" && strings.Contains(e.data, `"faults":[{"id":"1"`) {
				break
			}
		}
		stop()
		for range events {
		}

		events = make(chan event, 100)
		stop = readEvents(t, c, run+"-3", events)
		if e := <-events; e.name != "run" || e.data != run {
			t.Errorf("%+v", e)
		}
		if e := <-events; e.id != run+"-4" {
			t.Errorf("a stream taken up again goes on with %+v", e)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		for range events {
		}
		stop()
	})
}

func TestEvents_restartAfterAnotherRun(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.mint(sandbox.Finventi)
		for _, last := range []string{"7", "00000000-7", "-7", "7-", "nonsense"} {
			events := make(chan event, 100)
			stop := readEvents(t, c, last, events)
			<-events
			if e := <-events; e.name != "exchange" || !strings.HasSuffix(e.id, "-1") {
				t.Errorf("after %s: %+v", last, e)
			}
			stop()
			for range events {
			}
		}
	})
}

func TestPage_servesItsParts(t *testing.T) {
	c := start(t)
	for path, contentType := range map[string]string{"/": "text/html", "/_sandbox/page.css": "text/css", "/_sandbox/page.js": "text/javascript"} {
		r := c.do(c.request(http.MethodGet, path, ""))
		if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), contentType) || !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
		for _, outside := range []string{"http://", "https://", "//cdn"} {
			if i := strings.Index(strings.ReplaceAll(r.body, "http://www.w3.org/2000/svg", ""), outside); i >= 0 {
				t.Errorf("%s reaches out: %.60s", path, r.body[i:])
			}
		}
	}
	if r := c.do(c.request(http.MethodGet, "/nothing", "")); r.status != 404 {
		t.Errorf("/nothing: %d", r.status)
	}
}
