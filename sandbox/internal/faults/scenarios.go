package faults

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

const htmlType = "text/html; charset=utf-8"

func htmlPage(title string) string {
	return "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"
}

// scenarios are the named faults: what docs/sandbox.md lists, one row each.
var scenarios = map[string]*scenario{
	// Accounts that are refused.
	"wrong-secret": {what: "the secret is wrong", vendors: []vendors.Vendor{vendors.Finventi, vendors.OneFinOps, vendors.FinCalc}, answer: func(c *call.Call) answer.Answer {
		if c.Vendor == vendors.FinCalc {
			return failures.League(http.StatusUnauthorized, "invalid_client", "Client authentication failed", "")
		}
		return answer.OAuthError(http.StatusUnauthorized, "unauthorized_client", failures.BadCredentials).Unstored()
	}},
	"unknown-client": {what: "the client is not known", vendors: []vendors.Vendor{vendors.Finventi, vendors.OneFinOps, vendors.FinCalc}, answer: func(c *call.Call) answer.Answer {
		if c.Vendor == vendors.FinCalc {
			return failures.League(http.StatusUnauthorized, "invalid_client", "Client authentication failed", "")
		}
		return answer.OAuthError(http.StatusUnauthorized, "invalid_client", failures.BadCredentials).Unstored()
	}},
	"wrong-password": {what: "the password is wrong, or the user locked", vendors: []vendors.Vendor{vendors.FinAPI},
		answer: badGrant(http.StatusBadRequest, "Invalid user credentials")},
	"wrong-password-401": {what: "the same with 401, as up to Keycloak 26.5", vendors: []vendors.Vendor{vendors.FinAPI},
		answer: badGrant(http.StatusUnauthorized, "Invalid user credentials")},
	"disabled":     {what: "the user is disabled", vendors: []vendors.Vendor{vendors.FinAPI}, answer: badGrant(http.StatusBadRequest, "Account disabled")},
	"setup":        {what: "the user has required actions to do", vendors: []vendors.Vendor{vendors.FinAPI}, answer: badGrant(http.StatusBadRequest, "Account is not fully set up")},
	"ip":           {what: "the caller's address is not on the whitelist", vendors: []vendors.Vendor{vendors.Finventi}, answer: func(*call.Call) answer.Answer { return failures.IPRefused() }},
	"wrong-email":  {what: "the e-mail address is another login's", vendors: []vendors.Vendor{vendors.FinCalc}, answer: func(*call.Call) answer.Answer { return failures.WrongEmail() }},
	"refused":      {what: "403 with an empty body", answer: text(http.StatusForbidden, "", "")},
	"unknown-4xx":  {what: "422 with JSON that is no OAuth error", answer: text(http.StatusUnprocessableEntity, "application/json", `{"status":"failed"}`)},
	"session-lost": {what: "logging in works, but the session is dead at once: refreshing is refused", vendors: []vendors.Vendor{vendors.FinAPI}, refresh: true, answer: badGrant(http.StatusBadRequest, "Session not active")},
	"refresh-401": {what: "refreshing is refused with 401 invalid_request", vendors: []vendors.Vendor{vendors.FinAPI}, refresh: true, answer: func(*call.Call) answer.Answer {
		return answer.OAuthError(http.StatusUnauthorized, "invalid_request", "The refresh token is invalid.").Unstored()
	}},
	"refresh-503": {what: "refreshing meets 503, logging in does not", vendors: []vendors.Vendor{vendors.FinAPI}, refresh: true, answer: status(http.StatusServiceUnavailable)},

	// Servers that are busy or broken.
	"429":      {what: "429 with Retry-After in seconds", answer: after(status(http.StatusTooManyRequests), "2")},
	"429-date": {what: "429 with Retry-After as a date two seconds ahead", answer: afterDate(http.StatusTooManyRequests)},
	"429-bare": {what: "429 without Retry-After", answer: after(status(http.StatusTooManyRequests), "")},
	"429-long": {what: "429 with a Retry-After of ten years", answer: after(status(http.StatusTooManyRequests), "315360000")},
	"500":      {what: "500 in the vendor's shape", answer: status(http.StatusInternalServerError)},
	"502":      {what: "502 with a gateway's HTML", answer: text(http.StatusBadGateway, htmlType, htmlPage("502 Bad Gateway"))},
	"503":      {what: "503 with Retry-After in seconds", answer: status(http.StatusServiceUnavailable)},
	"503-date": {what: "503 with Retry-After as a date two seconds ahead", answer: afterDate(http.StatusServiceUnavailable)},
	"503-html": {what: "503 with HTML and no Retry-After", answer: text(http.StatusServiceUnavailable, htmlType, htmlPage("503 Service Unavailable"))},
	"504":      {what: "504 with an empty body", answer: text(http.StatusGatewayTimeout, "", "")},
	"flaky":    {what: "every second request, beginning with the first, meets 503", every: 2, answer: status(http.StatusServiceUnavailable)},
	"redirect": {what: "307 to another path", answer: func(c *call.Call) answer.Answer {
		return answer.Text(http.StatusTemporaryRedirect, "", "").With("Location", "/_sandbox/elsewhere")
	}},

	// Connections.
	"slow":    {what: "the answer comes after 3 seconds", Delay: 3 * time.Second},
	"hang":    {what: "no answer, until the caller gives up", Wire: answer.Hang},
	"reset":   {what: "the connection is reset before the answer", Wire: answer.Reset},
	"cut":     {what: "the connection ends in the middle of the body", Wire: answer.Cut},
	"trickle": {what: "the body comes one byte each tenth of a second", Wire: answer.Trickle},
	"endless": {what: "the body never ends", Wire: answer.Endless},

	// Bodies.
	"html":        {what: "200 with HTML", answer: text(http.StatusOK, htmlType, htmlPage("Welcome"))},
	"plain":       {what: "a good answer called text/plain", edit: func(_ *call.Call, a *answer.Answer) { a.With("Content-Type", "text/plain") }},
	"bom":         {what: "a good answer behind a byte order mark", edit: func(_ *call.Call, a *answer.Answer) { a.Rewrite("\ufeff" + string(a.Body())) }},
	"malformed":   {what: "JSON that breaks off, with the length to match", edit: func(_ *call.Call, a *answer.Answer) { b := a.Body(); a.Rewrite(string(b[:len(b)*2/3])) }},
	"no-body":     {what: "200 without a body", answer: text(http.StatusOK, "application/json", "")},
	"empty":       {what: "200 with {}", answer: text(http.StatusOK, "application/json", "{}")},
	"null":        {what: "200 with null", answer: text(http.StatusOK, "application/json", "null")},
	"list":        {what: "200 with a list", answer: text(http.StatusOK, "application/json", "[]")},
	"nested":      {what: "200 with JSON nested 100,000 deep", answer: text(http.StatusOK, "application/json", strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000))},
	"huge":        {what: "a good answer, padded to more than a mebibyte", edit: editToken(func(o *jsondoc.Object) { o.Set("padding", strings.Repeat("x", 1<<20)) })},
	"error-200":   {what: "an error with status 200", answer: errorWith200},
	"echo-secret": {what: "an error that repeats the secret it was sent", answer: echoSecret},

	// Members of the token answer.
	"no-token":         {what: "no access_token", change: func(o *jsondoc.Object) { o.Remove("access_token") }},
	"number-token":     {what: "access_token is a number", change: func(o *jsondoc.Object) { o.Set("access_token", 12345) }},
	"newline-token":    {what: "access_token has a line break in it", change: func(o *jsondoc.Object) { o.Set("access_token", "abc\r\nX-Injected: yes") }},
	"long-token":       {what: "an access_token of 100 KiB", change: func(o *jsondoc.Object) { o.Set("access_token", strings.Repeat("x", 100<<10)) }},
	"opaque":           {what: "the access token is no JWT", before: func(c *call.Call) { c.Opaque = true }},
	"no-expiry":        {what: "no expires_in", change: func(o *jsondoc.Object) { o.Remove("expires_in") }},
	"never-expires":    {what: "no expires_in, and the token is no JWT", before: func(c *call.Call) { c.Opaque = true }, change: func(o *jsondoc.Object) { o.Remove("expires_in") }},
	"text-expiry":      {what: "expires_in is a text", change: func(o *jsondoc.Object) { o.Set("expires_in", "900") }},
	"zero-expiry":      {what: "expires_in is 0", change: func(o *jsondoc.Object) { o.Set("expires_in", 0) }},
	"absurd-expiry":    {what: "expires_in is in nanoseconds", change: func(o *jsondoc.Object) { o.Set("expires_in", int64(15*time.Minute)) }},
	"odd-expiry":       {what: "expires_in is an object", change: func(o *jsondoc.Object) { o.Set("expires_in", jsondoc.Object{{"seconds", 900}}) }},
	"expired":          {what: "the token has expired a minute ago", before: func(c *call.Call) { c.Lifetime = -time.Minute }},
	"short-lived":      {what: "the token lives 5 seconds", before: func(c *call.Call) { c.Lifetime = 5 * time.Second }},
	"revoked":          {what: "the token is revoked at once: the API answers 401", before: func(c *call.Call) { c.Stillborn = true }},
	"lower-case-type":  {what: "token_type is bearer", change: func(o *jsondoc.Object) { o.Set("token_type", "bearer") }},
	"no-type":          {what: "no token_type", change: func(o *jsondoc.Object) { o.Remove("token_type") }},
	"mac":              {what: "token_type is MAC", change: func(o *jsondoc.Object) { o.Set("token_type", "MAC") }},
	"no-scope":         {what: "no scope", vendors: []vendors.Vendor{vendors.Finventi, vendors.FinAPI, vendors.OneFinOps}, change: func(o *jsondoc.Object) { o.Remove("scope") }},
	"no-refresh-token": {what: "no refresh_token", vendors: []vendors.Vendor{vendors.FinAPI}, change: func(o *jsondoc.Object) { o.Remove("refresh_token") }},
	"zero-refresh-expiry": {what: "refresh_expires_in is 0 beside a refresh token that lives", vendors: []vendors.Vendor{vendors.FinAPI},
		change: func(o *jsondoc.Object) { o.Set("refresh_expires_in", 0) }},

	// The API, after a token that is good.
	"api-401": {what: "the API answers 401", api: true, answer: status(http.StatusUnauthorized)},
	"api-403": {what: "the API answers 403", api: true, answer: status(http.StatusForbidden)},
	"api-429": {what: "the API answers 429", api: true, answer: status(http.StatusTooManyRequests)},
	"api-500": {what: "the API answers 500", api: true, answer: status(http.StatusInternalServerError)},
	"api-503": {what: "the API answers 503", api: true, answer: status(http.StatusServiceUnavailable)},
}

