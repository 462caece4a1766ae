package table

import "time"

func withWait(r Request, milliseconds int) Request {
	r.Wait = time.Duration(milliseconds) * time.Millisecond
	return r
}

// refresh is finAPI's refresh_token grant.
func refresh(realm, token string, more ...string) Request {
	return post(realm, append([]string{"grant_type", "refresh_token", "client_id", "demobank-cli", "refresh_token", token}, more...)...)
}

// logout ends the session of a refresh token.
func logout(realm, token string) Request {
	return Request{Realm: realm, Path: Logout, Form: []string{"client_id", "demobank-cli", "refresh_token", token}}
}

const first = "${1.refresh_token}"

var (
	anna       = []Request{login("customer", "anna", "pw-anna")}
	annaOpenID = []Request{login("customer", "anna", "pw-anna", "scope", "openid")}
	annaBrief  = []Request{login("brief", "anna", "pw-anna")}
	annaServer = []Request{post("customer", "grant_type", "password", "client_id", "demobank-server", "client_secret", "s3cr3t-server",
		"username", "anna", "password", "pw-anna")}

	invalidRefresh = Said{Status: []int{400}, Error: "invalid_grant", Description: "Invalid refresh token"}
	notActive      = Said{Status: []int{400}, Error: "invalid_grant", Description: "Session not active"}
	expired        = Said{Status: []int{400}, Error: "invalid_grant", Description: "Token is not active"}
	otherClient    = Said{Status: []int{400}, Error: "invalid_grant", Description: "Invalid refresh token. Token client and authorized client don't match"}
	reused         = Said{Status: []int{400}, Error: "invalid_grant", Description: "Maximum allowed refresh token reuse exceeded"}
)

// refreshes are the refresh_token grant.
var refreshes = []Case{
	{Name: "finapi-refresh", Said: granted, Before: anna, Request: refresh("customer", first)},
	{Name: "refresh-old-one-again", Said: granted, Before: append(anna[:1:1], refresh("customer", first)), Request: refresh("customer", first)},
	{Name: "refresh-new-one", Said: granted, Before: append(anna[:1:1], refresh("customer", first)), Request: refresh("customer", "${2.refresh_token}")},
	{Name: "refresh-missing", Said: Said{Status: []int{400}, Error: "invalid_request", Description: "No refresh token"},
		Request: post("customer", "grant_type", "refresh_token", "client_id", "demobank-cli")},
	{Name: "refresh-empty", Request: refresh("customer", "")},
	{Name: "refresh-garbage", Said: invalidRefresh, Request: refresh("customer", "garbage")},
	{Name: "refresh-garbage-jwt", Said: invalidRefresh, Request: refresh("customer", "eyJhbGciOiJIUzUxMiJ9.e30.AAAA")},
	{Name: "refresh-tampered", Said: invalidRefresh, Before: anna, Request: refresh("customer", first+"AAAA")},
	{Name: "refresh-newline-after", Before: anna, Request: refresh("customer", first+"\n")},
	{Name: "refresh-newline-before", Before: anna, Request: refresh("customer", "\n"+first)},
	{Name: "refresh-blank-after", Before: anna, Request: refresh("customer", first+" ")},
	{Name: "refresh-with-access-token", Before: anna, Request: refresh("customer", "${1.access_token}")},
	{Name: "refresh-no-client-id", Said: noClientID, Before: anna, Request: post("customer", "grant_type", "refresh_token", "refresh_token", first)},
	{Name: "refresh-other-client", Said: otherClient, Before: anna,
		Request: post("customer", "grant_type", "refresh_token", "client_id", "demobank-other", "refresh_token", first)},
	{Name: "refresh-other-realm", Before: anna, Request: refresh("brief", first)},
	{Name: "refresh-scope-narrower", Before: anna, Request: refresh("customer", first, "scope", "profile")},
	{Name: "refresh-scope-wider", Before: anna, Request: refresh("customer", first, "scope", "no-such-scope")},
	{Name: "refresh-scope-empty", Before: anna, Request: refresh("customer", first, "scope", "")},
	{Name: "refresh-scope-blank-before", Before: anna, Request: refresh("customer", first, "scope", " profile")},
	{Name: "refresh-scope-not-granted", Said: granted, Before: anna, Request: refresh("customer", first, "scope", "openid")},
	{Name: "refresh-scope-unknown-garbage", Request: refresh("customer", "garbage", "scope", "no-such-scope")},
	{Name: "refresh-openid", Said: granted, Before: annaOpenID, Request: refresh("customer", first)},
	{Name: "refresh-openid-scope-narrower", Said: granted, Before: annaOpenID, Request: refresh("customer", first, "scope", "profile")},
	{Name: "refresh-openid-after-narrower", Said: granted, Before: append(annaOpenID[:1:1], refresh("customer", first, "scope", "profile")),
		Request: refresh("customer", "${2.refresh_token}")},
	{Name: "refresh-confidential-client", Said: granted, Before: annaServer,
		Request: post("customer", "grant_type", "refresh_token", "client_id", "demobank-server", "client_secret", "s3cr3t-server", "refresh_token", first)},
	{Name: "refresh-confidential-client-no-secret", Said: wrongSecret, Before: annaServer,
		Request: post("customer", "grant_type", "refresh_token", "client_id", "demobank-server", "refresh_token", first)},
	{Name: "finapi-refresh-after-logout", Said: notActive, Before: append(anna[:1:1], logout("customer", first)), Request: refresh("customer", first)},
	{Name: "refresh-after-revoke", Before: append(anna[:1:1], revoke(first)), Request: refresh("customer", first)},
	{Name: "refresh-after-admin-logout", Said: notActive, Before: anna, Event: "logout-user customer anna", Request: refresh("customer", first)},
	{Name: "refresh-after-user-disabled", Before: anna, Event: "disable-user customer anna", Undo: "enable-user customer anna", Request: refresh("customer", first)},
	{Name: "refresh-after-not-before", Before: anna, Event: "not-before customer", Undo: "clear-not-before customer", Request: withWait(refresh("customer", first), 0)},

	// The realm "brief" has sessions that idle out after 6 s and end after 15 s; a busy server may
	// take its time with each answer.
	{Name: "refresh-expired", Said: expired, Before: annaBrief, Request: withWait(refresh("brief", first), 8000)},
	{Name: "refresh-past-session-end", Said: expired, Before: []Request{
		login("brief", "anna", "pw-anna"),
		withWait(refresh("brief", first), 4000),
		withWait(refresh("brief", "${2.refresh_token}"), 4000),
		withWait(refresh("brief", "${3.refresh_token}"), 4000),
	}, Request: withWait(refresh("brief", "${4.refresh_token}"), 5000)},

	{Name: "rotating-refresh", Said: granted, Before: []Request{login("rotating", "anna", "pw-anna")}, Request: refresh("rotating", first)},
	{Name: "rotating-refresh-new-one", Said: granted, Before: []Request{login("rotating", "anna", "pw-anna"), refresh("rotating", first)},
		Request: refresh("rotating", "${2.refresh_token}")},
	{Name: "rotating-reuse", Said: reused, Before: []Request{login("rotating", "anna", "pw-anna"), refresh("rotating", first)},
		Request: refresh("rotating", first)},
	{Name: "rotating-good-one-after-reuse", Said: Said{Status: []int{400}, Error: "invalid_grant"},
		Before:  []Request{login("rotating", "anna", "pw-anna"), refresh("rotating", first), refresh("rotating", first)},
		Request: refresh("rotating", "${2.refresh_token}")},
}
