package sandbox_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestRefresh_keepsTheOldTokenValid(t *testing.T) {
	c := start(t)
	first := c.login()
	c.clock.Advance(10 * time.Minute)
	second := c.refresh(first.text("refresh_token"))
	if second.status != http.StatusOK || second.text("refresh_token") == first.text("refresh_token") ||
		second.text("session_state") != first.text("session_state") || second.text("mandator_uuid") == "" {
		t.Fatalf("%d %s", second.status, second.body)
	}
	if r := c.refresh(first.text("refresh_token")); r.status != http.StatusOK {
		t.Errorf("the first refresh token: %d %s", r.status, r.body)
	}
	for _, r := range []reply{first, second} {
		if got := c.call(sandbox.FinAPI, atoken(t, r)); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

func TestSession_diesIdle(t *testing.T) {
	c := start(t)
	r := c.login()
	c.clock.Advance(30*time.Minute + time.Second)
	c.refresh(r.text("refresh_token")).want(t, 400, "invalid_grant", "Token is not active")
}

func TestSession_diesBeforeItsRefreshToken(t *testing.T) {
	c := start(t, sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{SessionIdle: time.Minute, Refresh: time.Hour}))
	r := c.login()
	c.clock.Advance(time.Minute)
	c.refresh(r.text("refresh_token")).want(t, 400, "invalid_grant", "Session not active")
	if got := c.call(sandbox.FinAPI, atoken(t, r)); got.status != http.StatusOK {
		t.Errorf("the access token died with the idle session: %d %s", got.status, got.body)
	}
}

func TestRefresh_extendsTheSessionToItsMaximum(t *testing.T) {
	c := start(t, sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{SessionMax: time.Hour}))
	r := c.login()
	for range 2 {
		c.clock.Advance(25 * time.Minute)
		r = c.refresh(r.text("refresh_token"))
		if r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	// 50 minutes in: 10 are left, for both tokens.
	if r.number("expires_in") != 600 || r.number("refresh_expires_in") != 600 {
		t.Errorf("expires_in %v, refresh_expires_in %v, want 600", r.number("expires_in"), r.number("refresh_expires_in"))
	}
	c.clock.Advance(10*time.Minute + time.Second)
	c.refresh(r.text("refresh_token")).want(t, 400, "invalid_grant", "Token is not active")
	refused(t, sandbox.FinAPI, c.call(sandbox.FinAPI, atoken(t, r)), "The access token has expired")
}

func TestRefreshRotation_reuseEndsTheSession(t *testing.T) {
	c := start(t, sandbox.WithRefreshRotation())
	first := c.login()
	second := c.refresh(first.text("refresh_token"))
	if second.status != http.StatusOK {
		t.Fatalf("%d %s", second.status, second.body)
	}
	c.refresh(first.text("refresh_token")).want(t, 400, "invalid_grant", "Maximum allowed refresh token reuse exceeded")
	c.refresh(second.text("refresh_token")).want(t, 400, "invalid_grant", "Session doesn't have required client")
	refused(t, sandbox.FinAPI, c.call(sandbox.FinAPI, atoken(t, second)), "The access token has been revoked")
	if r := c.login(); r.status != http.StatusOK {
		t.Errorf("log in again: %d %s", r.status, r.body)
	}
}

func TestLogout_endsTheSession(t *testing.T) {
	c := start(t)
	for name, logout := range map[string]func(r reply) int{
		"endpoint": func(r reply) int {
			return c.post("/finapi/auth/realms/customer/protocol/openid-connect/logout", "client_id", "demobank-cli", "refresh_token", r.text("refresh_token")).status
		},
		"revocation of the refresh token": func(r reply) int {
			return c.post("/finapi/auth/realms/customer/protocol/openid-connect/revoke", "client_id", "demobank-cli", "token", r.text("refresh_token")).status - 200 + 204
		},
		"administrator": func(reply) int {
			if n := c.LogoutUser("customer", "anna"); n != 1 {
				t.Errorf("%d sessions ended", n)
			}
			return 204
		},
	} {
		r := c.login()
		if status := logout(r); status != http.StatusNoContent {
			t.Errorf("%s: %d", name, status)
		}
		c.refresh(r.text("refresh_token")).want(t, 400, "invalid_grant", "Session not active")
		refused(t, sandbox.FinAPI, c.call(sandbox.FinAPI, atoken(t, r)), "The access token has been revoked")
	}
	if r := c.post("/finapi/auth/realms/customer/protocol/openid-connect/logout", "client_id", "demobank-cli"); r.status != http.StatusOK || !strings.HasPrefix(r.body, "<!DOCTYPE html>") {
		t.Errorf("a browser's logout: %d %s", r.status, r.body)
	}
	c.post("/finapi/auth/realms/customer/protocol/openid-connect/logout", "client_id", "demobank-cli", "refresh_token", "x").
		want(t, 400, "invalid_grant", "Invalid refresh token")
}

func TestRevocation_endsTheSession(t *testing.T) {
	c := start(t)
	const path = "/finventi/auth/realms/sti-connector/protocol/openid-connect/revoke"
	r := c.mint(sandbox.Finventi)
	if got := c.post(path, "client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", atoken(t, r)); got.status != http.StatusOK || got.body != "" {
		t.Errorf("%d %q", got.status, got.body)
	}
	refused(t, sandbox.Finventi, c.call(sandbox.Finventi, atoken(t, r)), "The access token has been revoked")
	if got := c.post(path, "client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", "unknown"); got.status != http.StatusOK || got.body != `{"error":"invalid_token","error_description":"Invalid token"}` {
		t.Errorf("an unknown token: %d %q", got.status, got.body)
	}
	c.post(path, "client_id", "sti-client", "client_secret", "s3cr3t-sti").want(t, 400, "invalid_request", "Token not provided")
	c.post(path, "client_id", "sti-client", "client_secret", "no", "token", "x").want(t, 401, "unauthorized_client", badClient)
}

func TestRevocation_oddTokens(t *testing.T) {
	c := start(t, keycloakAccounts()...)
	const finventi = "/finventi/auth/realms/sti-connector/protocol/openid-connect/revoke"
	service := []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti"}
	c.post(finventi, append(service, "token", "")...).want(t, 200, "invalid_token", "Invalid token")
	token := c.mint(sandbox.Finventi).text("access_token")
	for range 2 {
		if r := c.post(finventi, append(service, "token", token)...); r.status != 200 || r.body != "" {
			t.Errorf("a service account's token: %d %s", r.status, r.body)
		}
	}
	const finapi = finapiEndpoints + "/revoke"
	login := c.loginOpenID()
	c.post(finapi, "client_id", "demobank-cli", "token", login.text("id_token")).want(t, 400, "unsupported_token_type", "Unsupported token type")
	c.LogoutUser("", "anna")
	for _, token := range []string{login.text("access_token"), login.text("refresh_token")} {
		c.post(finapi, "client_id", "other", "client_secret", "other-secret", "token", token).want(t, 400, "invalid_request", "Unmatching clients")
		c.post(finapi, "client_id", "demobank-cli", "token", token).want(t, 200, "invalid_token", "Invalid token")
	}
	login = c.login()
	c.clock.Advance(16 * time.Minute)
	if r := c.post(finapi, "client_id", "demobank-cli", "token", login.text("access_token")); r.status != 200 || r.body != "" {
		t.Errorf("an expired token of a session that lives: %d %s", r.status, r.body)
	}
}

func TestLogout_takesAnExpiredToken(t *testing.T) {
	c := start(t)
	login := c.login()
	c.clock.Advance(31 * time.Minute)
	if r := c.post(finapiEndpoints+"/logout", "client_id", "demobank-cli", "refresh_token", login.text("refresh_token")); r.status != 204 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestRevocation_refusesOtherClients(t *testing.T) {
	c := start(t, keycloakAccounts()...)
	c.post("/finapi/auth/realms/customer/protocol/openid-connect/revoke", "client_id", "other", "client_secret", "other-secret", "token", c.login().text("refresh_token")).
		want(t, 400, "invalid_request", "Unmatching clients")
}

func TestIntrospection(t *testing.T) {
	c := start(t, append(keycloakAccounts(), sandbox.WithKeycloak265())...)
	const path = "/finapi/auth/realms/customer/protocol/openid-connect/token/introspect"
	ask := func(token string) reply {
		return c.post(path, "client_id", "other", "client_secret", "other-secret", "token", token)
	}
	r := c.login()
	for _, token := range []string{r.text("access_token"), r.text("refresh_token")} {
		got := ask(token)
		if got.json["active"] != true || got.text("client_id") != "demobank-cli" || got.text("sid") != r.text("session_state") {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	c.LogoutUser("", "anna")
	for _, token := range []string{r.text("access_token"), r.text("refresh_token"), "garbage", c.mint(sandbox.Finventi).text("access_token")} {
		if got := ask(token); got.status != http.StatusOK || got.body != `{"active":false}` {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	r = c.login()
	c.clock.Advance(16 * time.Minute)
	if got := ask(r.text("access_token")); got.body != `{"active":false}` {
		t.Errorf("expired: %s", got.body)
	}
	c.post(path, "client_id", "demobank-cli", "token", "x").want(t, 403, "invalid_request", "Client not allowed.")
	c.post(path, "client_id", "other", "client_secret", "no", "token", "x").want(t, 401, "invalid_request", "Authentication failed.")
	c.post(path, "client_id", "other", "client_secret", "other-secret").want(t, 400, "invalid_request", "Token not provided.")
}

func TestIntrospection_requests(t *testing.T) {
	c := start(t, keycloakAccounts()...)
	const path = finapiEndpoints + "/token/introspect"
	by := []string{"client_id", "other", "client_secret", "other-secret"}
	c.post(path, append(by, "token", "a", "token", "b")...).want(t, 400, "invalid_request", "duplicated parameter")
	c.post(path, append(by, "token", "a", "token_type_hint", "magic")...).want(t, 400, "invalid_request", "Unsupported token type.")
	c.post(path, append(by, "token", "a", "token_type_hint", "")...).want(t, 400, "invalid_request", "Unsupported token type.")
	if r := c.post(path, append(by, "token", "")...); r.status != 200 || r.body != `{"active":false}` {
		t.Errorf("an empty token: %d %s", r.status, r.body)
	}
	login := c.post(finapiToken, append(by, "grant_type", "password", "username", "anna", "password", "pw-anna", "scope", "openid")...)
	for _, token := range []struct {
		name, hint string
		active     bool
	}{{"refresh_token", "", false}, {"refresh_token", "refresh_token", true}, {"refresh_token", "access_token", false}, {"id_token", "", true}, {"id_token", "refresh_token", false}} {
		pairs := append(by, "token", login.text(token.name))
		if token.hint != "" {
			pairs = append(pairs, "token_type_hint", token.hint)
		}
		if r := c.post(path, pairs...); r.json["active"] != token.active || token.active && r.text("preferred_username") != "anna" {
			t.Errorf("%+v: %s", token, r.body)
		}
	}
	must(t, c.DisableUser("", "anna", true))
	if r := c.post(path, append(by, "token", login.text("id_token"))...); r.body != `{"active":false}` {
		t.Errorf("of a user who is off: %s", r.body)
	}
}

func TestIntrospection_isForTheAudience(t *testing.T) {
	c := start(t, append(keycloakAccounts(), sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "account", Secret: auth.NewSecret("x")}))...)
	const path = "/finventi/auth/realms/sti-connector/protocol/openid-connect/token/introspect"
	token := c.mint(sandbox.Finventi).text("access_token")
	if r := c.post(path, "client_id", "account", "client_secret", "x", "token", token); r.json["active"] != true || r.text("username") != "service-account-sti-client" {
		t.Errorf("the audience: %d %s", r.status, r.body)
	}
	if r := c.post(path, "client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", token); r.body != `{"active":false}` {
		t.Errorf("the client that got it: %d %s", r.status, r.body)
	}
	c.post(path, "client_id", "account", "client_secret", "no", "token", token).want(t, 401, "invalid_client", "Client authentication failed.")
	c.post(path, "token", token).want(t, 401, "invalid_client", badClient)
}

func TestNotBefore_refusesOlderTokens(t *testing.T) {
	c := start(t)
	r := c.login()
	c.clock.Advance(time.Minute)
	c.RevokeBefore(sandbox.FinAPI, "customer", c.Now())
	c.refresh(r.text("refresh_token")).want(t, 400, "invalid_grant", "Stale token")
	refused(t, sandbox.FinAPI, c.call(sandbox.FinAPI, atoken(t, r)), "The access token has been revoked")
	r = c.login()
	if got := r.number("not-before-policy"); got != float64(c.Now().Unix()) {
		t.Errorf("not-before-policy %v", got)
	}
	if got := c.call(sandbox.FinAPI, atoken(t, r)); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestIDToken_comesWithOpenID(t *testing.T) {
	c := start(t)
	r := c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "ANNA", "password", "pw-anna", "scope", "openid")
	claims, err := auth.ParseClaims(r.text("id_token"))
	if err != nil || !claims.HasAudience("demobank-cli") || claims.String("typ") != "ID" || claims.String("at_hash") == "" ||
		claims.Members["mandator_name"] != nil || !strings.Contains(r.text("scope"), "openid") {
		t.Errorf("%v %v %s", claims.Members, err, r.body)
	}
}

// TestRefreshRotation_admitsOneOfMany lets many use a refresh token at the same moment.
func TestRefreshRotation_admitsOneOfMany(t *testing.T) {
	c := start(t, sandbox.WithRefreshRotation())
	for range 5 {
		token := c.login().text("refresh_token")
		var wg sync.WaitGroup
		var granted atomic.Int32
		begin := make(chan struct{})
		for range 20 {
			wg.Go(func() {
				<-begin
				if r := c.refresh(token); r.status == http.StatusOK {
					granted.Add(1)
				}
			})
		}
		close(begin)
		wg.Wait()
		if n := granted.Load(); n != 1 {
			t.Errorf("%d were let through", n)
		}
	}
}
