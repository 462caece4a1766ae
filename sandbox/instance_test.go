package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestURLs_areThoseOfTheConfigs(t *testing.T) {
	s := sandbox.New()
	const base = "https://sandbox.example/"
	for v, want := range map[sandbox.Vendor][2]string{
		sandbox.Finventi:  {s.Finventi(base).AuthURL, s.Finventi(base).APIURL},
		sandbox.FinAPI:    {s.FinAPI(base).AuthURL, s.FinAPI(base).APIURL},
		sandbox.OneFinOps: {s.OneFinOps(base).AuthURL, s.OneFinOps(base).APIURL},
		sandbox.FinCalc:   {s.FinCalc(base).AuthURL, s.FinCalc(base).APIURL},
		"nobody":          {},
	} {
		if authURL, apiURL := s.URLs(base, v); [2]string{authURL, apiURL} != want {
			t.Errorf("%s: %s and %s, want %v", v, authURL, apiURL, want)
		}
	}
}

func TestConfig_pointsAtTheSandbox(t *testing.T) {
	c := start(t)
	if got := c.Finventi(); got.ClientID != "sti-client" || got.ClientSecret.Reveal() != "s3cr3t-sti" || got.Realm != "sti-connector" ||
		got.AuthURL != c.URL+"/finventi/auth" || got.APIURL != c.URL+"/finventi/api" {
		t.Errorf("Finventi: %+v", got)
	}
	if got := c.FinAPI(); got.Mandator != "customer" || got.Username != "anna" || got.Password.Reveal() != "pw-anna" ||
		got.AuthURL != c.URL+"/finapi/auth" || got.APIURL != c.URL+"/finapi/api" {
		t.Errorf("finAPI: %+v", got)
	}
	if got := c.OneFinOps(); got.ClientID != "ofin_test_abc" || got.AuthURL != c.URL+"/onefinops/login" || got.APIURL != c.URL+"/onefinops/sandbox-api" {
		t.Errorf("OneFinOps: %+v", got)
	}
	if got := c.OneFinOpsLive(); got.ClientID != "ofin_live_abc" || got.APIURL != c.URL+"/onefinops/api" {
		t.Errorf("OneFinOps live: %+v", got)
	}
	if got := c.FinCalc(); got.ClientID != "12345" || got.Scope == "" || got.EmailAddress != "hello@example.com" || got.APIURL != c.URL+"/fincalc" {
		t.Errorf("FinCalc: %+v", got)
	}
}

func TestConfig_namesTheFirstAccount(t *testing.T) {
	s := sandbox.New(
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "one", Secret: auth.NewSecret("1"), Realm: "tenant-1"}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "two", Secret: auth.NewSecret("2")}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_live_only", Secret: auth.NewSecret("1")}),
		sandbox.WithUser(sandbox.User{Username: "berta", Password: auth.NewSecret("pw"), Mandator: "bank"}),
	)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if got := s.Finventi("https://gateway.example/base/"); got.ClientID != "one" || got.Realm != "tenant-1" || got.AuthURL != "https://gateway.example/base/finventi/auth" {
		t.Errorf("%+v", got)
	}
	if got := s.FinAPI("http://127.0.0.1"); got.Username != "berta" || got.Mandator != "bank" {
		t.Errorf("%+v", got)
	}
	if got := s.OneFinOps("http://127.0.0.1"); got.ClientID != "" {
		t.Errorf("a test client out of nowhere: %+v", got)
	}
}

