package table

import "maps"

const (
	// ownOrigin stands for the origin of the server that is asked.
	ownOrigin = "${origin}"
	foreign   = "https://app.example.test"
)

// also returns a request with one more header.
func also(name, value string, r Request) Request {
	header := maps.Clone(r.Header)
	if header == nil {
		header = map[string]string{}
	}
	header[name] = value
	return withHeader(r, header)
}

// from returns a request as a page of an origin sends it.
func from(origin string, r Request) Request { return also("Origin", origin, r) }

// proof returns a request with a DPoP proof.
func proof(text string, r Request) Request { return also("DPoP", text, r) }

// preflight returns the request that a browser sends before a page's request.
func preflight(realm, path string) Request {
	return Request{Method: "OPTIONS", Realm: realm, Path: path, Header: map[string]string{
		"Origin": foreign, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, dpop"}}
}

func get(realm, path, query string) Request {
	return Request{Method: "GET", Realm: realm, Path: path, Query: query}
}

var (
	rightSTI   = finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti")
	wrongSTI   = finventi("client_id", "sti-client", "client_secret", "wrong")
	logoutHint = "id_token_hint=${1.id_token}"
	redirect   = "post_logout_redirect_uri=https%3A%2F%2Fapp.example.test%2F"

	badOrigin = Said{Status: []int{200, 403}} // 403 since 26.6.3
	noProof   = Said{Status: []int{400}, Error: "invalid_request", Description: "DPoP header verification failure"}
)

// browsers are requests as a browser sends them, and requests with a DPoP proof.
var browsers = []Case{
	{Name: "origin-foreign", Said: badOrigin, Request: from(foreign, rightSTI)},
	{Name: "origin-null", Request: from("null", rightSTI)},
	{Name: "origin-empty", Request: from("", rightSTI)},
	{Name: "origin-own", Request: from(ownOrigin, rightSTI)},
	{Name: "origin-own-wrong-secret", Said: wrongSecret, Request: from(ownOrigin, wrongSTI)},
	{Name: "origin-foreign-wrong-secret", Said: wrongSecret, Request: from(foreign, wrongSTI)},
	{Name: "origin-foreign-unknown-client", Request: from(foreign, finventi("client_id", "nobody", "client_secret", "x"))},
	{Name: "origin-foreign-broken-escape", Request: from(foreign, withHeader(finventi(), authorization(basic("sti-client", "%zz"))))},
	{Name: "origin-foreign-no-grant", Request: from(foreign, post("sti-connector", "client_id", "sti-client"))},
	{Name: "origin-foreign-unknown-grant", Request: from(foreign, post("sti-connector", "grant_type", "magic"))},
	{Name: "origin-foreign-unknown-scope", Request: from(foreign, withScope("no-such-scope"))},
	{Name: "origin-foreign-twice", Request: from(foreign, raw(formType, finventiForm+"&x=1&x=2"))},
	{Name: "origin-foreign-no-service-account", Request: from(foreign, finventi("client_id", "sti-no-account", "client_secret", "s3cr3t-no-account"))},
	{Name: "origin-foreign-realm-unknown", Request: from(foreign, post("no-such-realm", "grant_type", "client_credentials"))},
	{Name: "origin-foreign-realm-disabled", Request: from(foreign, login("closed", "anna", "pw-anna"))},
	{Name: "origin-foreign-realm-https-only", Request: from(foreign, login("https-only", "anna", "pw-anna"))},
	{Name: "origin-foreign-malformed", Request: from(foreign, raw(formType, "x=%zz"))},
	{Name: "origin-foreign-password", Said: badOrigin, Request: from(foreign, login("customer", "anna", "pw-anna"))},
	{Name: "origin-foreign-password-wrong", Request: from(foreign, login("customer", "anna", "wrong"))},
	{Name: "origin-foreign-refresh", Said: badOrigin, Before: anna, Request: from(foreign, refresh("customer", first))},

	{Name: "origin-foreign-userinfo", Said: badOrigin, Before: annaOpenID, Request: from(foreign, userinfo("customer", bearerFirst))},
	{Name: "origin-own-userinfo", Before: annaOpenID, Request: from(ownOrigin, userinfo("customer", bearerFirst))},
	{Name: "origin-foreign-userinfo-no-token", Request: from(foreign, userinfo("customer", ""))},
	{Name: "origin-foreign-userinfo-garbage", Request: from(foreign, userinfo("customer", "Bearer garbage"))},
	{Name: "origin-foreign-userinfo-without-openid", Before: anna, Request: from(foreign, userinfo("customer", bearerFirst))},
	{Name: "origin-foreign-userinfo-form-twice", Request: from(foreign, userinfoForm("access_token", "a", "access_token", "b"))},
	{Name: "origin-foreign-userinfo-after-logout", Before: append(annaOpenID[:1:1], logout("customer", first)),
		Request: from(foreign, userinfo("customer", bearerFirst))},
	{Name: "origin-foreign-userinfo-client-disabled", Before: annaOpenID, Event: "disable-client customer demobank-cli",
		Undo: "enable-client customer demobank-cli", Request: from(foreign, userinfo("customer", bearerFirst))},

	{Name: "origin-foreign-revoke", Before: anna, Request: from(foreign, revoke(first))},
	{Name: "origin-own-revoke", Before: anna, Request: from(ownOrigin, revoke(first))},
	{Name: "origin-foreign-revoke-no-client", Request: from(foreign, Request{Realm: "customer", Path: Revoke, Form: []string{"token", "x"}})},
	{Name: "origin-foreign-logout", Before: anna, Request: from(foreign, logout("customer", first))},
	{Name: "origin-own-logout", Before: anna, Request: from(ownOrigin, logout("customer", first))},
	{Name: "origin-foreign-logout-no-client", Request: from(foreign, Request{Realm: "customer", Path: Logout, Form: []string{"refresh_token", "x"}})},
	{Name: "origin-foreign-logout-page", Request: from(foreign, get("customer", Logout, ""))},
	{Name: "origin-foreign-introspect", Before: sti, Request: from(foreign, introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti"))},
	{Name: "origin-foreign-introspect-wrong-secret", Request: from(foreign, introspect("x", "client_id", "sti-client", "client_secret", "wrong"))},
	{Name: "origin-foreign-introspect-unknown-client", Request: from(foreign, introspect("x", "client_id", "nobody", "client_secret", "x"))},
	{Name: "origin-foreign-certs", Request: from(foreign, get("sti-connector", Certs, ""))},
	{Name: "origin-foreign-certs-https-only", Request: from(foreign, get("https-only", Certs, ""))},
	{Name: "origin-foreign-certs-unknown-realm", Request: from(foreign, get("no-such-realm", Certs, ""))},
	{Name: "origin-foreign-realm-description", Request: from(foreign, get("sti-connector", "/", ""))},
	{Name: "origin-foreign-discovery", Request: from(foreign, get("sti-connector", Discovery, ""))},
	{Name: "origin-foreign-discovery-https-only", Request: from(foreign, get("https-only", Discovery, ""))},
	{Name: "origin-foreign-method-put", Request: from(foreign, Request{Method: "PUT", Realm: "sti-connector"})},

	{Name: "preflight-token", Request: preflight("sti-connector", Token)},
	{Name: "preflight-token-realm-unknown", Request: preflight("no-such-realm", Token)},
	{Name: "preflight-token-realm-disabled", Request: preflight("closed", Token)},
	{Name: "preflight-token-https-only", Request: preflight("https-only", Token)},
	{Name: "preflight-userinfo", Request: preflight("customer", Userinfo)},
	{Name: "preflight-revoke", Request: preflight("customer", Revoke)},
	{Name: "preflight-logout", Request: preflight("customer", Logout)},
	{Name: "preflight-introspect", Request: preflight("sti-connector", Introspect)},
	{Name: "preflight-certs", Request: preflight("sti-connector", Certs)},
	{Name: "preflight-realm-description", Request: preflight("sti-connector", "/")},
	{Name: "preflight-discovery", Request: preflight("sti-connector", Discovery)},
	{Name: "preflight-well-known-unknown", Request: preflight("no-such-realm", "/.well-known/nothing")},
	{Name: "preflight-authorization-page", Request: preflight("sti-connector", "/protocol/openid-connect/auth")},
	{Name: "preflight-unknown", Request: preflight("sti-connector", "/protocol/openid-connect/nothing")},
	{Name: "options-introspect", Request: Request{Method: "OPTIONS", Realm: "sti-connector", Path: Introspect}},
	{Name: "options-logout", Request: Request{Method: "OPTIONS", Realm: "customer", Path: Logout}},
	{Name: "options-unknown", Request: Request{Method: "OPTIONS", Realm: "customer", Path: "/protocol/openid-connect/nothing"}},
	{Name: "path-unknown-get", Request: get("sti-connector", "/protocol/openid-connect/nothing", "")},

	{Name: "dpop-garbage", Said: noProof, Request: proof("x", rightSTI)},
	{Name: "dpop-empty", Request: proof("", rightSTI)},
	{Name: "dpop-garbage-wrong-secret", Said: wrongSecret, Request: proof("x", wrongSTI)},
	{Name: "dpop-garbage-no-grant", Request: proof("x", post("sti-connector", "client_id", "sti-client"))},
	{Name: "dpop-garbage-unknown-scope", Request: proof("x", withScope("no-such-scope"))},
	{Name: "dpop-garbage-twice", Request: proof("x", raw(formType, finventiForm+"&x=1&x=2"))},
	{Name: "dpop-garbage-no-service-account", Request: proof("x", finventi("client_id", "sti-no-account", "client_secret", "s3cr3t-no-account"))},
	{Name: "dpop-garbage-origin-foreign", Request: proof("x", from(foreign, rightSTI))},
	{Name: "dpop-garbage-password", Said: noProof, Request: proof("x", login("customer", "anna", "wrong"))},
	{Name: "dpop-garbage-refresh", Said: noProof, Before: anna, Request: proof("x", refresh("customer", first))},
	{Name: "dpop-garbage-jwt-bearer", Request: proof("x", post("sti-connector", "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti"))},
	{Name: "dpop-garbage-userinfo", Before: annaOpenID, Request: proof("x", userinfo("customer", bearerFirst))},
	{Name: "dpop-garbage-revoke", Before: anna, Request: proof("x", revoke(first))},
	{Name: "userinfo-dpop-scheme", Before: annaOpenID, Request: userinfo("customer", "DPoP ${1.access_token}")},
	{Name: "userinfo-dpop-scheme-and-proof", Before: annaOpenID, Request: proof("x", userinfo("customer", "DPoP ${1.access_token}"))},
	{Name: "userinfo-dpop-scheme-garbage", Request: userinfo("customer", "DPoP garbage")},

	{Name: "logout-page", Said: granted, Request: get("customer", Logout, "")},
	{Name: "logout-page-client", Request: get("customer", Logout, "client_id=demobank-cli")},
	{Name: "logout-page-refresh-token", Before: anna, Request: get("customer", Logout, "client_id=demobank-cli&refresh_token="+first)},
	{Name: "logout-page-https-only", Request: get("https-only", Logout, "")},
	{Name: "logout-page-realm-disabled", Request: get("closed", Logout, "")},
	{Name: "logout-page-realm-unknown", Request: get("no-such-realm", Logout, "")},
	{Name: "logout-page-redirect", Said: Said{Status: []int{400}}, Request: get("customer", Logout, redirect)},
	{Name: "logout-page-redirect-client", Said: Said{Status: []int{400}}, Request: get("customer", Logout, redirect+"&client_id=demobank-cli")},
	{Name: "logout-page-redirect-empty", Request: get("customer", Logout, "post_logout_redirect_uri=")},
	{Name: "logout-page-hint", Before: annaOpenID, Request: get("customer", Logout, logoutHint)},
	{Name: "logout-page-hint-again", Before: append(annaOpenID[:1:1], get("customer", Logout, logoutHint)), Request: get("customer", Logout, logoutHint)},
	{Name: "logout-page-hint-ends-session", Before: append(annaOpenID[:1:1], get("customer", Logout, logoutHint)), Request: refresh("customer", first)},
	{Name: "logout-page-hint-garbage", Request: get("customer", Logout, "id_token_hint=x")},
	{Name: "logout-page-hint-access-token", Before: annaOpenID, Request: get("customer", Logout, "id_token_hint=${1.access_token}")},
	{Name: "logout-page-hint-other-realm", Before: annaOpenID, Request: get("brief", Logout, logoutHint)},
	{Name: "logout-page-hint-other-client", Before: annaOpenID, Request: get("customer", Logout, logoutHint+"&client_id=demobank-other")},
	{Name: "logout-page-hint-same-client", Before: annaOpenID, Request: get("customer", Logout, logoutHint+"&client_id=demobank-cli")},
	{Name: "logout-page-hint-redirect", Before: annaOpenID, Request: get("customer", Logout, logoutHint+"&"+redirect)},
	{Name: "logout-put", Request: Request{Method: "PUT", Realm: "customer", Path: Logout}},

	{Name: "authorization-page", Request: get("customer", "/protocol/openid-connect/auth", "")},
	{Name: "authorization-page-unknown-client", Request: get("customer", "/protocol/openid-connect/auth", "client_id=nobody&response_type=code")},
	{Name: "authorization-page-client", Request: get("customer", "/protocol/openid-connect/auth", "client_id=demobank-cli&response_type=code")},

	{Name: "uma2-configuration", Said: granted, Request: get("sti-connector", "/.well-known/uma2-configuration", "")},
	{Name: "uma2-configuration-https-only", Request: get("https-only", "/.well-known/uma2-configuration", "")},
	{Name: "oauth-authorization-server", Said: granted, Request: get("sti-connector", "/.well-known/oauth-authorization-server", "")},
	{Name: "oauth-authorization-server-realm-unknown", Request: get("no-such-realm", "/.well-known/oauth-authorization-server", "")},
	{Name: "discovery-realm-disabled", Request: get("closed", Discovery, "")},
	{Name: "well-known-unknown", Request: get("sti-connector", "/.well-known/nothing", "")},
}
