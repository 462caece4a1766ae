package table

import "encoding/base64"

// basic returns the header value of RFC 7617 for a name and a password that need no escaping by RFC
// 6749.
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func authorization(value string) map[string]string {
	return map[string]string{"Authorization": value}
}

var (
	granted          = Said{Status: []int{200}}
	wrongSecret      = Said{Status: []int{401}, Error: "unauthorized_client", Description: "Invalid client or Invalid client credentials"}
	unknownClient    = Said{Status: []int{401}, Error: "invalid_client", Description: "Invalid client or Invalid client credentials"}
	noClientID       = Said{Status: []int{400, 401}, Error: "invalid_client", Description: "Missing client_id parameter"}
	noServiceAccount = Said{Status: []int{401}, Error: "unauthorized_client", Description: "service account"}
)

// clients test the client_credentials grant and the ways of client authentication.
var clients = []Case{
	{Name: "finventi-client-credentials", Said: granted, Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "onefinops-client-credentials", Said: granted, Request: onefinops("client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test")},
	{Name: "onefinops-live-client", Said: granted, Request: onefinops("client_id", "ofin_live_abc", "client_secret", "s3cr3t-ofin-live")},
	{Name: "onefinops-with-scope", Request: onefinops("client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test", "scope", "onefinops.api")},
	{Name: "onefinops-with-old-scope", Said: Said{Status: []int{400}, Error: "invalid_scope", Description: "Invalid scopes"},
		Request: onefinops("client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test", "scope", "gstn-india")},
	{Name: "client-audiences", Said: granted, Request: stiAudience},
	{Name: "client-brief", Said: granted, Request: finventi("client_id", "sti-brief", "client_secret", "s3cr3t-brief")},
	{Name: "client-scope-openid", Request: withScope("openid")},
	{Name: "client-scope-optional", Request: withScope("phone")},
	{Name: "client-scope-empty", Request: withScope("")},
	{Name: "client-scope-unknown", Said: Said{Status: []int{400}, Error: "invalid_scope", Description: "Invalid scopes"},
		Request: withScope("no-such-scope")},
	{Name: "client-scope-one-unknown", Said: Said{Status: []int{400}, Error: "invalid_scope", Description: "Invalid scopes"},
		Request: withScope("email no-such-scope")},
	{Name: "client-scope-blanks-around", Request: withScope(" email ")},
	{Name: "client-scope-two-blanks", Request: withScope("email  profile")},
	{Name: "client-scope-blank-after", Request: withScope("email ")},
	{Name: "client-scope-blanks-only", Request: withScope("  ")},
	{Name: "client-scope-tab", Request: withScope("email\tprofile")},
	{Name: "client-scope-newline", Request: withScope("email\nprofile")},
	{Name: "client-scope-control-characters", Request: withScope("a\x00b\x1bc\x7fd\u0085e")},
	{Name: "client-scope-address", Request: withScope("address")},
	{Name: "client-scope-microprofile-jwt", Request: withScope("microprofile-jwt")},
	{Name: "client-scope-offline-access", Request: withScope("offline_access")},
	{Name: "client-scope-organization", Request: withScope("organization")},
	{Name: "client-scope-silent", Request: withScope("acr basic roles service_account web-origins")},
	{Name: "client-scope-openid-offline", Request: withScope("openid microprofile-jwt offline_access")},

	{Name: "client-wrong-secret", Said: wrongSecret, Request: finventi("client_id", "sti-client", "client_secret", "wrong")},
	{Name: "client-no-secret", Said: wrongSecret, Request: finventi("client_id", "sti-client")},
	{Name: "client-empty-secret", Said: wrongSecret, Request: finventi("client_id", "sti-client", "client_secret", "")},
	{Name: "client-secret-with-newline", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti\n")},
	{Name: "client-secret-with-space", Request: finventi("client_id", "sti-client", "client_secret", " s3cr3t-sti")},
	{Name: "client-unknown", Said: unknownClient, Request: finventi("client_id", "no-such-client", "client_secret", "s3cr3t-sti")},
	{Name: "client-id-other-case", Request: finventi("client_id", "STI-CLIENT", "client_secret", "s3cr3t-sti")},
	{Name: "client-disabled", Said: unknownClient, Request: finventi("client_id", "sti-disabled", "client_secret", "s3cr3t-disabled")},
	{Name: "client-disabled-wrong-secret", Request: finventi("client_id", "sti-disabled", "client_secret", "wrong")},
	{Name: "client-no-id", Said: noClientID, Request: finventi("client_secret", "s3cr3t-sti")},
	{Name: "client-empty-id", Request: finventi("client_id", "", "client_secret", "s3cr3t-sti")},
	{Name: "client-none-at-all", Said: noClientID, Request: finventi()},
	{Name: "client-of-another-realm", Request: finventi("client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test")},
	{Name: "client-no-service-account", Said: noServiceAccount, Request: finventi("client_id", "sti-no-account", "client_secret", "s3cr3t-no-account")},
	{Name: "client-public", Said: noServiceAccount, Request: finventi("client_id", "sti-public")},
	{Name: "client-public-with-secret", Request: finventi("client_id", "sti-public", "client_secret", "anything")},
	{Name: "client-direct-grant-off", Said: Said{Status: []int{400}, Error: "unauthorized_client", Description: "Client not allowed for direct access grants"},
		Request: post("sti-connector", "grant_type", "password", "client_id", "sti-client", "client_secret", "s3cr3t-sti", "username", "anna", "password", "pw-anna")},

	{Name: "basic", Said: granted, Request: withHeader(finventi(), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "basic-lower-case-scheme", Request: withHeader(finventi(), authorization("basic "+basic("sti-client", "s3cr3t-sti")[6:]))},
	{Name: "basic-wrong-secret", Said: wrongSecret, Request: withHeader(finventi(), authorization(basic("sti-client", "wrong")))},
	{Name: "basic-unknown-client", Said: unknownClient, Request: withHeader(finventi(), authorization(basic("no-such-client", "s3cr3t-sti")))},
	{Name: "basic-disabled-client", Request: withHeader(finventi(), authorization(basic("sti-disabled", "s3cr3t-disabled")))},
	{Name: "basic-no-colon", Request: withHeader(finventi(), authorization("Basic "+base64.StdEncoding.EncodeToString([]byte("sti-client"))))},
	{Name: "basic-not-base64", Request: withHeader(finventi(), authorization("Basic %%%"))},
	{Name: "basic-two-blanks", Request: withHeader(finventi(), authorization("Basic  "+basic("sti-client", "s3cr3t-sti")[6:]))},
	{Name: "basic-tab", Request: withHeader(finventi(), authorization("Basic\t"+basic("sti-client", "s3cr3t-sti")[6:]))},
	{Name: "basic-more-behind", Request: withHeader(finventi(), authorization(basic("sti-client", "s3cr3t-sti")+" x"))},
	{Name: "basic-escaped", Request: withHeader(finventi(), authorization(basic("sti-client", "s3cr3t%2Dsti")))},
	{Name: "basic-broken-escape", Request: withHeader(finventi(), authorization(basic("sti-client", "%zz")))},
	{Name: "basic-broken-escape-and-form", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), authorization(basic("sti-client", "%zz")))},
	{Name: "basic-and-form-agree", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "basic-and-form-secret-wrong", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "wrong"), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "basic-wrong-and-form-right", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), authorization(basic("sti-client", "wrong")))},
	{Name: "basic-and-form-other-client", Request: withHeader(finventi("client_id", "sti-brief", "client_secret", "s3cr3t-brief"), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "basic-client-and-form-id-only", Request: withHeader(finventi("client_id", "sti-client"), authorization(basic("sti-client", "s3cr3t-sti")))},
	{Name: "bearer-header-and-form", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), authorization("Bearer not-a-token"))},
	{Name: "client-assertion-garbage", Request: finventi("client_id", "sti-client", "client_assertion", "not-a-jwt",
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")},

	{Name: "client-disabled-in-between", Event: "disable-client sti-connector sti-switch", Undo: "enable-client sti-connector sti-switch",
		Request: finventi("client_id", "sti-switch", "client_secret", "s3cr3t-switch")},
	{Name: "client-secret-rotated-old-one", Event: "rotate-secret onefinops ofin_test_rotate",
		Request: onefinops("client_id", "ofin_test_rotate", "client_secret", "s3cr3t-ofin-rotate")},
	{Name: "client-secret-rotated-old-one-dropped", Event: "rotate-and-drop-secret onefinops ofin_test_rotate",
		Request: onefinops("client_id", "ofin_test_rotate", "client_secret", "s3cr3t-ofin-rotate")},
	{Name: "client-secret-replaced", Event: "rotate-secret sti-connector sti-switch",
		Request: finventi("client_id", "sti-switch", "client_secret", "s3cr3t-switch")},
}

// post returns a request with a form to a realm's token endpoint.
func post(realm string, form ...string) Request {
	return Request{Realm: realm, Form: form}
}

// finventi returns Finventi's grant with the rest of the form.
func finventi(form ...string) Request {
	return post("sti-connector", append([]string{"grant_type", "client_credentials"}, form...)...)
}

// withScope returns Finventi's grant with this scope, by a client that may have it.
func withScope(scope string) Request {
	return finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "scope", scope)
}

// onefinops returns OneFinOps's grant with the rest of the form.
func onefinops(form ...string) Request {
	return post("onefinops", append([]string{"grant_type", "client_credentials"}, form...)...)
}

func withHeader(r Request, header map[string]string) Request {
	r.Header = header
	return r
}
