package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

const (
	finapiEndpoints = "/finapi/auth/realms/customer/protocol/openid-connect"
	userinfo        = finapiEndpoints + "/userinfo"
)

// loginOpenID logs anna in with scope openid.
func (c caller) loginOpenID() reply {
	c.T.Helper()
	return c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "pw-anna", "scope", "openid")
}

// wantChallenge checks status and WWW-Authenticate, which says all that there is to a UserInfo
// refusal.
func (r reply) wantChallenge(t testing.TB, status int, rest string) {
	t.Helper()
	if got, want := r.header.Get("WWW-Authenticate"), `Bearer realm="customer"`+rest; r.status != status || got != want {
		t.Errorf("%d %s, want %d %s", r.status, got, status, want)
	}
}

const (
	unverified  = `, error="invalid_token", error_description="Token verification failed"`
	twoMethods  = `, error="invalid_request", error_description="More than one method used for including an access token"`
	formTwice   = `, error="invalid_request", error_description="Duplicate parameter"`
	userOff     = `, error="invalid_token", error_description="User disabled"`
	clientOff   = `, error="invalid_token", error_description="Client disabled"`
	sessionGone = `, error="invalid_token", error_description="user_session_not_found"`
)

func TestUserinfo_takesHeaderOrForm(t *testing.T) {
	c := start(t)
	token := atoken(t, c.loginOpenID())
	ask := func(authorization, body string) reply {
		headers := []string{"Content-Type", formType}
		if authorization != "" {
			headers = append(headers, "Authorization", authorization)
		}
		return c.do(c.request(http.MethodPost, userinfo, body, headers...))
	}
	inForm := form("access_token", token)
	for name, r := range map[string]reply{"form": ask("", inForm), "header": ask("Bearer "+token, ""), "form beside Basic": ask("Basic eDp5", inForm)} {
		if r.status != 200 || r.text("preferred_username") != "anna" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	ask("Bearer "+token, inForm).wantChallenge(t, 400, twoMethods)
	ask("", inForm+"&"+inForm).wantChallenge(t, 400, formTwice)
	ask("", "access_token=").wantChallenge(t, 401, unverified)
	ask("", "x=1").wantChallenge(t, 401, "")
	ask("Bearer  "+token, "").wantChallenge(t, 401, "")
	ask("", "access_token=%zz").want(t, 500, "unknown_error", "For more on this error consult the server log.")
	c.do(c.request(http.MethodGet, userinfo, inForm, "Content-Type", formType)).wantChallenge(t, 401, "")
}

func TestUserinfo_refusesDisabledUsers(t *testing.T) {
	c := start(t)
	ask := func(r reply) reply {
		return c.do(c.request(http.MethodGet, userinfo, "", "Authorization", "Bearer "+r.text("access_token")))
	}
	r := c.loginOpenID()
	must(t, c.DisableUser("", "anna", true))
	ask(r).wantChallenge(t, 401, userOff)
	must(t, c.DisableClient(sandbox.FinAPI, "demobank-cli", true))
	ask(r).wantChallenge(t, 401, clientOff)
	must(t, c.DisableClient(sandbox.FinAPI, "demobank-cli", false))
	must(t, c.DisableUser("", "anna", false))
	if got := ask(r); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	c.post(finapiEndpoints+"/revoke", "client_id", "demobank-cli", "token", r.text("access_token"))
	ask(r).wantChallenge(t, 401, unverified)
	r = c.loginOpenID()
	c.LogoutUser("", "anna")
	ask(r).wantChallenge(t, 401, sessionGone)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A browser's preflight request is answered at every endpoint, and no other method that is not
// served.
func TestCORS_preflightAndOtherMethods(t *testing.T) {
	c := start(t)
	const realm = "/finapi/auth/realms/customer"
	for _, path := range []string{"", "/.well-known/openid-configuration", "/protocol/openid-connect/userinfo", "/protocol/openid-connect/certs"} {
		if r := c.do(c.request(http.MethodOptions, realm+path, "")); r.status != 200 || r.body != "" {
			t.Errorf("OPTIONS %s: %d %s", path, r.status, r.body)
		}
		status, code := 405, "HTTP 405 Method Not Allowed"
		if path == "/.well-known/openid-configuration" {
			status, code = 404, "HTTP 404 Not Found"
		}
		c.do(c.request(http.MethodPut, realm+path, "")).want(t, status, code, "")
	}
	c.do(c.request(http.MethodOptions, "/finapi/auth/realms/nowhere/protocol/openid-connect/certs", "")).want(t, 404, "Realm does not exist", "")
}
