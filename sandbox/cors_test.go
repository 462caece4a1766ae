package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

// A browser may post its logout; the rest is held against recordings.
func TestLogout_takesAForm(t *testing.T) {
	c := start(t)
	login := c.loginOpenID()
	for name, test := range map[string]struct {
		form   []string
		status int
	}{
		"bad hint":     {[]string{"id_token_hint", "x"}, http.StatusBadRequest},
		"bad redirect": {[]string{"id_token_hint", login.text("id_token"), "post_logout_redirect_uri", "https://app.example.test"}, http.StatusBadRequest},
	} {
		if r := c.post(finapiEndpoints+"/logout", test.form...); r.status != test.status || r.header.Get("Content-Type") != "text/html;charset=utf-8" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := c.refresh(login.text("refresh_token")); r.status != http.StatusOK {
		t.Errorf("the session has ended: %d %s", r.status, r.body)
	}
	if r := c.post(finapiEndpoints+"/logout", "id_token_hint", login.text("id_token")); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	c.refresh(login.text("refresh_token")).want(t, http.StatusBadRequest, "invalid_grant", "Session not active")
}

// Interop's agreement test holds all of this against recordings; these are the parts that it has no
// realm for.
func TestOrigin_isCheckedBeforeThePassword(t *testing.T) {
	ask := func(c caller, password, origin string) reply {
		return c.do(c.request(http.MethodPost, finapiToken,
			form("grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", password),
			"Content-Type", formType, "Origin", origin))
	}
	t.Run("26.7", func(t *testing.T) {
		c := start(t, sandbox.WithBruteForce(3, time.Hour))
		for range 5 {
			ask(c, "wrong", "https://evil.example").want(t, http.StatusForbidden, "Invalid origin", "")
		}
		if r := ask(c, "pw-anna", c.URL); r.status != http.StatusOK || r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("the sandbox's own page: %d %s %v", r.status, r.body, r.header)
		}
	})
	t.Run("the limit is not used up", func(t *testing.T) {
		c := start(t, sandbox.WithLimit(sandbox.FinAPI, sandbox.TokenEndpoint, sandbox.Limit{Requests: 2, Per: time.Hour}))
		for range 5 {
			ask(c, "wrong", "https://evil.example").want(t, http.StatusForbidden, "Invalid origin", "")
		}
		if r := c.login(); r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
	t.Run("26.5", func(t *testing.T) {
		c := start(t, sandbox.WithKeycloak265())
		if r := ask(c, "pw-anna", "https://evil.example"); r.status != http.StatusOK || r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%d %s %v", r.status, r.body, r.header)
		}
	})
	t.Run("own origin below a base URL with a path", func(t *testing.T) {
		c := start(t, sandbox.WithBaseURL("https://vendors.example:8443/sandbox"))
		for _, origin := range []string{"https://vendors.example:8443", c.URL, strings.Replace(c.URL, "http:", "https:", 1)} {
			if r := ask(c, "pw-anna", origin); r.status != http.StatusOK {
				t.Errorf("%s: %d %s", origin, r.status, r.body)
			}
		}
		ask(c, "pw-anna", "https://vendors.example").want(t, http.StatusForbidden, "Invalid origin", "")
	})
}
