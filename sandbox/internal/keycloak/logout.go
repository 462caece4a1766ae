package keycloak

import (
	"fmt"
	"html"
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// endSession is Keycloak's logout: by a refresh token, or by a browser.
func endSession(c visit, rm *accounts.Realm) answer.Answer {
	if c.isBrowserLogout() {
		return c.leave(rm)
	}
	by, refusal := c.authenticate(rm)
	if refusal != nil {
		return *refusal
	}
	if refusal := c.foreignOrigin(); refusal != nil {
		return *refusal
	}
	// A session may be ended with a token that is too old for refreshing it.
	claims, problem := c.readRefreshToken(rm, by, c.Form.Get("refresh_token"), false)
	if problem != "" {
		return answer.OAuthError(http.StatusBadRequest, "invalid_grant", problem)
	}
	c.k.Accounts.EndSession(rm, claims.Text("sid"))
	return answer.Text(http.StatusNoContent, "", "").With("Cache-Control", "no-cache").
		With("Content-Security-Policy", pagePolicy)
}

// isBrowserLogout reports whether the call is a logout without a refresh token, which every realm
// shows a page for.
func (c visit) isBrowserLogout() bool {
	return c.Endpoint == vendors.Logout && !c.Form.Has("refresh_token")
}

// leave is OpenID Connect RP-Initiated Logout. The sandbox's clients have no redirect URIs.
func (c visit) leave(rm *accounts.Realm) answer.Answer {
	asked := c.Form
	if c.Request.Method != http.MethodPost {
		asked = c.Request.URL.Query()
	}
	hint, by := asked.Get("id_token_hint"), asked.Get("client_id")
	refuse := func(text string) answer.Answer { return sorry(rm, text).With("Cache-Control", "no-cache") }
	claims := c.readToken(rm, hint)
	switch {
	case hint != "" && (claims == nil || claims.Text("typ") != "ID" || !c.Issued(rm, claims)),
		hint != "" && by != "" && by != claims.Text("azp"):
		return refuse("Invalid parameter: id_token_hint")
	case asked.Get("post_logout_redirect_uri") == "":
	case hint == "" && by == "":
		return refuse("Missing parameters: id_token_hint")
	default:
		return refuse("Invalid redirect uri")
	}
	if hint == "" {
		title := "Logging out"
		if c.k.Before266 {
			title = "Sign in to " + rm.Name
		}
		return keycloakPage(rm, http.StatusOK, title, "Logging out", "Do you want to log out?").With("Cache-Control", "no-cache")
	}
	c.k.Accounts.EndSession(rm, claims.Text("sid"))
	return keycloakPage(rm, http.StatusOK, "Sign in to "+rm.Name, "You are logged out", "You are logged out").With("Cache-Control", "no-cache")
}

// authorize is the authorization endpoint, RFC 6749 section 3.1, which refuses every client.
func authorize(c visit, rm *accounts.Realm) answer.Answer {
	asked := c.Form
	if c.Request.Method != http.MethodPost {
		asked = c.Request.URL.Query()
	}
	by := c.k.Accounts.Client(rm, asked.Get("client_id"))
	switch {
	case !asked.Has("client_id"):
		return sorry(rm, "Invalid Request")
	case by == nil:
		return sorry(rm, "Client not found.")
	}
	return sorry(rm, "Invalid parameter: redirect_uri")
}

// sorry is Keycloak's page for a failure.
func sorry(rm *accounts.Realm, text string) answer.Answer {
	return keycloakPage(rm, http.StatusBadRequest, "Sign in to "+rm.Name, "We are sorry...", text)
}

const pagePolicy = "frame-src 'self'; frame-ancestors 'self'; object-src 'none';"

// keycloakPage is a page for people, with the words of Keycloak's.
func keycloakPage(rm *accounts.Realm, status int, title, heading, text string) answer.Answer {
	body := fmt.Sprintf(`<!DOCTYPE html>
<html class="login-pf" lang="en">
<head><title>%s</title></head>
<body><header>%s</header><h1>%s</h1><p>%s</p></body>
</html>
`, html.EscapeString(title), html.EscapeString(rm.Name), html.EscapeString(heading), html.EscapeString(text))
	return answer.Text(status, "text/html;charset=utf-8", body).With("Content-Security-Policy", pagePolicy)
}
