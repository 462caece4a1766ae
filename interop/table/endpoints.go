package table

import (
	"slices"
	"strings"
)

func revoke(token string, more ...string) Request {
	return Request{Realm: "customer", Path: Revoke, Form: append([]string{"client_id", "demobank-cli", "token", token}, more...)}
}

func introspect(token string, more ...string) Request {
	return Request{Realm: "sti-connector", Path: Introspect, Form: append([]string{"token", token}, more...)}
}

func userinfo(realm, authorizationHeader string) Request {
	r := Request{Method: "GET", Realm: realm, Path: Userinfo}
	if authorizationHeader != "" {
		r.Header = authorization(authorizationHeader)
	}
	return r
}

// userinfoForm returns a UserInfo request with the given form.
func userinfoForm(form ...string) Request {
	return Request{Realm: "customer", Path: Userinfo, Form: append([]string{}, form...)}
}

// introspectServer returns an introspection request by the client that may log users in and has a
// secret.
func introspectServer(token string, more ...string) Request {
	return Request{Realm: "customer", Path: Introspect, Form: append([]string{"client_id", "demobank-server", "client_secret", "s3cr3t-server", "token", token}, more...)}
}

func in(realm string, r Request) Request {
	r.Realm = realm
	return r
}

const bearerFirst = "Bearer ${1.access_token}"

