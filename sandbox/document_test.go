package sandbox_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/sandbox"
)

// parsed is a document as a tree, to be read and changed.
func parsed(t *testing.T, text []byte) map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var d map[string]any
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

func printed(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// at follows keys into a tree; nil where there is nothing.
func at(v any, keys ...string) map[string]any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	m, _ := v.(map[string]any)
	return m
}

func operations(d map[string]any) []map[string]any {
	var ops []map[string]any
	list, _ := d["operations"].([]any)
	for _, op := range list {
		ops = append(ops, op.(map[string]any))
	}
	return ops
}

func tagged(op map[string]any, tag string) bool {
	tags, _ := op["tags"].([]any)
	return slices.Contains(tags, any(tag))
}

// An API's body is held to the document: a required member that is missing or null is refused, at
// every depth, and the document's own examples are taken.
func TestDocument_checksRequestBodies(t *testing.T) {
	c := start(t)
	tokens := map[string]string{
		"/finventi/vop-api":      c.tenantToken("api-vop-client"),
		"/finventi/payments-api": c.tenantToken("api-sepa-gateway-client"),
		"/finventi/api":          c.post(finventiToken, "grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti").text("access_token"),
		"/onefinops/sandbox-api": c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test").text("access_token"),
	}
	held := 0
	products := map[any]string{"VerificationOfPayee": "/finventi/vop-api", "Payments": "/finventi/payments-api"}
	for api, text := range map[string][]byte{"/finventi/api": finventiserver.Document, "/onefinops/sandbox-api": onefinopsserver.Document} {
		for _, op := range operations(parsed(t, text)) {
			media := at(op, "requestBody", "content", "application/json")
			if !tagged(op, "api") || media == nil {
				continue
			}
			prefix := api
			if own := products[op["product"]]; own != "" {
				prefix = own
			}
			path := op["path"].(string)
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				path = strings.ReplaceAll(path, fmt.Sprintf("{%v}", at(p)["name"]), fmt.Sprint(at(p)["example"]))
			}
			ask := func(body any) reply {
				headers := []string{"Content-Type", "application/json", "Authorization", "Bearer " + tokens[prefix], "gstin", "36AMBPG7773M002", "Idempotency-Key", rand.Text()}
				return c.do(c.request(op["method"].(string), prefix+path, string(printed(t, body)), headers...))
			}
			for name, example := range at(media, "examples") {
				if r := ask(example); r.status == http.StatusBadRequest || r.status == http.StatusUnprocessableEntity {
					t.Errorf("%s: the example %s is refused: %d %s", op["operationId"], name, r.status, r.body)
				}
				without(media["schema"], example, func(change string) {
					held++
					if r := ask(example); r.status != http.StatusBadRequest && r.status != http.StatusUnprocessableEntity {
						t.Errorf("%s: the example %s %s is answered %d %s", op["operationId"], name, change, r.status, r.body)
					}
				})
			}
		}
	}
	if held < 10 {
		t.Errorf("only %d members were taken away", held)
	}
}

// without takes each required member away in turn, and then makes it null.
func without(schema, example any, ask func(change string)) {
	s, _ := schema.(map[string]any)
	switch value := example.(type) {
	case []any:
		for _, item := range value {
			without(s["items"], item, ask)
		}
	case map[string]any:
		required, _ := s["required"].([]any)
		for _, name := range required {
			name := name.(string)
			old, ok := value[name]
			if !ok {
				continue
			}
			delete(value, name)
			ask("without " + name)
			value[name] = nil
			ask("with null as " + name)
			value[name] = old
		}
		for name, inner := range value {
			without(at(s, "properties", name), inner, ask)
		}
	}
}

// token changes the token operation of a document, whose own constants and header fields it takes
// away, so that the tests know all that a request has to have.
func token(t *testing.T, text []byte, change func(request, response, example map[string]any, op map[string]any)) []byte {
	t.Helper()
	d := parsed(t, text)
	for _, op := range operations(d) {
		if !tagged(op, "token") {
			continue
		}
		var request map[string]any
		for _, media := range at(op, "requestBody", "content") {
			request = at(media, "schema")
			if variants, ok := request["oneOf"].([]any); ok {
				request = variants[0].(map[string]any)
			}
		}
		properties := at(request, "properties")
		for name := range properties {
			if values, _ := at(properties, name)["enum"].([]any); len(values) == 1 && name != "grant_type" && name != "client_id" {
				delete(properties, name)
				request["required"] = slices.DeleteFunc(request["required"].([]any), func(v any) bool { return v == name })
			}
		}
		parameters, _ := op["parameters"].([]any)
		op["parameters"] = slices.DeleteFunc(parameters, func(p any) bool { return p.(map[string]any)["in"] != "path" })
		media := at(op, "responses", "200", "content", "application/json")
		response, example := at(media, "schema"), at(media, "examples", "documented")
		if inner := at(response, "properties", "data"); inner != nil {
			response, example = inner, at(example, "data")
		}
		change(request, response, example, op)
	}
	return printed(t, d)
}