func status(code int) func(*call.Call) answer.Answer {
	return func(c *call.Call) answer.Answer { return failure(c, code, "") }
}

func text(code int, contentType, body string) func(*call.Call) answer.Answer {
	return func(*call.Call) answer.Answer { return answer.Text(code, contentType, body) }
}

func after(make func(*call.Call) answer.Answer, value string) func(*call.Call) answer.Answer {
	return func(c *call.Call) answer.Answer {
		a := make(c)
		a.Header.Del("Retry-After")
		if value != "" {
			a.With("Retry-After", value)
		}
		return a
	}
}

// afterDate sets Retry-After to a date by the caller's clock, which [Server.Advance] does not move,
// and sets the Date to compare it with.
func afterDate(code int) func(*call.Call) answer.Answer {
	return func(c *call.Call) answer.Answer {
		now := c.ClientNow.UTC()
		return failure(c, code, "").With("Date", now.Format(http.TimeFormat)).With("Retry-After", now.Add(2*time.Second).Format(http.TimeFormat))
	}
}

func badGrant(code int, description string) func(*call.Call) answer.Answer {
	return func(*call.Call) answer.Answer {
		return answer.OAuthError(code, "invalid_grant", description).Unstored()
	}
}

func errorWith200(c *call.Call) answer.Answer {
	if c.Vendor == vendors.FinCalc {
		return failures.FinCalcToken(http.StatusOK, failures.MalformedRequest)
	}
	return answer.OAuthError(http.StatusOK, "invalid_client", failures.BadCredentials).Unstored()
}

// echoSecret is what careless servers do.
func echoSecret(c *call.Call) answer.Answer {
	secret := cmp.Or(c.Form.Get("client_secret"), c.Form.Get("password"))
	if c.Vendor == vendors.FinCalc {
		return failures.FinCalcToken(http.StatusBadRequest, "Wrong secret: "+c.Members()["client_secret"])
	}
	if _, word, _ := c.Basic(); secret == "" {
		secret = word
	}
	return answer.OAuthError(http.StatusUnauthorized, "invalid_client", "Wrong secret: "+secret).Unstored()
}

// editToken changes the members of a token answer, which FinCalc has in an envelope.
func editToken(change func(*jsondoc.Object)) func(*call.Call, *answer.Answer) {
	return func(_ *call.Call, a *answer.Answer) {
		if data, ok := a.Members.Get("data").(jsondoc.Object); ok {
			change(&data)
			a.Members.Set("data", data)
			return
		}
		change(&a.Members)
	}
}
