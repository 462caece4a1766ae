package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestRotateSecret_overlapsAtOneFinOps(t *testing.T) {
	c := start(t)
	with := func(secret string) int {
		return c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", secret).status
	}
	fresh, err := c.RotateSecret(sandbox.OneFinOps, "ofin_test_abc")
	if err != nil {
		t.Fatal(err)
	}
	if !c.OneFinOps().ClientSecret.Equal(fresh) {
		t.Error("the Config has the old secret")
	}
	c.clock.Advance(24*time.Hour - time.Second)
	if with(fresh.Reveal()) != 200 || with("s3cr3t-ofin-test") != 200 {
		t.Error("one of the two does not work during the overlap")
	}
	c.clock.Advance(time.Second)
	if with(fresh.Reveal()) != 200 || with("s3cr3t-ofin-test") != 401 {
		t.Error("after a day the new one alone should work")
	}
	newest, err := c.RotateSecret(sandbox.OneFinOps, "ofin_test_abc")
	if err != nil {
		t.Fatal(err)
	}
	if with(newest.Reveal()) != 200 || with(fresh.Reveal()) != 200 || with("s3cr3t-ofin-test") != 401 {
		t.Error("the second rotation")
	}
}

func TestRotateSecret_replacesAtOnceElsewhere(t *testing.T) {
	c := start(t)
	fresh, err := c.RotateSecret(sandbox.Finventi, "sti-client")
	if err != nil {
		t.Fatal(err)
	}
	c.finventiToken().want(t, 401, "unauthorized_client", badClient)
	if r := c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", fresh.Reveal()); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, v := range []sandbox.Vendor{sandbox.FinAPI, "nobody"} {
		if _, err := c.RotateSecret(v, "demobank-cli"); err == nil {
			t.Errorf("%s: a public client has no secret", v)
		}
	}
}

func TestAccounts_canBeChanged(t *testing.T) {
	c := start(t)
	session := c.login().text("refresh_token")
	if err := c.SetPassword("", "anna", auth.NewSecret("other")); err != nil {
		t.Fatal(err)
	}
	c.login().want(t, 400, "invalid_grant", "Invalid user credentials")
	if r := c.refresh(session); r.status != 200 {
		t.Errorf("the session of before: %d %s", r.status, r.body)
	}
	if err := c.DisableUser("customer", "anna", true); err != nil {
		t.Fatal(err)
	}
	c.refresh(session).want(t, 400, "invalid_grant", "User disabled")
	if err := c.DisableClient(sandbox.Finventi, "sti-client", true); err != nil {
		t.Fatal(err)
	}
	c.finventiToken().want(t, 401, "invalid_client", badClient)
	if err := c.DisableClient(sandbox.Finventi, "sti-client", false); err != nil {
		t.Fatal(err)
	}
	c.mint(sandbox.Finventi)
	if c.SetPassword("nowhere", "anna", auth.NewSecret("x")) == nil || c.DisableUser("", "nobody", true) == nil || c.DisableClient(sandbox.Finventi, "nobody", true) == nil {
		t.Error("who is not there was changed")
	}
}

func TestRollKey_keepsOrDropsOldKeys(t *testing.T) {
	c := start(t)
	keys := func() reply {
		return c.do(c.request(http.MethodGet, "/finventi/auth/realms/sti-connector/protocol/openid-connect/certs", ""))
	}
	old := c.mint(sandbox.Finventi).text("access_token")
	if err := c.RollKey(sandbox.Finventi, true); err != nil {
		t.Fatal(err)
	}
	fresh := c.mint(sandbox.Finventi).text("access_token")
	set := keys()
	checkSignature(t, set, old)
	checkSignature(t, set, fresh)
	for _, token := range []string{old, fresh} {
		if r := c.call(sandbox.Finventi, token); r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if err := c.RollKey(sandbox.Finventi, false); err != nil {
		t.Fatal(err)
	}
	if n := len(keys().json["keys"].([]any)); n != 2 { // one of them signs
		t.Errorf("%d keys", n)
	}
	for _, token := range []string{old, fresh} {
		refused(t, sandbox.Finventi, c.call(sandbox.Finventi, token), "The access token is not a JWT of this server")
	}
	checkSignature(t, keys(), c.mint(sandbox.Finventi).text("access_token"))
	if c.RollKey("nobody", true) == nil {
		t.Error("nobody's key was rolled")
	}
}

func TestServer_refusesTokensOfAnother(t *testing.T) {
	c := start(t)
	other := caller{t, instance(t, sandbox.WithClock(c.clock.Now)), c.clock}
	for _, v := range sandbox.Vendors() {
		token := c.mint(v).text("access_token")
		if r := c.call(v, token); r.status != 200 {
			t.Errorf("%s, its own: %d %s", v, r.status, r.body)
		}
		refused(t, v, other.call(v, token), "The access token is not a JWT of this server")
	}
}

func TestTokens_listsThem(t *testing.T) {
	c := start(t)
	r := c.login()
	c.call(sandbox.FinAPI, atoken(t, r))
	c.mint(sandbox.Finventi)
	list := c.Tokens()
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	if got := list[0]; got.Vendor != sandbox.FinAPI || got.User != "anna" || got.Client != "demobank-cli" || got.Realm != "customer" ||
		got.Session != r.text("session_state") || got.Uses != 1 || got.Revoked || got.Expiry.Sub(got.IssuedAt) != 15*time.Minute {
		t.Errorf("%+v", got)
	}
	c.LogoutUser("", "anna")
	if !c.RevokeToken(list[1].ID) || c.RevokeToken("nothing") {
		t.Error("RevokeToken")
	}
	for _, got := range c.Tokens() {
		if !got.Revoked {
			t.Errorf("%+v", got)
		}
	}
}
