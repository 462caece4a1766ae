package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

// under sends a form to a path under another host name.
func (c caller) under(host, path string, pairs ...string) reply {
	c.T.Helper()
	r := c.request(http.MethodPost, path, form(pairs...), "Content-Type", formType)
	r.Host = host
	return c.do(r)
}

// What one host name gave out is not the token of another, as with a Keycloak without a fixed host
// name.
func TestIssuer_followsTheHost(t *testing.T) {
	c := start(t, keycloakAccounts()...)
	r := c.loginOpenID()
	access, refresh := atoken(t, r), r.text("refresh_token")
	const wrong = "Invalid token issuer. Expected 'http://localhost/finapi/auth/realms/customer'"
	by := []string{"client_id", "demobank-cli"}
	c.under("localhost", finapiToken, append(by, "grant_type", "refresh_token", "refresh_token", refresh)...).want(t, 400, "invalid_grant", wrong)
	c.under("localhost", finapiToken, "client_id", "other", "client_secret", "other-secret", "grant_type", "refresh_token", "refresh_token", refresh).
		want(t, 400, "invalid_grant", wrong)
	c.under("localhost", finapiEndpoints+"/logout", append(by, "refresh_token", refresh)...).want(t, 400, "invalid_grant", wrong)
	c.under("localhost", finapiEndpoints+"/userinfo", "access_token", access).wantChallenge(t, 401, unverified)
	c.under("localhost", finapiEndpoints+"/revoke", append(by, "token", access)...).want(t, 200, "invalid_token", "Invalid token")
	other := c.post(finapiToken, "grant_type", "password", "client_id", "other", "client_secret", "other-secret", "username", "anna", "password", "pw-anna")
	if got := c.under("localhost", finapiEndpoints+"/token/introspect", "client_id", "other", "client_secret", "other-secret",
		"token", other.text("refresh_token"), "token_type_hint", "refresh_token"); got.body != `{"active":false}` {
		t.Errorf("introspect: %s", got.body)
	}
	if got := c.refresh(refresh); got.status != 200 {
		t.Errorf("under its own host: %d %s", got.status, got.body)
	}
	// The port may be another after a restart.
	host, _, _ := strings.Cut(strings.TrimPrefix(c.URL, "http://"), ":")
	if got := c.under(host+":1", finapiToken, append(by, "grant_type", "refresh_token", "refresh_token", refresh)...); got.status != 200 {
		t.Errorf("at another port: %d %s", got.status, got.body)
	}
	// Revoking a refresh token asks for no issuer.
	if got := c.under("localhost", finapiEndpoints+"/revoke", append(by, "token", refresh)...); got.status != 200 || got.body != "" {
		t.Errorf("revoke: %d %s", got.status, got.body)
	}
}

func TestWithBaseURL_fixesTheIssuer(t *testing.T) {
	c := start(t, sandbox.WithBaseURL("https://vendors.example"))
	refresh := c.login().text("refresh_token")
	if r := c.under("localhost", finapiToken, "client_id", "demobank-cli", "grant_type", "refresh_token", "refresh_token", refresh); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// RFC 8414 section 3.1 puts the well-known part between the host and the path of the issuer.
func TestDiscovery_isWhereTheIssuerLeads(t *testing.T) {
	c := start(t)
	const wellKnown = "/.well-known/oauth-authorization-server"
	get := func(path string) reply { return c.do(c.request(http.MethodGet, path, "")) }
	for _, realm := range []string{"/finventi/auth/realms/sti-connector", "/finapi/auth/realms/customer", "/onefinops/login/realms/onefinops"} {
		issuer := strings.TrimSuffix(get(realm+wellKnown).text("issuer"), "/")
		host, path, _ := strings.Cut(strings.TrimPrefix(issuer, "http://"), "/")
		if "http://"+host != c.URL {
			t.Errorf("issuer %s", issuer)
		}
		server, name, _ := strings.Cut(path, "/realms/")
		for _, at := range []string{wellKnown + "/" + path, "/" + server + wellKnown + "/realms/" + name} {
			if r := get(at); r.status != http.StatusOK || r.text("issuer") != issuer || r.text("token_endpoint") == "" {
				t.Errorf("%s: %d %s", at, r.status, r.body)
			}
		}
	}
	if r := get(wellKnown + "/finapi/auth/realms/nobody"); r.status != http.StatusNotFound || r.text("error") != "Realm does not exist" {
		t.Errorf("an unknown realm: %d %s", r.status, r.body)
	}
}
