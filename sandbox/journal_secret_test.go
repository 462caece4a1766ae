package sandbox_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

// typed is a secret that no account has.
const typed = "TYPED-in-vain"

// wantHidden fails where the journal, by Go or by the admin API, shows one of the words in any case
// of letters.
func (c caller) wantHidden(t *testing.T, words ...string) {
	t.Helper()
	data, err := json.Marshal(c.Journal())
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(data), c.admin(http.MethodGet, "/journal", "").body} {
		if !strings.Contains(shown, `"seq"`) {
			t.Error("nothing was noted")
		}
		lower := strings.ToLower(shown)
		for _, word := range words {
			if quoted, err := json.Marshal(word); err == nil && !strings.Contains(lower, strings.ToLower(word)) {
				word = strings.Trim(string(quoted), `"`)
			}
			if i := strings.Index(lower, strings.ToLower(word)); i >= 0 {
				t.Errorf("the journal shows %q: …%s…", word, shown[max(0, i-150):min(len(shown), i+60)])
			}
		}
	}
}

// percent spells every byte of a text as a URL may.
func percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("%" + hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

func TestJournal_hidesMisplacedSecrets(t *testing.T) {
	c := start(t)
	access := c.mint(sandbox.FinAPI).text("access_token")
	const known = "s3cr3t-sti"
	good := "grant_type=client_credentials&client_id=sti-client"
	formPost := func(path, body string, headers ...string) *http.Request {
		return c.request(http.MethodPost, path, body, append([]string{"Content-Type", formType}, headers...)...)
	}
	jsonPost := func(path, body string, headers ...string) *http.Request {
		return c.request(http.MethodPost, path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
	}
	withHost := formPost(finventiToken, good)
	withHost.Host = typed + ".example"
	multipart := "--b\r\nContent-Disposition: form-data; name=\"client_secret\"\r\n\r\n" + typed + "\r\n--b\r\nContent-Disposition: form-data; name=\"" + typed + "\"\r\n\r\nx\r\n--b--\r\n"
	plain := base64.StdEncoding.EncodeToString
	discovery := c.request(http.MethodGet, "/finventi/auth/realms/sti-connector/.well-known/openid-configuration", "")
	discovery.Host = typed + ".example"
	list := c.request(http.MethodGet, listClients, "", "Authorization", "Bearer "+c.mint(sandbox.FinCalc).text("access_token"))
	list.Host = typed
	for name, req := range map[string]*http.Request{
		"a parameter's name":               formPost(finventiToken+"?"+known, good),
		"a name with its sign encoded":     formPost(finventiToken+"?client_secret%3D"+known, good),
		"a page number":                    c.request(http.MethodGet, listClients+"?PageNumber="+known, ""),
		"a page number, with a token":      c.request(http.MethodGet, listClients+"?PageNumber="+typed, "", "Authorization", list.Header.Get("Authorization")),
		"a token as the query":             c.request(http.MethodGet, whoAmI+"?"+access, ""),
		"a query with semicolons":          c.request(http.MethodGet, whoAmI+"?a=b;client_secret="+typed, ""),
		"a form's name":                    formPost(finventiToken, good+"&client_secret%3D"+typed),
		"a form's name with a colon":       formPost(finventiToken, good+"&client_secret:"+typed),
		"a form joined by semicolons":      formPost(finventiToken, good+";client_secret="+typed),
		"a form of lines":                  formPost(finventiToken, strings.ReplaceAll(good, "&", "\n")+"\nclient_secret="+typed),
		"a grant":                          formPost(finventiToken, "grant_type=client_credentials%26client_secret%3D"+typed),
		"a scope":                          formPost(finventiToken, good+"&client_secret="+known+"&scope=profile+"+typed),
		"another's username":               formPost(finventiToken, "grant_type=client_credentials&client_id="+typed+"&username="+typed),
		"another vendor's secret":          formPost(finventiToken, "grant_type=client_credentials&client_id=pw-anna"),
		"a basic header, turned about":     formPost(finventiToken, "grant_type=client_credentials", "Authorization", "Basic "+plain([]byte(typed+":sti-client"))),
		"a form that is cut off":           formPost(finventiToken, good+"&padding="+strings.Repeat("x", 20_000)+"&client_secret="+typed),
		"a form that cannot be decoded":    formPost(finventiToken, good+"&%zz&client_secret="+typed),
		"a multipart form":                 c.request(http.MethodPost, finventiToken, multipart, "Content-Type", "multipart/form-data; boundary=b"),
		"a boundary":                       c.request(http.MethodPost, finventiToken, multipart, "Content-Type", "multipart/form-data; boundary="+typed),
		"a form that is called text":       c.request(http.MethodPost, finventiToken, good+"&client_secret="+typed, "Content-Type", "text/plain"),
		"JSON at a Keycloak":               jsonPost(finventiToken, `{"grant_type":"client_credentials","client_secret":"`+typed+`"}`),
		"a list in JSON":                   jsonPost(fincalcToken, `{"data":[{"client_secret":"`+typed+`"}]}`),
		"a list of texts":                  jsonPost(fincalcToken, `{"data":["`+typed+`"],"client_id":["`+typed+`"]}`),
		"a list at the top":                jsonPost(fincalcToken, `["`+typed+`",{"client_id":"`+typed+`"}]`),
		"a member's name":                  jsonPost(fincalcToken, `{"`+typed+`":"`+typed+`","`+typed+`2":{}}`),
		"another e-mail address":           jsonPost(fincalcToken, strings.Replace(fincalcRequest, "hello@example.com", typed, 1)),
		"a scope in JSON":                  jsonPost(fincalcToken, strings.Replace(fincalcRequest, "api_scope", typed, 1)),
		"JSON to an API":                   jsonPost(whoAmI, `{"client_secret":"`+typed+`","iban":{"password":"`+typed+`"}}`),
		"a known secret, to an API":        jsonPost(verifyPayee, `{"account_holder_name":"my `+known+`"}`),
		"a pair of an API's member":        jsonPost(verifyPayee, `{"account_holder_name":"client_secret=`+typed+`"}`),
		"a member that has a shape":        jsonPost(verifyPayee, `{"iban":"`+typed+`","lei":"`+typed+`","date":"`+typed+`"}`),
		"a number for a page":              c.request(http.MethodGet, listClients+"?PageNumber=123456789", "", "Authorization", list.Header.Get("Authorization")),
		"text to an API":                   c.request(http.MethodPost, whoAmI, "client_secret="+typed, "Content-Type", "text/plain"),
		"Prefer":                           formPost(finventiToken, good, "Prefer", "secret="+typed+", code=503; x="+typed),
		"Prefer alone":                     formPost(finventiToken, good, "Prefer", typed),
		"User-Agent":                       formPost(finventiToken, good, "User-Agent", "curl/8.5.0 "+typed+" ("+typed+")"),
		"Accept":                           formPost(finventiToken, good, "Accept", "application/json; secret="+typed+", "+typed+"/x"),
		"Content-Type":                     c.request(http.MethodPost, finventiToken, good, "Content-Type", typed),
		"Idempotency-Key":                  jsonPost(verifyPayee, "{}", "Idempotency-Key", typed),
		"GSTIN":                            jsonPost(generateInvoice, "{}", "gstin", typed),
		"cookies":                          formPost(finventiToken, good, "Cookie", "secret="+typed, "Proxy-Authorization", "Basic "+typed),
		"a header's name":                  formPost(finventiToken, good, typed, "x"),
		"a header that belongs to answers": formPost(finventiToken, good, "Location", typed, "Www-Authenticate", typed, "Retry-After", typed),
		"the scheme":                       formPost(finventiToken, good, "Authorization", typed+" x"),
		"the method":                       c.request(typed, finventiToken, good),
		"the path":                         c.request(http.MethodGet, whoAmI+"/"+typed, ""),
		"a path that is sent on":           c.request(http.MethodGet, "/fincalc//"+typed+"?"+typed, ""),
		"a path of no vendor":              c.request(http.MethodPost, "/realms/"+typed+"/protocol/openid-connect/token?"+typed, ""),
		"a realm":                          formPost(tokenIn(typed), good),
		"the host":                         withHost,
		"the host, in the answer":          discovery,
		"the host, in links":               list,
	} {
		t.Run(name, func(t *testing.T) {
			c.ResetJournal()
			c.do(req)
			c.wantHidden(t, known, typed, access, access[len(access)-40:], "pw-anna", "12345678")
		})
	}
}

func TestJournal_hidesEverySpellingOfASecret(t *testing.T) {
	c := start(t)
	const secret = "s3cr3t-sti"
	old, err := c.RotateSecret(sandbox.Finventi, "sti-client")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.RotateSecret(sandbox.Finventi, "sti-client"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetPassword("", "anna", auth.NewSecret("pw-anna-2")); err != nil {
		t.Fatal(err)
	}
	token := c.mint(sandbox.OneFinOps).text("access_token")
	for name, spelled := range map[string]string{
		"as it is":                secret,
		"capitals":                strings.ToUpper(secret),
		"percent-encoded":         percent(secret),
		"percent-encoded twice":   url.QueryEscape(percent(secret)),
		"base64":                  base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64, with the client": base64.StdEncoding.EncodeToString([]byte("sti-client:" + secret)),
		"base64 for URLs":         base64.RawURLEncoding.EncodeToString([]byte("??>>" + secret)),
		"hex":                     hex.EncodeToString([]byte(secret)),
		"an entity":               strings.Replace(secret, "-", "&#45;", 1),
		"escaped":                 strings.Replace(secret, "-", `\u002d`, 1),
		"replaced":                old.Reveal(),
		"a replaced password":     "pw-anna",
		"another vendor's":        "bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7",
		"a token":                 token,
		"a token behind a letter": "x" + token,
		"a token in base64":       base64.StdEncoding.EncodeToString([]byte(token)),
		"an opaque token":         "opaque-01234567-89ab-cdef-0123-456789abcdef",
	} {
		t.Run(name, func(t *testing.T) {
			c.ResetJournal()
			body, err := json.Marshal(map[string]string{"account_holder_name": "Alice " + spelled, "iban": spelled})
			if err != nil {
				t.Fatal(err)
			}
			c.postJSON(verifyPayee, string(body), "Idempotency-Key", spelled, "User-Agent", spelled)
			c.post(finventiToken, "grant_type", "client_credentials", "client_id", spelled)
			c.do(c.request(http.MethodGet, "/finapi/api/"+url.PathEscape(spelled)+"?"+url.QueryEscape(spelled), ""))
			c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Status: 400, Body: `{"error":"` + strings.ReplaceAll(spelled, `\`, `\\`) + `"}`, Header: http.Header{"Location": {"/?" + spelled}}, Times: 1})
			c.post(finventiToken)
			c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Status: 502, Body: "<p>" + spelled + "</p>", Times: 1})
			c.post(finventiToken)
			c.wantHidden(t, spelled)
		})
	}
}

func TestJournal_showsHarmlessValues(t *testing.T) {
	c := start(t)
	for _, row := range []struct {
		req  *http.Request
		want []string
	}{
		{c.request(http.MethodPost, finventiToken, "grant_type=client_credentials&client_id=sti-client&client_secret=x&scope=profile+openid+odd&clientId=odd&odd=odd",
			"Content-Type", formType+"; charset=utf-8", "User-Agent", "finsdk-go/1.0 Go-http-client/1.1 odd", "Accept", "application/json;q=0.9, */*", "Prefer", "fault=wrong-secret, odd=odd"),
			[]string{`"client":"sti-client"`, `"grant":"client_credentials"`, `"fault":"wrong-secret"`, `"status":401`,
				"client_secret=[redacted]&scope=profile openid [unknown]&clientId=[redacted]&[redacted]=[redacted]", "unauthorized_client",
				`"Content-Type":"application/x-www-form-urlencoded; charset=utf-8"`, `"User-Agent":"finsdk-go/1.0 Go-http-client/1.1 [redacted]"`,
				`"Accept":"application/json; q=0.9, */*"`, `"Prefer":"fault=wrong-secret, [redacted]"`, `"Preference-Applied":"fault=wrong-secret"`}},
		{c.request(http.MethodPost, finventiToken, "grant_type=implicit&client_id=nobody&client_secret=", "Content-Type", formType),
			[]string{`"client":"[unknown]"`, `"body":"grant_type=implicit&client_id=[unknown]&client_secret="`, "unsupported_grant_type"}},
		{c.request(http.MethodPost, finapiToken, "grant_type=password&client_id=demobank-cli&username=Anna&password=", "Content-Type", formType),
			[]string{`"user":"Anna"`, `"client":"demobank-cli"`, "Invalid user credentials"}},
		{c.request(http.MethodPost, onefinopsToken, "grant_type=client_credentials&client_id=ofin_test_fault-503", "Content-Type", formType),
			[]string{`"client":"ofin_test_fault-503"`, `"fault":"503"`, `"Retry-After":"1"`}},
		{c.request(http.MethodPost, fincalcToken, fincalcRequest, "Content-Type", "application/json"),
			[]string{`\"client_id\":12345`, `\"email_address\":\"hello@example.com\"`, `\"scope\":\"api_scope\"`, `\"client_secret\":\"[redacted]\"`, `\"expires_in\":`}},
		{c.request(http.MethodPost, fincalcToken, strings.Replace(fincalcRequest, "api_scope", "odd", 1), "Content-Type", "application/json"),
			[]string{"invalid_scope", "Check the [redacted] scope"}},
		{c.request(http.MethodGet, listClients+"?PageNumber=2&PageSize=30&PageSize=x", ""),
			[]string{`"path":"` + listClients + `"`, `"query":"PageNumber=2&PageSize=30&PageSize=[redacted]"`}},
		{c.request(http.MethodPost, updatePartB+"?ewbNumber=odd", `{"vehicleNumber":"odd","odd":1}`, "Content-Type", "application/json", "Prefer", "code=409, example=keyReused, example=odd"),
			[]string{`"path":"` + updatePartB + `"`, `"query":"ewbNumber=[redacted]"`, `\"vehicleNumber\":\"[redacted]\"`, `"Prefer":"code=409, example=keyReused, [redacted]"`}},
		{c.request(http.MethodPost, tokenIn("odd"), ""),
			[]string{`"path":"` + tokenIn("[redacted]") + `"`, "Realm does not exist"}},
		{c.request(http.MethodPost, verifyPayee, `{"iban":"LT123456789012345678","account_holder_name":"Alice","odd":[{"lei":"529900T8BM49AURSDO55"}],"bic":"oddodd"}`, "Content-Type", "application/json"),
			[]string{`\"iban\":\"LT123456789012345678\"`, `\"account_holder_name\":\"Alice\"`, `\"[redacted]\":[{\"lei\":\"529900T8BM49AURSDO55\"}]`, "The access token is missing", `"Www-Authenticate":"Bearer realm=\"sandbox\""`}},
	} {
		c.ResetJournal()
		c.do(row.req)
		shown := c.admin(http.MethodGet, "/journal", "").body
		for _, part := range row.want {
			if !strings.Contains(shown, part) {
				t.Errorf("%s is missing in\n%s", part, shown)
			}
		}
		if strings.Contains(shown, "odd") || strings.Contains(shown, "nobody") {
			t.Errorf("the journal shows an unknown word:\n%s", shown)
		}
	}
}
