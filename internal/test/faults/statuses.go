package faults

import (
	"fmt"
	"net/http"

	"github.com/finsdk/finsdk-go/auth"
)

// statuses lists an answer with each status, as of a proxy or a server without OAuth.
func statuses() []Case {
	cases := []Case{
		{Name: "200", Script: Script{read{}, good}, Want: token},
		{Name: "100 before 200", Script: Script{read{}, send("HTTP/1.1 100 Continue\r\n\r\n"), good}, Want: token},
		{Name: "102 before 200", Script: Script{read{}, send("HTTP/1.1 102 Processing\r\n\r\n"), good}, Want: token},
		{Name: "103 before 200", Script: Script{read{}, send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"), good}, Want: token},
		{Name: "103 twice before 200", Script: Script{read{}, send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"), good}, Want: token},
		{Name: "103 without end", Script: Script{read{}, flood{"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", 64 << 20}}, Want: broken},
		{Name: "100 and silence", Script: Script{read{}, send("HTTP/1.1 100 Continue\r\n\r\n"), hang{}}, Hangs: true, Want: broken},
		{Name: "101", Script: Script{read{}, send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), hang{}},
			Want: unavailable(101)},
		{Name: "201 with a token", Script: Script{read{}, answer{status: 201, body: goodBody}}, Want: token},
		{Name: "202 without a token", Script: Script{read{}, answer{status: 202, body: raw(`{"status":"queued"}`)}}, Want: malformed(202)},
		{Name: "203 with a token", Script: Script{read{}, answer{status: 203, body: goodBody}}, Want: token},
		{Name: "204", Script: Script{read{}, answer{status: 204, typ: "-"}}, Want: page(204)},
		{Name: "205", Script: Script{read{}, answer{status: 205, typ: "-"}}, Want: page(205)},
		{Name: "206 with half a token", Script: Script{read{}, answer{status: 206, header: []string{"Content-Range: bytes 0-19/90"},
			body: raw(`{"access_token":"to`)}}, Want: malformed(206)},
		{Name: "status 000", Script: Script{read{}, send("HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n")}, Want: broken},
		{Name: "status 99", Script: Script{read{}, send("HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n")}, Want: broken},
		{Name: "status 700", Script: Script{read{}, send("HTTP/1.1 700 High\r\nContent-Length: 0\r\n\r\n")}, Want: unavailable(700)},
	}
	// A login that is refused without a text may be due to a wrong password or a firewall.
	want := map[int]Want{
		401: refused(401), 403: refused(403),
		408: unavailable(408), 425: unavailable(425), 429: limited(429),
		500: unavailable(500), 501: unavailable(501), 502: unavailable(502), 503: unavailable(503), 504: unavailable(504),
		505: unavailable(505), 507: unavailable(507), 508: unavailable(508), 511: unavailable(511), 520: unavailable(520),
		522: unavailable(522), 529: unavailable(529),
	}
	for _, status := range []int{400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 413, 414, 415, 416, 417, 418, 421, 422,
		423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 529} {
		w, ok := want[status]
		if !ok {
			w = misconfigured(status)
		}
		cases = append(cases, Case{
			Name:   fmt.Sprintf("%d in JSON without a code", status),
			Script: Script{read{}, answer{status: status, body: raw(`{"status":"nope"}`)}},
			Want:   w,
		})
	}
	return cases
}

// redirects lists every 3xx, each with a Location to a server that must see nothing.
func redirects() []Case {
	var cases []Case
	for status := 300; status <= 308; status++ {
		cases = append(cases, Case{
			Name: fmt.Sprintf("%d elsewhere", status),
			Script: Script{read{}, answer{status: status, typ: "text/html", header: []string{"Location: <<elsewhere>>/token?next=1"},
				body: raw("<a href='<<elsewhere>>'>moved</a>")}},
			Want: redirected(status),
		})
	}
	return append(cases,
		Case{Name: "307 to itself", Script: Script{read{}, answer{status: 307, header: []string{"Location: <<self>>/again"}}}, Want: redirected(307)},
		Case{Name: "302 without Location", Script: Script{read{}, answer{status: 302}}, Want: redirected(302)},
		Case{Name: "302 with a broken Location", Script: Script{read{}, answer{status: 302, header: []string{"Location: ht%tp://[::1"}}}, Want: redirected(302)},
		Case{Name: "308 with a token in it", Script: Script{read{}, answer{status: 308, header: []string{"Location: <<elsewhere>>"}, body: goodBody}}, Want: redirected(308)},
		Case{Name: "301 with the secret in Location", Script: Script{read{}, answer{status: 301, header: []string{"Location: https://evil.test/?s=<<secret:url>>"}}}, Want: redirected(301)},
		Case{Name: "303 with Refresh", Script: Script{read{}, answer{status: 303, header: []string{"Location: <<elsewhere>>", "Refresh: 0; url=<<elsewhere>>"}}}, Want: redirected(303)},
		Case{Name: "200 with Refresh and Content-Location", Script: Script{read{}, answer{status: 200, body: goodBody,
			header: []string{"Refresh: 0; url=<<elsewhere>>", "Content-Location: <<elsewhere>>", "Alt-Svc: h2=\"<<elsewhere>>\""}}}, Want: token},
	)
}

// login and refresh are finAPI's two grants, for which some codes have other meanings.
const (
	login   = "finapi password"
	refresh = "finapi refresh"
)

var rejectedGrant = []error{auth.ErrInvalidGrant, auth.ErrInvalidCredentials}

// oauthErrors lists the codes of RFC 6749 and those that the vendors' servers add.
var oauthErrors = []Case{
	code(400, "invalid_request", misconfigured(400)),
	code(400, "invalid_scope", misconfigured(400)),
	code(400, "unsupported_grant_type", misconfigured(400)),
	code(400, "invalid_client", refused(400)),
	code(401, "invalid_client", refused(401)),
	code(401, "unauthorized_client", refused(401)),
	code(400, "unauthorized_client", refused(400)),
	code(403, "access_denied", refused(403)),
	code(403, "invalid_request", misconfigured(403)),
	code(500, "server_error", unavailable(500)),
	code(503, "temporarily_unavailable", unavailable(503)),
	code(400, "temporarily_unavailable", unavailable(400)),
	code(500, "unknown_error", unavailable(500)),
	code(429, "slow_down", limited(429)),
	code(400, "slow_down", limited(400)),
	code(400, "something_new", misconfigured(400)),
	// Keycloak moved this answer from 401 to 400. After a refused refresh, the client logs in at
	// once, and is refused again.
	grantCode(400), grantCode(401),
	// league/oauth2-server answers a bad refresh token like this. Here the login that follows gets
	// the same answer.
	code(401, "invalid_request", misconfigured(401)),
	{Name: "an OAuth error inside a 200", Script: Script{read{}, answer{status: 200, body: raw(`{"error":"invalid_client","error_description":"no"}`)}},
		Want: refused(200)},
	{Name: "an OAuth error beside a token in a 200", Script: Script{read{}, answer{status: 200,
		body: raw(`{"error":"invalid_client","access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}`)}}, Want: refused(200)},
	{Name: "an unknown OAuth error inside a 200", Script: Script{read{}, answer{status: 200, body: raw(`{"error":"odd"}`)}}, Want: misconfigured(200)},
	{Name: "error null beside a token", Script: Script{read{}, answer{status: 200,
		body: tokenBody(`{"error":null,"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}`)}}, Want: token},
	{Name: "error as a number", Script: Script{read{}, answer{status: 400, body: raw(`{"error":42,"error_description":["a"]}`)}}, Want: misconfigured(400)},
	{Name: "error as an object", Script: Script{read{}, answer{status: 401, body: raw(`{"error":{"code":"invalid_client","message":"no"}}`)}}, Want: refused(401)},
	{Name: "league's members", Script: Script{read{}, answer{status: 401,
		body: raw(`{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed","hint":"x"}`)}}, Want: refused(401)},
	{Name: "Too Many Attempts", Script: Script{read{}, answer{status: 429, typ: "text/html", body: raw("Too Many Attempts.")}}, Want: limited(429)},
	{Name: "Realm does not exist", Script: Script{read{}, answer{status: 404, body: raw(`{"error":"Realm does not exist"}`)}}, Want: misconfigured(404)},

	envelope("success false", 200, `{"success":false,"message":{"description":"The client is unknown."}}`, misconfigured(200)),
	envelope("success false with a text", 200, `{"success":false,"message":"no"}`, misconfigured(200)),
	envelope("success false with nothing", 200, `{"success":false}`, misconfigured(200)),
	envelope("success false beside a token", 200, `{"success":false,"data":{"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}}`, misconfigured(200)),
	envelope("success false in a 400", 400, `{"success":false,"message":{"description":"The request is missing a required parameter."}}`, misconfigured(400)),
	envelope("success false in a 401", 401, `{"success":false,"message":{"description":"no"}}`, refused(401)),
	envelope("success false in a 500", 500, `{"success":false,"message":{"description":"oops"}}`, unavailable(500)),
	envelope("success as a text", 200, `{"success":"yes","data":{"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}}`, malformed(200)),
	envelope("success missing", 200, `{"data":{"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}}`, token),
	envelope("success null", 200, `{"success":null,"data":{"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}}`, token),
	envelope("data missing", 200, `{"success":true}`, malformed(200)),
	envelope("data null", 200, `{"success":true,"data":null}`, malformed(200)),
	envelope("data an array", 200, `{"success":true,"data":[]}`, malformed(200)),
	envelope("a flat token", 200, `{"access_token":"<<token>>","expires_in":900,"token_type":"Bearer"}`, token),
}

func code(status int, code string, want Want) Case {
	return Case{
		Name:   fmt.Sprintf("%d %s", status, code),
		Script: Script{read{}, answer{status: status, body: raw(fmt.Sprintf(`{"error":%q,"error_description":"%s"}`, code, http.StatusText(status)))}},
		Want:   want,
	}
}

func grantCode(status int) Case {
	c := code(status, "invalid_grant", Want{Kinds: []error{auth.ErrInvalidGrant}, Status: status})
	c.But = map[string]Want{login: {Kinds: rejectedGrant, Status: status}, refresh: {Kinds: rejectedGrant, Status: status}}
	return c
}

func envelope(name string, status int, body string, want Want) Case {
	return Case{Name: name, Only: "fincalc", Script: Script{read{}, answer{status: status, body: raw(body)}}, Want: want}
}
