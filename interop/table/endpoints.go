package table

import "slices"

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

var sti = []Request{finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti")}

// endpoints are what stands beside the token endpoint.
var endpoints = []Case{
	{Name: "certs", Said: granted, Request: Request{Method: "GET", Realm: "sti-connector", Path: Certs}},
	{Name: "certs-unknown-realm", Request: Request{Method: "GET", Realm: "no-such-realm", Path: Certs}},
	{Name: "certs-post", Request: Request{Realm: "sti-connector", Path: Certs, Form: []string{}}},
	{Name: "realm-description", Request: Request{Method: "GET", Realm: "sti-connector", Path: "/"}},
	{Name: "discovery", Request: Request{Method: "GET", Realm: "sti-connector", Path: "/.well-known/openid-configuration"}},

	{Name: "revoke-refresh-token", Said: granted, Before: anna, Request: revoke(first, "token_type_hint", "refresh_token")},
	{Name: "revoke-access-token", Said: granted, Before: anna, Request: revoke("${1.access_token}")},
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

	{Name: "logout", Said: Said{Status: []int{204}}, Before: anna, Request: logout("customer", first)},
	{Name: "logout-again", Before: append(anna[:1:1], logout("customer", first)), Request: logout("customer", first)},
	{Name: "logout-garbage", Request: logout("customer", "garbage")},
	{Name: "logout-no-token", Request: Request{Realm: "customer", Path: Logout, Form: []string{"client_id", "demobank-cli"}}},
	{Name: "logout-no-client", Before: anna, Request: Request{Realm: "customer", Path: Logout, Form: []string{"refresh_token", first}}},
	{Name: "logout-other-client", Before: anna, Request: Request{Realm: "customer", Path: Logout, Form: []string{"client_id", "demobank-other", "refresh_token", first}}},

	{Name: "introspect-active", Before: sti, Request: introspect("${1.access_token}", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "introspect-basic", Before: sti, Request: withHeader(introspect("${1.access_token}"), authorization(basic("sti-client", "s3cr3t-sti")))},
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

	{Name: "userinfo", Before: []Request{login("customer", "anna", "pw-anna", "scope", "openid")}, Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-without-openid", Before: anna, Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-no-token", Request: userinfo("customer", "")},
	{Name: "userinfo-garbage", Request: userinfo("customer", "Bearer garbage")},
	{Name: "userinfo-after-logout", Before: []Request{login("customer", "anna", "pw-anna", "scope", "openid"), logout("customer", first)},
		Request: userinfo("customer", "Bearer ${1.access_token}")},
	{Name: "userinfo-expired", Before: []Request{login("brief", "anna", "pw-anna", "scope", "openid")}, Request: withWait(userinfo("brief", "Bearer ${1.access_token}"), 4000)},
}

// Cases is the whole table. The order matters in one place: a case that an administrator has a part in changes the server for
// those after it, and stands last.
func Cases() []Case {
	var plain, administered []Case
	for _, c := range slices.Concat(clients, users, refreshes, requests, endpoints) {
		if c.Event == "" {
			plain = append(plain, c)
		} else {
			administered = append(administered, c)
		}
	}
	return append(plain, administered...)
}