var (
	revokeSTI = Request{Realm: "sti-connector", Path: Revoke,
		Form: []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", "${1.access_token}"}}
	annaServerOpenID = []Request{post("customer", "grant_type", "password", "client_id", "demobank-server", "client_secret", "s3cr3t-server",
		"username", "anna", "password", "pw-anna", "scope", "openid")}
)

// stiAudience is the token request of a client that is an audience of its own tokens.
var stiAudience = finventi("client_id", "sti-audience", "client_secret", "s3cr3t-audience")

var sti = []Request{finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti")}

// endpoints are requests to the endpoints other than the token endpoint.
var endpoints = []Case{
	{Name: "certs", Said: granted, Request: Request{Method: "GET", Realm: "sti-connector", Path: Certs}},
	{Name: "certs-unknown-realm", Request: Request{Method: "GET", Realm: "no-such-realm", Path: Certs}},
	{Name: "certs-post", Request: Request{Realm: "sti-connector", Path: Certs, Form: []string{}}},
	{Name: "realm-description", Request: Request{Method: "GET", Realm: "sti-connector", Path: "/"}},
	{Name: "discovery", Request: Request{Method: "GET", Realm: "sti-connector", Path: Discovery}},

	{Name: "certs-https-only", Request: Request{Method: "GET", Realm: "https-only", Path: Certs}},
	{Name: "certs-options", Request: Request{Method: "OPTIONS", Realm: "sti-connector", Path: Certs}},
	{Name: "certs-options-unknown-realm", Request: Request{Method: "OPTIONS", Realm: "no-such-realm", Path: Certs}},
	{Name: "realm-description-https-only", Request: Request{Method: "GET", Realm: "https-only", Path: "/"}},
	{Name: "realm-description-put", Request: Request{Method: "PUT", Realm: "sti-connector", Path: "/"}},
	{Name: "realm-description-options", Request: Request{Method: "OPTIONS", Realm: "sti-connector", Path: "/"}},
	{Name: "discovery-https-only", Request: Request{Method: "GET", Realm: "https-only", Path: Discovery}},
	{Name: "discovery-options", Request: Request{Method: "OPTIONS", Realm: "sti-connector", Path: Discovery}},
	{Name: "discovery-post", Request: Request{Realm: "sti-connector", Path: Discovery}},

	{Name: "revoke-refresh-token", Said: granted, Before: anna, Request: revoke(first, "token_type_hint", "refresh_token")},
	{Name: "revoke-access-token", Said: granted, Before: anna, Request: revoke("${1.access_token}")},
	{Name: "revoke-newline-after", Before: anna, Request: revoke(first + "\n")},
	{Name: "revoke-again", Before: append(anna[:1:1], revoke(first)), Request: revoke(first)},
	{Name: "revoke-garbage", Request: revoke("garbage")},
	{Name: "revoke-missing", Request: Request{Realm: "customer", Path: Revoke, Form: []string{"client_id", "demobank-cli"}}},
	{Name: "revoke-unsupported-hint", Before: anna, Request: revoke(first, "token_type_hint", "magic")},
	{Name: "revoke-no-client", Before: anna, Request: Request{Realm: "customer", Path: Revoke, Form: []string{"token", first}}},
	{Name: "revoke-other-client", Before: anna, Request: Request{Realm: "customer", Path: Revoke, Form: []string{"client_id", "demobank-other", "token", first}}},
	{Name: "revoke-service-account-token", Said: granted, Before: sti, Request: Request{Realm: "sti-connector", Path: Revoke,
		Form: []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", "${1.access_token}"}}},
	{Name: "revoke-wrong-secret", Before: sti, Request: Request{Realm: "sti-connector", Path: Revoke,
		Form: []string{"client_id", "sti-client", "client_secret", "wrong", "token", "${1.access_token}"}}},

	{Name: "revoke-empty", Request: revoke("")},
	{Name: "revoke-service-account-token-again", Before: append(sti[:1:1], revokeSTI), Request: revokeSTI},
	{Name: "revoke-id-token", Before: annaOpenID, Request: revoke("${1.id_token}")},
	{Name: "revoke-dead-token-of-other-client", Before: append(anna[:1:1], logout("customer", first)),
		Request: Request{Realm: "customer", Path: Revoke, Form: []string{"client_id", "demobank-other", "token", "${1.access_token}"}}},
	{Name: "revoke-access-token-after-logout", Before: append(anna[:1:1], logout("customer", first)), Request: revoke("${1.access_token}")},
	{Name: "revoke-access-token-again", Before: append(anna[:1:1], revoke("${1.access_token}")), Request: revoke("${1.access_token}")},
	{Name: "revoke-expired-access-token", Before: annaBrief, Request: withWait(in("brief", revoke("${1.access_token}")), 4000)},
	{Name: "revoke-https-only", Request: in("https-only", revoke("x"))},

	{Name: "logout", Said: Said{Status: []int{204}}, Before: anna, Request: logout("customer", first)},
	{Name: "logout-again", Before: append(anna[:1:1], logout("customer", first)), Request: logout("customer", first)},
	{Name: "logout-garbage", Request: logout("customer", "garbage")},
	{Name: "logout-newline-after", Before: anna, Request: logout("customer", first+"\n")},
	{Name: "logout-no-token", Request: Request{Realm: "customer", Path: Logout, Form: []string{"client_id", "demobank-cli"}}},
	{Name: "logout-no-client", Before: anna, Request: Request{Realm: "customer", Path: Logout, Form: []string{"refresh_token", first}}},
	{Name: "logout-other-client", Before: anna, Request: Request{Realm: "customer", Path: Logout, Form: []string{"client_id", "demobank-other", "refresh_token", first}}},

	{Name: "logout-expired", Before: annaBrief, Request: withWait(logout("brief", first), 8000)},
	{Name: "logout-realm-disabled", Request: logout("closed", "garbage")},
	{Name: "logout-https-only", Request: logout("https-only", "garbage")},
	{Name: "logout-after-not-before", Before: anna, Event: "not-before customer", Undo: "clear-not-before customer", Request: logout("customer", first)},

	{Name: "introspect-active", Before: sti, Request: introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-audience", Before: []Request{stiAudience}, Request: introspect("${1.access_token}", "client_id", "sti-audience", "client_secret", "s3cr3t-audience")},
	{Name: "introspect-other-audience", Before: []Request{stiAudience}, Request: introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-audience-revoked", Before: []Request{stiAudience, {Realm: "sti-connector", Path: Revoke,
		Form: []string{"client_id", "sti-audience", "client_secret", "s3cr3t-audience", "token", "${1.access_token}"}}},
		Request: introspect("${1.access_token}", "client_id", "sti-audience", "client_secret", "s3cr3t-audience")},
	{Name: "introspect-basic", Before: sti, Request: withHeader(introspect("${1.access_token}"), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "introspect-newline-after", Before: []Request{stiAudience},
		Request: introspect("${1.access_token}\n", "client_id", "sti-audience", "client_secret", "s3cr3t-audience")},
	{Name: "introspect-garbage", Request: introspect("garbage", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-revoked", Before: []Request{sti[0], {Realm: "sti-connector", Path: Revoke,
		Form: []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", "${1.access_token}"}}},
		Request: introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-expired", Before: []Request{finventi("client_id", "sti-brief", "client_secret", "s3cr3t-brief")},
		Request: withWait(introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti"), 6000)},
	{Name: "introspect-no-token", Request: Request{Realm: "sti-connector", Path: Introspect, Form: []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},
	{Name: "introspect-no-client", Before: sti, Request: introspect("${1.access_token}")},
	{Name: "introspect-wrong-secret", Before: sti, Request: introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "wrong")},
	{Name: "introspect-public-client", Before: anna, Request: Request{Realm: "customer", Path: Introspect, Form: []string{"client_id", "demobank-cli", "token", "${1.access_token}"}}},

	{Name: "introspect-twice", Request: introspect("a", "token", "b", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-twice-wrong-secret", Request: introspect("a", "token", "b", "client_id", "sti-client", "client_secret", "wrong")},
	{Name: "introspect-empty", Request: introspect("", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-hint-unknown", Before: sti, Request: introspect("${1.access_token}", "token_type_hint", "magic", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-hint-empty", Before: sti, Request: introspect("${1.access_token}", "token_type_hint", "", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-hint-unknown-no-token", Request: Request{Realm: "sti-connector", Path: Introspect, Form: []string{"token_type_hint", "magic", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},
	{Name: "introspect-hint-access-token", Before: sti, Request: introspect("${1.access_token}", "token_type_hint", "access_token", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-hint-refresh-token", Before: sti, Request: introspect("${1.access_token}", "token_type_hint", "refresh_token", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-broken-escape", Request: withHeader(introspect("x"), authorization(basic("sti-client", "%zz")))},
	{Name: "introspect-refresh-token", Before: annaServer, Request: introspectServer(first)},
	{Name: "introspect-refresh-token-hint", Before: annaServer, Request: introspectServer(first, "token_type_hint", "refresh_token")},
	{Name: "introspect-refresh-token-user-disabled", Before: annaServer, Event: "disable-user customer anna", Undo: "enable-user customer anna",
		Request: introspectServer(first, "token_type_hint", "refresh_token")},
	{Name: "introspect-id-token", Before: annaServerOpenID, Request: introspectServer("${1.id_token}")},

	{Name: "userinfo", Before: []Request{login("customer", "anna", "pw-anna", "scope", "openid")}, Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-without-openid", Before: anna, Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-no-token", Request: userinfo("customer", "")},
	{Name: "userinfo-garbage", Request: userinfo("customer", "Bearer garbage")},
	{Name: "userinfo-after-logout", Before: []Request{login("customer", "anna", "pw-anna", "scope", "openid"), logout("customer", first)},
		Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-expired", Before: []Request{login("brief", "anna", "pw-anna", "scope", "openid")}, Request: withWait(userinfo("brief", "Bearer ${1.access_token}"), 4000)},
	{Name: "userinfo-revoked", Before: append(annaOpenID[:1:1], revoke("${1.access_token}")), Request: userinfo("customer", bearerFirst)},
	{Name: "userinfo-after-logout-without-openid", Before: append(anna[:1:1], logout("customer", first)), Request: userinfo("customer", bearerFirst)},
	{Name: "userinfo-two-blanks", Before: annaOpenID, Request: userinfo("customer", "Bearer  ${1.access_token}")},
	{Name: "userinfo-lower-case-scheme", Before: annaOpenID, Request: userinfo("customer", "bearer ${1.access_token}")},
	{Name: "userinfo-id-token", Before: annaOpenID, Request: userinfo("customer", "Bearer ${1.id_token}")},
	{Name: "userinfo-other-realm", Before: annaOpenID, Request: userinfo("brief", bearerFirst)},
	{Name: "userinfo-https-only", Request: userinfo("https-only", "Bearer garbage")},
	{Name: "userinfo-service-account", Before: []Request{finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "scope", "openid")},
		Request: userinfo("sti-connector", bearerFirst)},
	{Name: "userinfo-post", Before: annaOpenID, Request: withHeader(userinfoForm(), authorization(bearerFirst))},
	{Name: "userinfo-form", Before: annaOpenID, Request: userinfoForm("access_token", "${1.access_token}")},
	{Name: "userinfo-form-newline-after", Before: annaOpenID, Request: userinfoForm("access_token", "${1.access_token}\n")},
	{Name: "userinfo-form-empty", Request: userinfoForm("access_token", "")},
	{Name: "userinfo-form-none", Request: userinfoForm("x", "1")},
	{Name: "userinfo-form-twice", Request: userinfoForm("access_token", "a", "access_token", "b")},
	{Name: "userinfo-form-and-header", Before: annaOpenID, Request: withHeader(userinfoForm("access_token", "${1.access_token}"), authorization(bearerFirst))},
	{Name: "userinfo-form-bad-percent", Request: Request{Realm: "customer", Path: Userinfo, Body: "access_token=%zz",
		Header: map[string]string{"Content-Type": formType}}},
	{Name: "userinfo-form-too-long", Request: userinfoForm("access_token", strings.Repeat("x", 128<<10+1))},
	{Name: "userinfo-form-type-json", Request: Request{Realm: "customer", Path: Userinfo, Body: "access_token=x",
		Header: map[string]string{"Content-Type": "application/json"}}},
	{Name: "userinfo-form-type-malformed", Request: Request{Realm: "customer", Path: Userinfo, Body: "access_token=x",
		Header: map[string]string{"Content-Type": "nonsense"}}},
	{Name: "userinfo-options", Request: Request{Method: "OPTIONS", Realm: "customer", Path: Userinfo}},
	{Name: "userinfo-put", Request: Request{Method: "PUT", Realm: "customer", Path: Userinfo}},
	{Name: "userinfo-user-disabled", Before: annaOpenID, Event: "disable-user customer anna", Undo: "enable-user customer anna",
		Request: userinfo("customer", bearerFirst)},
	{Name: "userinfo-client-disabled", Before: annaOpenID, Event: "disable-client customer demobank-cli", Undo: "enable-client customer demobank-cli",
		Request: userinfo("customer", bearerFirst)},
	{Name: "userinfo-after-not-before", Before: annaOpenID, Event: "not-before customer", Undo: "clear-not-before customer",
		Request: userinfo("customer", bearerFirst)},
}

// Cases is the whole table. The order matters in one place: a case that an administrator has a part
// in changes the server for those after it, and stands last.
func Cases() []Case {
	var plain, administered []Case
	for _, c := range slices.Concat(clients, users, refreshes, requests, endpoints, browsers) {
		if c.Event == "" {
			plain = append(plain, c)
		} else {
			administered = append(administered, c)
		}
	}
	return append(plain, administered...)
}
