package table

import "strings"

const (
	finventiForm = "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti"
	formType     = "application/x-www-form-urlencoded"
)

var (
	missingGrant = Said{Status: []int{400}, Error: "invalid_request", Description: "Missing form parameter: grant_type"}
	unsupported  = Said{Status: []int{400}, Error: "unsupported_grant_type", Description: "Unsupported grant_type"}
	duplicated   = Said{Status: []int{400}, Error: "invalid_request", Description: "duplicated parameter"}
	wrongType    = Said{Status: []int{415}}
)

func raw(contentType, body string) Request {
	r := Request{Realm: "sti-connector", Body: body}
	if contentType != "" {
		r.Header = map[string]string{"Content-Type": contentType}
	}
	return r
}

// requests are what is wrong with a request before anyone looks at who sent it.
var requests = []Case{
	{Name: "grant-missing", Said: missingGrant, Request: post("sti-connector", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-missing-wrong-secret", Request: post("sti-connector", "client_id", "sti-client", "client_secret", "wrong")},
	{Name: "grant-empty", Request: post("sti-connector", "grant_type", "", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-unsupported", Said: unsupported, Request: post("sti-connector", "grant_type", "magic", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-unsupported-wrong-secret", Request: post("sti-connector", "grant_type", "magic", "client_id", "sti-client", "client_secret", "wrong")},
	{Name: "grant-upper-case", Said: unsupported, Request: post("sti-connector", "grant_type", "CLIENT_CREDENTIALS", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-code-without-code", Request: post("sti-connector", "grant_type", "authorization_code", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-code-garbage", Request: post("sti-connector", "grant_type", "authorization_code", "code", "garbage", "redirect_uri", "http://127.0.0.1/",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-device-code", Request: post("sti-connector", "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", "x",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-token-exchange", Request: post("sti-connector", "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", "x",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-jwt-bearer", Request: post("sti-connector", "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "x",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "grant-refresh-by-service-account", Request: post("sti-connector", "grant_type", "refresh_token", "refresh_token", "garbage",
		"client_id", "sti-client", "client_secret", "s3cr3t-sti")},

	{Name: "twice-grant-type", Said: duplicated, Request: raw(formType, finventiForm+"&grant_type=client_credentials")},
	{Name: "twice-client-id", Said: duplicated, Request: raw(formType, finventiForm+"&client_id=sti-client")},
	{Name: "twice-client-secret", Said: duplicated, Request: raw(formType, finventiForm+"&client_secret=s3cr3t-sti")},
	{Name: "twice-client-secret-first-wrong", Request: raw(formType, "client_secret=wrong&"+finventiForm)},
	{Name: "twice-client-secret-second-wrong", Request: raw(formType, finventiForm+"&client_secret=wrong")},
	{Name: "twice-scope", Said: duplicated, Request: raw(formType, finventiForm+"&scope=email&scope=email")},
	{Name: "twice-unknown-parameter", Said: duplicated, Request: raw(formType, finventiForm+"&x=1&x=2")},
	{Name: "twice-username", Said: duplicated, Request: login("customer", "anna", "pw-anna", "username", "anna")},
	{Name: "twice-refresh-token", Said: duplicated, Request: refresh("customer", "a", "refresh_token", "a")},
	{Name: "unknown-parameter", Said: granted, Request: raw(formType, finventiForm+"&colour=blue")},

	{Name: "query-only", Request: Request{Realm: "sti-connector", Query: finventiForm, Form: []string{}}},
	{Name: "query-only-no-content-type", Request: Request{Realm: "sti-connector", Query: finventiForm}},
	{Name: "query-grant-type", Request: Request{Realm: "sti-connector", Query: "grant_type=client_credentials",
		Form: []string{"client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},
	{Name: "query-secret", Request: Request{Realm: "sti-connector", Query: "client_secret=s3cr3t-sti",
		Form: []string{"grant_type", "client_credentials", "client_id", "sti-client"}}},
	{Name: "query-and-body-agree", Request: Request{Realm: "sti-connector", Query: finventiForm,
		Form: []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},
	{Name: "query-unknown-parameter", Request: Request{Realm: "sti-connector", Query: "colour=blue",
		Form: []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},

	{Name: "body-empty", Said: missingGrant, Request: raw(formType, "")},
	{Name: "body-empty-no-content-type", Request: Request{Realm: "sti-connector"}},
	{Name: "body-not-a-form", Request: raw(formType, "hello")},
	{Name: "body-json-as-form", Request: raw(formType, `{"grant_type":"client_credentials"}`)},
	{Name: "body-bad-percent", Request: raw(formType, finventiForm+"&x=%zz")},
	{Name: "body-bad-utf8", Request: raw(formType, "grant_type=client_credentials&client_id=%ff%fe&client_secret=x")},
	{Name: "body-nul", Request: raw(formType, "grant_type=client_credentials&client_id=sti%00client&client_secret=x")},
	{Name: "body-semicolons", Request: raw(formType, strings.ReplaceAll(finventiForm, "&", ";"))},
	{Name: "body-leading-newline", Request: raw(formType, "\n"+finventiForm)},
	{Name: "body-trailing-newline", Request: raw(formType, finventiForm+"\n")},
	{Name: "body-no-equals", Request: raw(formType, "grant_type&client_id&client_secret")},

	{Name: "type-json", Said: wrongType, Request: raw("application/json",
		`{"grant_type":"client_credentials","client_id":"sti-client","client_secret":"s3cr3t-sti"}`)},
	{Name: "type-text", Said: wrongType, Request: raw("text/plain", finventiForm)},
	{Name: "type-missing", Request: raw("", finventiForm)},
	{Name: "type-with-charset", Said: granted, Request: raw(formType+"; charset=UTF-8", finventiForm)},
	{Name: "type-upper-case", Request: raw(strings.ToUpper(formType), finventiForm)},
	{Name: "type-multipart", Request: raw("multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n")},
	{Name: "type-malformed", Request: raw("nonsense", finventiForm)},
	{Name: "accept-html", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), map[string]string{"Accept": "text/html"})},
	{Name: "accept-html-wrong-secret", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "wrong"), map[string]string{"Accept": "text/html"})},

	{Name: "method-get", Request: Request{Method: "GET", Realm: "sti-connector"}},
	{Name: "method-get-with-query", Request: Request{Method: "GET", Realm: "sti-connector", Query: finventiForm}},
	{Name: "method-head", Request: Request{Method: "HEAD", Realm: "sti-connector"}},
	{Name: "method-put", Request: Request{Method: "PUT", Realm: "sti-connector", Form: []string{"grant_type", "client_credentials"}}},
	{Name: "method-delete", Request: Request{Method: "DELETE", Realm: "sti-connector"}},
	{Name: "method-options", Request: Request{Method: "OPTIONS", Realm: "sti-connector", Header: map[string]string{
		"Origin": "http://127.0.0.1", "Access-Control-Request-Method": "POST"}}},

	{Name: "realm-unknown", Said: Said{Status: []int{404}, Error: "Realm does not exist"},
		Request: post("no-such-realm", "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "realm-other-case", Request: post("STI-connector", "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "realm-empty", Request: post("", "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "realm-disabled", Request: login("closed", "anna", "pw-anna")},
	{Name: "realm-https-only", Said: Said{Status: []int{403}, Error: "invalid_request", Description: "HTTPS required"}, Request: login("https-only", "anna", "pw-anna")},
	{Name: "realm-dots", Request: post("customer/../sti-connector", "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "realm-dots-escaped", Request: post("customer%2f..%2fsti-connector", "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti")},
	{Name: "path-trailing-slash", Request: withPath(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), Token+"/")},
	{Name: "path-unknown", Request: withPath(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), "/protocol/openid-connect/tokens")},
	{Name: "path-unknown-protocol", Request: withPath(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), "/protocol/no-such/token")},

	{Name: "long-client-id", Request: finventi("client_id", strings.Repeat("c", 10_000), "client_secret", "s3cr3t-sti")},
	{Name: "long-client-secret", Request: finventi("client_id", "sti-client", "client_secret", strings.Repeat("s", 10_000))},
	{Name: "long-scope", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "scope", strings.Repeat("s", 10_000))},
	{Name: "long-unknown-parameter", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "x", strings.Repeat("x", 10_000))},
	{Name: "long-username", Request: login("customer", strings.Repeat("u", 10_000), "pw-anna")},
	{Name: "long-password", Request: login("customer", "anna", strings.Repeat("p", 10_000))},
	{Name: "long-refresh-token", Request: refresh("customer", strings.Repeat("r", 20_000))},
	{Name: "long-query", Request: Request{Realm: "sti-connector", Query: "x=" + strings.Repeat("q", 20_000),
		Form: []string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}}},
	{Name: "long-header", Request: withHeader(finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti"), map[string]string{"X-Long": strings.Repeat("h", 20_000)})},
	{Name: "longest-value", Said: granted, Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "x", strings.Repeat("x", 128<<10))},
	{Name: "too-long-value", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "x", strings.Repeat("x", 128<<10+1))},
	{Name: "too-long-value-escaped", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", "x", strings.Repeat("é", 22<<10))},
	{Name: "too-long-name", Request: finventi("client_id", "sti-client", "client_secret", "s3cr3t-sti", strings.Repeat("x", 128<<10+1), "x")},
	{Name: "too-long-value-unknown-realm", Request: post("no-such-realm", "x", strings.Repeat("x", 128<<10+1))},
	{Name: "many-parameters", Request: raw(formType, finventiForm+strings.Repeat("&a=", 3_000))},
}

func withPath(r Request, path string) Request {
	r.Path = path
	return r
}
