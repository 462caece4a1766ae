package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

func (c caller) askScope(scope string) reply {
	c.T.Helper()
	return c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti", "scope", scope)
}

// Keycloak takes a scope apart at single blanks.
func TestScope_isSplitAtSingleSpaces(t *testing.T) {
	c := start(t)
	for asked, shown := range map[string]string{" email ": " email ", "email  profile": "email  profile", "email\tprofile": "emailprofile", "email\nprofile": "emailprofile"} {
		c.askScope(asked).want(t, 400, "invalid_scope", "Invalid scopes: "+shown)
	}
	for _, asked := range []string{"email ", "  ", "email email"} {
		if r := c.askScope(asked); r.status != 200 || r.text("scope") != "profile email" {
			t.Errorf("%q: %d %s", asked, r.status, r.body)
		}
	}
}

func TestScope_ofKeycloak265(t *testing.T) {
	c := start(t, sandbox.WithKeycloak265())
	c.askScope("email\tprofile").want(t, 400, "invalid_scope", "Invalid scopes: email\tprofile")
	if r := c.askScope("organization"); r.text("scope") != "profile email organization" {
		t.Errorf("%d %s", r.status, r.body)
	}
	login := c.loginOpenID()
	narrow := c.post(finapiToken, "grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", login.text("refresh_token"), "scope", "profile")
	if !slices.Contains(strings.Fields(narrow.text("scope")), "openid") {
		t.Errorf("openid is gone: %s", narrow.body)
	}
}

// The default client may ask for what its realm file lets it ask for.
func TestScope_optionalOfTheDefaultClient(t *testing.T) {
	c := start(t)
	for asked, shown := range map[string]string{"phone": " phone", "address": " address", "offline_access": " offline_access", "microprofile-jwt": " microprofile-jwt",
		"organization": "", "acr": "", "basic": "", "roles": "", "service_account": "", "web-origins": ""} {
		if r := c.askScope(asked); r.status != 200 || r.text("scope") != "profile email"+shown {
			t.Errorf("%s: %d %s", asked, r.status, r.body)
		}
	}
	r := c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "pw-anna", "scope", "basic")
	if r.status != 200 || r.text("scope") != "xs2a_mock:user profile" {
		t.Errorf("finAPI: %d %s", r.status, r.body)
	}
}

func TestScope_ofARefresh(t *testing.T) {
	c := start(t)
	ask := func(token, scope string) reply {
		return c.post(finapiToken, "grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", token, "scope", scope)
	}
	plain := c.login().text("refresh_token")
	ask(plain, "").want(t, 400, "invalid_scope", "Invalid scopes: ")
	ask("garbage", "nonsense").want(t, 400, "invalid_scope", "Invalid scopes: nonsense")
	if r := ask(plain, "openid"); r.status != 200 || r.text("scope") != "xs2a_mock:user profile" || r.text("id_token") != "" {
		t.Errorf("openid, which the login had not: %d %s", r.status, r.body)
	}
	open := c.loginOpenID().text("refresh_token")
	narrow := ask(open, "profile")
	if narrow.status != 200 || narrow.text("scope") != "xs2a_mock:user profile" || narrow.text("id_token") == "" {
		t.Errorf("narrower than the login: %d %s", narrow.status, narrow.body)
	}
	if r := c.refresh(narrow.text("refresh_token")); r.status != 200 || r.text("scope") != "xs2a_mock:user profile openid" || r.text("id_token") == "" {
		t.Errorf("after that: %d %s", r.status, r.body)
	}
}

func TestBasic_otherSpellings(t *testing.T) {
	c := start(t)
	ask := func(authorization string) reply {
		return c.do(c.request(http.MethodPost, finventiToken, "grant_type=client_credentials", "Content-Type", formType, "Authorization", authorization))
	}
	const good, broken = "c3RpLWNsaWVudDpzM2NyM3Qtc3Rp", "c3RpLWNsaWVudDoleno=" // the second is sti-client:%zz
	for _, authorization := range []string{"Basic  " + good, "Basic\t" + good, "basic " + good} {
		if r := ask(authorization); r.status != 200 {
			t.Errorf("%q: %d %s", authorization, r.status, r.body)
		}
	}
	ask("Basic "+good+" x").want(t, 401, "invalid_client", badClient)
	const unexpected = "Unexpected error when authenticating client"
	ask("Basic "+broken).want(t, 400, "unauthorized_client", unexpected)
	introspect := "/finventi/auth" + docpath.Of(finventiserver.Document, "IntrospectToken", "sti-connector")
	c.do(c.request(http.MethodPost, introspect, "token=x", "Content-Type", formType, "Authorization", "Basic "+broken)).
		want(t, 400, "unauthorized_client", unexpected)
}

func TestForm_limitsValues(t *testing.T) {
	c := start(t)
	const longest = 128 << 10
	ask := func(value string) reply {
		return c.do(c.request(http.MethodPost, finventiToken, "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti&x="+value, "Content-Type", formType))
	}
	if r := ask(strings.Repeat("x", longest)); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, value := range []string{strings.Repeat("x", longest+1), strings.Repeat("%61", longest/3+1)} {
		r := ask(value)
		r.want(t, 413, "HTTP 413 Request Entity Too Large", "")
		if len(r.json) != 1 || r.header.Get("Cache-Control") != "" {
			t.Errorf("%v %s", r.header, r.body)
		}
	}
}