func TestNew_reportsInvalidOptions(t *testing.T) {
	s := sandbox.New(
		sandbox.WithClient("nobody", sandbox.Client{ID: "x", Secret: auth.NewSecret("x")}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "abc", Secret: auth.NewSecret("x")}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "abc", Secret: auth.NewSecret("x")}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "abc"}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{Secret: auth.NewSecret("abc")}),
		sandbox.WithUser(sandbox.User{Username: "x"}),
		sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: -1}),
		sandbox.WithLimit(sandbox.FinCalc, sandbox.TokenEndpoint, sandbox.Limit{Requests: 1}),
		sandbox.WithAllowedIPs("localhost"),
		sandbox.WithBaseURL("https://user@example.com"),
		sandbox.WithBaseURL("https://example.com/p?q"),
		sandbox.WithTrustedHosts("https://example.com"),
		sandbox.WithTrustedHosts("example.com:80"),
		sandbox.WithClock(nil),
		nil, // is none
		sandbox.WithLimit("finventy", sandbox.TokenEndpoint, sandbox.Limit{Requests: 1, Per: 1}),
		sandbox.WithLimit(sandbox.Finventi, "tokn", sandbox.Limit{Requests: 1, Per: 1}),
		sandbox.WithLimit(sandbox.FinCalc, sandbox.UserinfoEndpoint, sandbox.Limit{Requests: 1, Per: 1}),
		sandbox.WithLifetimes("finventy", sandbox.Lifetimes{Access: 1}),
		sandbox.WithLifetimes(sandbox.OneFinOps, sandbox.Lifetimes{SessionIdle: 1}),
		sandbox.WithDisabledRealm("finventy", "x"),
		sandbox.WithDisabledRealm(sandbox.FinCalc, "x"),
		sandbox.WithDisabledRealm(sandbox.Finventi, "a/b"),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "x", Secret: auth.NewSecret("x"), Realm: ".."}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "x", Public: true, EmailAddress: "x@example.com"}),
		sandbox.WithUser(sandbox.User{Username: "x", Password: auth.NewSecret("x"), Mandator: "a?b"}),
		sandbox.WithBaseURL("example.com"),
	)
	err := s.Err()
	if err == nil {
		t.Fatal("no error")
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 26 {
		t.Errorf("%d problems, want 26:\n%v", n, err)
	}
	if _, err := sandbox.Listen("127.0.0.1:0", sandbox.WithBaseURL("x")); err == nil {
		t.Error("Listen started")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "example.com") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// recorder is a TB that only writes down.
type recorder struct {
	fatal    string
	cleanups []func()
}

func (*recorder) Helper()                          {}
func (r *recorder) Cleanup(f func())               { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(format string, _ ...any) { r.fatal = format }

func TestStart_failsTheTest(t *testing.T) {
	r := &recorder{}
	if i := sandbox.Start(r, sandbox.WithBaseURL("x")); i != nil || r.fatal == "" {
		t.Errorf("%v %q", i, r.fatal)
	}
}

func TestStart_stopsWithTheTest(t *testing.T) {
	r := &recorder{}
	i := sandbox.Start(r)
	for _, f := range r.cleanups {
		f()
	}
	<-i.Done()
	if _, err := i.Client().Get(i.URL); err == nil {
		t.Error("it still answers")
	}
	if err := i.Close(); err != nil || r.fatal != "" {
		t.Errorf("closing twice: %v %q", err, r.fatal)
	}
}

func TestServer_isAHandler(t *testing.T) {
	clock := newClock()
	server := httptest.NewServer(sandbox.New(sandbox.WithoutDocument(), sandbox.WithClock(clock.Now), sandbox.WithBaseURL("https://vendors.example")))
	defer server.Close()
	resp, err := server.Client().PostForm(server.URL+finventiToken, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"sti-client"}, "client_secret": {"s3cr3t-sti"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "access_token") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestWithoutNetwork_worksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := instance(t, sandbox.WithoutNetwork())
		c := caller{T: t, Instance: i}
		token := c.mint(sandbox.OneFinOps).text("access_token")
		time.Sleep(15 * time.Minute)
		if r := c.call(sandbox.OneFinOps, token); r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.body)
		}
		time.Sleep(time.Second)
		refused(t, sandbox.OneFinOps, c.call(sandbox.OneFinOps, token), "The access token has expired")

		if err := i.Close(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, i.URL, nil)
		if _, err := i.Client().Do(req); err == nil {
			t.Error("it still answers")
		}
	})
}

func TestKeys_verifyTokens(t *testing.T) {
	c := start(t)
	r := c.do(c.request(http.MethodGet, "/onefinops/login/realms/onefinops/protocol/openid-connect/certs", ""))
	keys, _ := r.json["keys"].([]any)
	if r.status != http.StatusOK || len(keys) != 2 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if first := keys[0].(map[string]any); first["use"] != "enc" || first["alg"] != "RSA-OAEP" {
		t.Errorf("the first key is %v", first)
	}
	checkSignature(t, r, c.mint(sandbox.OneFinOps).text("access_token"))
	c.do(c.request(http.MethodGet, "/finapi/auth/realms/nobody/protocol/openid-connect/certs", "")).want(t, 404, "Realm does not exist", "")
}

func TestLimit_isATokenBucket(t *testing.T) {
	c := start(t, sandbox.WithLimit(sandbox.OneFinOps, sandbox.TokenEndpoint, sandbox.Limit{Requests: 3, Per: time.Minute}),
		sandbox.WithLimit(sandbox.OneFinOps, sandbox.APIEndpoint, sandbox.Limit{Requests: 2, Per: time.Minute}),
		sandbox.WithLimit(sandbox.FinCalc, sandbox.TokenEndpoint, sandbox.Limit{Requests: 1, Per: time.Minute}))
	ask := func() reply {
		return c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test")
	}
	var token string
	for range 3 {
		token = atoken(t, ask())
	}
	r := ask()
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "20" {
		t.Fatalf("%d Retry-After %q %s", r.status, r.header.Get("Retry-After"), r.body)
	}
	// Others are not held up.
	if r := c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_live_abc", "client_secret", "s3cr3t-ofin-live"); r.status != http.StatusOK {
		t.Errorf("another client: %d", r.status)
	}
	c.clock.Advance(19 * time.Second)
	if r := ask(); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "1" {
		t.Errorf("%d Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	c.clock.Advance(time.Second)
	atoken(t, ask())
	if r := ask(); r.status != http.StatusTooManyRequests {
		t.Errorf("two out of one drop: %d", r.status)
	}

	for range 2 {
		c.call(sandbox.OneFinOps, token)
	}
	if r := c.call(sandbox.OneFinOps, token); r.status != http.StatusTooManyRequests || r.text("code") != "rate_limited" || r.header.Get("Retry-After") != "30" {
		t.Errorf("API: %d %q %s", r.status, r.header.Get("Retry-After"), r.body)
	}

	if r := c.postJSON(fincalcToken, fincalcRequest); r.header.Get("X-RateLimit-Limit") != "1" || r.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("FinCalc: %d %v", r.status, r.header)
	}
	if r := c.postJSON(fincalcToken, fincalcRequest); r.status != http.StatusTooManyRequests || r.body != `{"message":"Too Many Attempts."}` || r.header.Get("Retry-After") != "60" {
		t.Errorf("FinCalc: %d %v %s", r.status, r.header, r.body)
	}
	if n := c.TokenRequests(sandbox.OneFinOps); n != 8 {
		t.Errorf("%d token requests counted, want 8", n)
	}
}