// asked is a token request of each vendor, with more members.
func asked(c caller, v sandbox.Vendor, headers []string, more ...string) reply {
	form := func(path string, pairs ...string) reply {
		body := ""
		for i := 0; i < len(pairs); i += 2 {
			body += "&" + pairs[i] + "=" + pairs[i+1]
		}
		return c.do(c.request(http.MethodPost, path, body[1:], append([]string{"Content-Type", formType}, headers...)...))
	}
	switch v {
	case sandbox.Finventi:
		return form(finventiToken, append([]string{"grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"}, more...)...)
	case sandbox.FinAPI:
		return form(finapiToken, append([]string{"grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "pw-anna"}, more...)...)
	case sandbox.OneFinOps:
		return form(onefinopsToken, append([]string{"grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test"}, more...)...)
	}
	body := `{"grant_type":"client_credentials","client_id":12345,"client_secret":"bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7","scope":"api_scope","email_address":"hello@example.com"`
	for i := 0; i < len(more); i += 2 {
		value := fmt.Sprintf("%q", more[i+1])
		if json.Valid([]byte(more[i+1])) {
			value = more[i+1]
		}
		body += fmt.Sprintf(",%q:%s", more[i], value)
	}
	return c.do(c.request(http.MethodPost, fincalcToken, body+"}", append([]string{"Content-Type", "application/json"}, headers...)...))
}

var vendorDocuments = map[sandbox.Vendor][]byte{
	sandbox.Finventi: finventiserver.Document, sandbox.FinAPI: finapiserver.Document,
	sandbox.OneFinOps: onefinopsserver.Document, sandbox.FinCalc: fincalcserver.Document,
}

// The sandbox follows a document that it was not made for: it asks for a new constant, a new header
// and a scope, and answers a new member.
func TestWithDocument_followsAChange(t *testing.T) {
	for v, text := range vendorDocuments {
		t.Run(string(v), func(t *testing.T) {
			changed := token(t, text, func(request, response, example, op map[string]any) {
				properties := at(request, "properties")
				properties["audience"] = map[string]any{"type": "string", "enum": []string{"fin-api"}}
				properties["level"] = map[string]any{"type": "integer", "enum": []int{7}}
				request["required"] = append(request["required"].([]any), "audience", "level")
				parameters, _ := op["parameters"].([]any)
				op["parameters"] = append(parameters, map[string]any{"name": "X-Version", "in": "header", "required": true,
					"schema": map[string]any{"type": "string", "enum": []string{"2"}}})
				at(response, "properties")["token-region"] = map[string]any{"type": "string"}
				at(response, "properties")["limits"] = map[string]any{"type": "object", "properties": map[string]any{"daily": map[string]any{"type": "integer"}}}
				example["token-region"] = "eu-1"
			})
			c := startDocumented(t, sandbox.WithDocument(changed))
			version := []string{"X-Version", "2"}
			for problem, r := range map[string]reply{
				"audience is missing":  asked(c, v, version, "level", "7"),
				"audience is another":  asked(c, v, version, "audience", "x", "level", "7"),
				"level is a text":      asked(c, v, version, "audience", "fin-api", "level", "seven"),
				"X-Version is missing": asked(c, v, nil, "audience", "fin-api", "level", "7"),
			} {
				if r.status != http.StatusBadRequest {
					t.Errorf("%s: %d %s", problem, r.status, r.body)
				}
			}
			r := asked(c, v, version, "audience", "fin-api", "level", "7")
			members := r.json
			if inner, ok := members["data"].(map[string]any); ok {
				members = inner
			}
			if r.status != http.StatusOK || members["token-region"] != "eu-1" || members["limits"] == nil {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestWithDocument_followsTheTypeOfAMember(t *testing.T) {
	for v, text := range vendorDocuments {
		t.Run(string(v), func(t *testing.T) {
			changed := token(t, text, func(_, response, example, _ map[string]any) {
				at(response, "properties")["expires_in"] = map[string]any{"type": "string"}
				at(response, "properties")["scope"] = map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
				example["expires_in"], example["scope"] = fmt.Sprint(example["expires_in"]), []string{"all"}
			})
			r := asked(startDocumented(t, sandbox.WithDocument(changed)), v, nil)
			members := r.json
			if inner, ok := members["data"].(map[string]any); ok {
				members = inner
			}
			_, isText := members["expires_in"].(string)
			_, isList := members["scope"].([]any)
			if r.status != http.StatusOK || !isText || !isList {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestWithoutDocument_checksNothing(t *testing.T) {
	changed := token(t, onefinopsserver.Document, func(request, response, _, _ map[string]any) {
		at(request, "properties")["audience"] = map[string]any{"type": "string", "enum": []string{"x"}}
		request["required"] = append(request["required"].([]any), "audience")
		at(response, "properties")["region"] = map[string]any{"type": "string"}
	})
	c := start(t, sandbox.WithDocument(changed))
	if r := asked(c, sandbox.OneFinOps, nil); r.status != http.StatusOK || r.json["region"] != nil {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// OneFinOps's real change: older pages name a scope that has to be sent.
func TestDocument_grantsAConstantScope(t *testing.T) {
	changed := token(t, onefinopsserver.Document, func(request, _, _, _ map[string]any) {
		at(request, "properties")["scope"] = map[string]any{"type": "string", "enum": []string{"gstn-india"}}
		request["required"] = append(request["required"].([]any), "scope")
	})
	c := startDocumented(t, sandbox.WithDocument(changed))
	asked(c, sandbox.OneFinOps, nil).want(t, 400, "invalid_request", "scope is required")
	if r := asked(c, sandbox.OneFinOps, nil, "scope", "gstn-india"); r.status != http.StatusOK || !strings.Contains(r.text("scope"), "gstn-india") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// acme is a vendor that nobody knows.
const acme = `{"vendor": "acme", "title": "ACME", "operations": [
	{"operationId": "IssueToken", "method": "POST", "path": "/oauth/token", "tags": ["token"],
	 "parameters": [{"name": "X-Tenant", "in": "header", "required": true, "schema": {"type": "string", "minLength": 1}}],
	 "requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "required": ["grant_type"],
		"properties": {"grant_type": {"type": "string", "enum": ["client_credentials"]}}}}}},
	 "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}, "examples": {"documented": {"result": {"access_token": "abc", "expires_in": "600", "token_type": "Bearer"}}}}}},
	  "401": {"content": {"application/json": {"schema": {"type": "object"}, "examples": {"wrong": {"error": {"detail": "no such client"}}}}}}}},
	{"operationId": "ListBooks", "method": "GET", "path": "/books/{id}", "tags": ["api"], "responses": {"200": {"content": {"application/json": {"examples": {"one": {"title": "Emma"}}}}}}},
	{"operationId": "ReadBook", "method": "GET", "path": "/books/{id}/text", "tags": ["api"], "responses": {"200": {"content": {"text/plain": {"examples": {"one": "Emma Woodhouse, handsome"}}}}, "202": {}}}
]}`

func TestWithDocument_servesAnUnknownVendor(t *testing.T) {
	c := startDocumented(t, sandbox.WithDocument([]byte(acme), sandbox.Client{ID: "me", Secret: auth.NewSecret("s3")}))
	authURL, apiURL := c.Server.URLs("", "acme")
	ask := func(user, password string, headers ...string) reply {
		req := c.request(http.MethodPost, authURL+"/oauth/token", "grant_type=client_credentials", append([]string{"Content-Type", formType}, headers...)...)
		req.SetBasicAuth(user, password)
		return c.do(req)
	}
	if r := ask("me", "wrong", "X-Tenant", "t"); r.status != 401 || !strings.Contains(r.body, `"detail":"no such client"`) {
		t.Errorf("a wrong secret: %d %s", r.status, r.body)
	} else if got := r.header.Get("WWW-Authenticate"); got != `Basic realm="acme"` {
		t.Errorf("a wrong secret: WWW-Authenticate: %s", got)
	}
	if r := ask("me", "s3"); r.status != 400 || !strings.Contains(r.body, "X-Tenant is required") {
		t.Errorf("without the header: %d %s", r.status, r.body)
	}
	r := ask("me", "s3", "X-Tenant", "t")
	result, _ := r.json["result"].(map[string]any)
	token, _ := result["access_token"].(string)
	if r.status != 200 || token == "abc" || token == "" || result["expires_in"] != "600" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	book := c.do(c.request(http.MethodGet, apiURL+"/books/7", "", "Authorization", "Bearer "+token))
	if book.status != 200 || book.text("title") != "Emma" {
		t.Errorf("%d %s", book.status, book.body)
	}
	text := c.do(c.request(http.MethodGet, apiURL+"/books/7/text", "", "Authorization", "Bearer "+token))
	if text.status != 200 || text.body != "Emma Woodhouse, handsome" || text.header.Get("Content-Type") != "text/plain" {
		t.Errorf("text: %d %s", text.status, text.body)
	}
	later := c.do(c.request(http.MethodGet, apiURL+"/books/7/text", "", "Authorization", "Bearer "+token, "Prefer", "code=202"))
	if later.status != 202 || later.body != "" {
		t.Errorf("a success without a body: %d %s", later.status, later.body)
	}
	if r := c.do(c.request(http.MethodGet, apiURL+"/books/7", "", "Authorization", "Bearer abc")); r.status != 401 {
		t.Errorf("another token: %d %s", r.status, r.body)
	}
	if r := c.do(c.request(http.MethodGet, apiURL+"/oauth/token", "")); r.status != 404 {
		t.Errorf("the token endpoint below the API: %d %s", r.status, r.body)
	}
}

func TestWithDocument_refusesAnInvalidDocument(t *testing.T) {
	for _, text := range []string{"", "{}", `{"vendor": "a/b", "operations": []}`, `{"vendor": "acme", "operations": []}`} {
		if err := sandbox.New(sandbox.WithDocument([]byte(text))).Err(); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
