package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

func TestJournal_recordsExchanges(t *testing.T) {
	c := start(t)
	token := c.mint(sandbox.OneFinOps).text("access_token")
	c.call(sandbox.OneFinOps, token)
	c.mustInject(sandbox.Fault{Vendor: sandbox.FinAPI, Name: "503", Times: 1})
	c.login()
	c.login()

	journal := c.Journal()
	if len(journal) != 4 {
		t.Fatalf("%d exchanges", len(journal))
	}
	for i, want := range []string{
		"1 onefinops token POST " + onefinopsToken + " ofin_test_abc  client_credentials 200 ",
		"2 onefinops api POST /onefinops/sandbox-api/v1/einvoices/generate ofin_test_abc   200 ",
		"3 finapi token POST " + finapiToken + " demobank-cli anna password 503 503",
		"4 finapi token POST " + finapiToken + " demobank-cli anna password 200 ",
	} {
		x := journal[i]
		if got := fmt.Sprint(x.Seq, " ", x.Vendor, " ", x.Endpoint, " ", x.Method, " ", x.Path, " ", x.Client, " ", x.User, " ", x.Grant, " ", x.Status, " ", x.Fault); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !x.Time.Equal(c.clock.Now()) {
			t.Error(x.Time)
		}
	}
	if journal[0].TokenID == "" || journal[0].TokenID != journal[1].TokenID {
		t.Errorf("token %q, used %q", journal[0].TokenID, journal[1].TokenID)
	}
	if got, want := journal[0].Request.Body, "grant_type=client_credentials&client_id=ofin_test_abc&client_secret=[redacted]"; got != want {
		t.Errorf("%s", got)
	}
	if got, want := journal[0].Response.Body, `{"access_token":"[redacted]","expires_in":900,"scope":"onefinops.api","token_type":"Bearer"}`; got != want {
		t.Errorf("%s", got)
	}
	if got := journal[1].Request.Header; got["Authorization"] != "Bearer [redacted]" || got["Gstin"] != "36AMBPG7773M002" {
		t.Errorf("%v", got)
	}

	c.ResetJournal()
	c.login()
	if journal := c.Journal(); len(journal) != 1 || journal[0].Seq != 5 {
		t.Errorf("%+v", journal)
	}
}

func TestJournal_holdsNoSecret(t *testing.T) {
	c := start(t)
	var secrets []string
	secret := func(s string) string {
		secrets = append(secrets, s)
		return s
	}
	secrets = append(secrets, "s3cr3t-sti", "pw-anna", "s3cr3t-ofin-test", "bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7")
	for _, v := range sandbox.Vendors() {
		token := secret(c.mint(v).text("access_token"))
		c.call(v, token)
		if v == sandbox.FinCalc {
			continue
		}
		// A token in the wrong place.
		c.do(c.request(http.MethodGet, "/"+string(v)+"/api/"+token+"?access_token="+token, token))
	}
	login := c.login()
	secret(login.text("access_token"))
	c.refresh(secret(login.text("refresh_token")))
	c.post("/finapi/auth/realms/customer/protocol/openid-connect/revoke", "client_id", "demobank-cli", "token", login.text("refresh_token"))
	for _, name := range []string{"echo-secret", "malformed", "bom", "cut", "opaque", "huge", "long-token"} {
		c.askToken(sandbox.Finventi, accountOf(name, sandbox.Finventi))
		c.askToken(sandbox.FinAPI, accountOf(name, sandbox.FinAPI))
		c.askToken(sandbox.FinCalc, accountOf(name, sandbox.FinCalc))
	}
	secrets = append(secrets, "any-word", "opaque-", "xxxxx")
	c.postJSON(finventiToken, `{"client_secret":"`+secret("json-secret")+`"}`)
	c.do(c.request(http.MethodPost, fincalcToken, form("client_secret", secret("form-secret")), "Content-Type", formType))
	c.postJSON(fincalcToken, `{"client_secret":"`+secret("cut-secret"))
	c.do(c.request(http.MethodPost, finventiToken, "grant_type=client_credentials", "Content-Type", formType, "X-Api-Key", secret("header-secret"),
		"Authorization", "Basic "+secret(base64.StdEncoding.EncodeToString([]byte("sti-client:"+secret("basic-secret"))))))
	c.do(c.request(http.MethodPost, finventiToken+"?client_secret="+secret("query-secret"), "grant_type=x&client_secret="+secret("s1")+"&client_secret="+secret("second-secret"), "Content-Type", formType))
	c.do(c.request(http.MethodPost, finventiToken, "", "Authorization", secret("bare-secret")))
	// A secret where a name belongs.
	c.post(finventiToken, "grant_type", "client_credentials", "client_id", "pw-"+"s3cr3t-sti", "client_secret", "pw-"+"s3cr3t-sti")

	data, err := json.Marshal(c.Journal())
	if err != nil {
		t.Fatal(err)
	}
	shown := string(data)
	for _, s := range secrets {
		if i := strings.Index(shown, s); i >= 0 && s != "s1" {
			t.Errorf("the journal shows %s: …%s…", s, shown[max(0, i-200):min(len(shown), i+50)])
		}
	}
	if !strings.Contains(shown, "[redacted]") || !strings.Contains(shown, "grant_type=refresh_token") {
		t.Error("the journal shows nothing")
	}
}

func TestJournal_forgetsTheOldest(t *testing.T) {
	c := start(t, sandbox.WithLimit(sandbox.OneFinOps, sandbox.TokenEndpoint, sandbox.Limit{}))
	for range 1010 {
		c.post(finventiToken)
	}
	journal := c.Journal()
	if len(journal) > 1000 || journal[len(journal)-1].Seq != 1010 {
		t.Errorf("%d exchanges up to %d", len(journal), journal[len(journal)-1].Seq)
	}
}
