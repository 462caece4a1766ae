package vendortest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// operation is the token endpoint's operation in a vendor's document.
type operation struct {
	Path       string
	Servers    []struct{ URL string }
	Parameters []struct {
		Name, In string
		Required bool
		Schema   schema
	}
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
	Curls []struct {
		Method, URL string
		Headers     map[string]string
		Members     map[string]any
	}
	Responses map[string]struct {
		Content map[string]struct {
			Examples map[string]any
		}
	}
}

// schema is a JSON Schema, as far as it fixes the value of a member.
type schema struct {
	Enum         []any
	Required     []string
	Properties   map[string]schema
	OneOf, AllOf []schema
}

// constant returns the only value that the schema allows.
func (s schema) constant() (any, bool) {
	for _, part := range s.AllOf {
		if value, ok := part.constant(); ok {
			return value, true
		}
	}
	if len(s.Enum) != 1 {
		return nil, false
	}
	return s.Enum[0], true
}

// constants returns the members of a request of this grant that can have only one value.
func (s schema) constants(grant string) map[string]any {
	all := map[string]any{}
	for _, variant := range append(s.OneOf, s) {
		if value, ok := variant.Properties["grant_type"].constant(); ok && value == grant {
			for _, part := range append(variant.AllOf, variant) {
				for name, property := range part.Properties {
					if value, ok := property.constant(); ok {
						all[name] = value
					}
				}
			}
		}
	}
	return all
}

// requires reports whether the operation needs a member of its request, or a parameter.
func (o operation) requires(member string) bool {
	for _, p := range o.Parameters {
		if p.Required && memberOf(p.Name) == member {
			return true
		}
	}
	for _, body := range o.RequestBody.Content {
		for _, variant := range append(body.Schema.OneOf, body.Schema) {
			for _, part := range append(variant.AllOf, variant) {
				if slices.ContainsFunc(part.Required, func(name string) bool { return memberOf(name) == member }) {
					return true
				}
			}
		}
	}
	return false
}

// readDocument reads the document of the vendor whose package is being tested.
func readDocument(t testing.TB, vendor string) operation {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "gen", vendor, "server", "document.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Operations []json.RawMessage }
	if err := decode(string(data), &d); err != nil {
		t.Fatal(err)
	}
	for _, text := range d.Operations {
		var tagged struct{ Tags []string }
		if err := decode(string(text), &tagged); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(tagged.Tags, "token") {
			continue // the examples of others may be of any type
		}
		var op operation
		if err := decode(string(text), &op); err != nil {
			t.Fatal(err)
		}
		return op
	}
	t.Fatal("the document has no operation with the tag token")
	return operation{}
}

const refreshGrant = "refresh_token"

// request is a request to the token endpoint.
type request struct {
	method  string
	url     *url.URL
	path    string // below the base of the authorization server
	query   string
	header  http.Header
	members map[string]any // of a form or of a JSON object
	given   map[string]any // from a Config: members, header fields, path parameters, and client_id and client_secret of HTTP Basic
	basic   bool           // the client id and secret go into the Authorization header

	constants map[string]any // the members that can have only one value
}

// authorization returns the header field of HTTP Basic (RFC 6749 section 2.3.1).
func authorization(id, secret string) string {
	pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

// grant returns the grant_type.
func (r request) grant() string {
	name, _ := r.members["grant_type"].(string)
	return name
}

// op returns the request's name in errors.
func (r request) op() string { return r.grant() + " grant" }

// request returns the documented request for a first token or, if refresh is set, with a refresh
// token.
func (o operation) request(t testing.TB, refresh bool) request {
	t.Helper()
	for _, curl := range o.Curls {
		u, err := url.Parse(curl.URL)
		if err != nil {
			t.Fatal(err)
		}
		elements := strings.SplitAfter(u.EscapedPath(), "/")
		below := elements[max(0, len(elements)-strings.Count(o.Path, "/")):]
		r := request{method: curl.Method, url: u, path: "/" + strings.Join(below, ""), header: http.Header{}, members: curl.Members, given: map[string]any{}}
		for name, value := range curl.Members {
			r.given[memberOf(name)] = value
		}
		for name, value := range curl.Headers {
			r.given[memberOf(name)] = value
			if credentials, ok := strings.CutPrefix(value, "Basic "); ok && name == "Authorization" {
				id, secret, _ := strings.Cut(credentials, ":")
				r.given["client_id"], r.given["client_secret"], r.basic = id, secret, true
				value = authorization(id, secret)
			}
			r.header.Set(name, value)
		}
		for i, segment := range strings.Split(o.Path, "/") {
			if name, ok := strings.CutPrefix(segment, "{"); ok {
				r.given[memberOf(strings.TrimSuffix(name, "}"))] = strings.Split(r.path, "/")[i]
			}
		}
		if (r.grant() == refreshGrant) == refresh {
			return o.complete(t, r)
		}
	}
	t.Fatal("the document has no such token request")
	return request{}
}

// complete moves the vendor's request to the operation's server, and adds the optional members and
// parameters that can have only one value.
func (o operation) complete(t testing.TB, r request) request {
	t.Helper()
	var err error
	if r.url, err = url.Parse(o.Servers[0].URL + r.path); err != nil {
		t.Fatal(err)
	}
	r.members = maps.Clone(r.members)
	for mediaType, body := range o.RequestBody.Content {
		r.constants = body.Schema.constants(r.grant())
		for name, value := range r.constants {
			if mediaType == tokenendpoint.FormType {
				value = fmt.Sprint(value)
			}
			r.members[name] = value
		}
	}
	query := url.Values{}
	for _, p := range o.Parameters {
		value, ok := p.Schema.constant()
		switch {
		case !ok:
		case p.In == "header":
			r.header.Set(p.Name, fmt.Sprint(value))
		case p.In == "query":
			query.Set(p.Name, fmt.Sprint(value))
		}
	}
	r.query = query.Encode()
	return r
}

// path returns the path with these values in place of its parameters.
func (o operation) path(value func(parameter string) string) string {
	path := o.Path
	for _, p := range o.Parameters {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value(p.Name))
		}
	}
	return path
}

// answer returns the documented answer with a token, unchanged and as an object without its
// envelope.
func (o operation) answer(t testing.TB) (string, map[string]any) {
	t.Helper()
	for _, e := range o.examples() {
		if token := tokenIn(e.value); e.status == "200" && token != nil {
			return e.text, token
		}
	}
	t.Fatal("the document has no answer with a token")
	return "", nil
}

// failures returns the documented answers without a token.
func (o operation) failures() []example {
	var all []example
	for _, e := range o.examples() {
		if !strings.HasPrefix(e.status, "2") {
			all = append(all, e)
		}
	}
	return all
}

// example is a documented answer.
type example struct {
	status, name string
	value        map[string]any
	text         string
}

func (o operation) examples() []example {
	var all []example
	for status, response := range o.Responses {
		for _, media := range response.Content {
			for name, value := range media.Examples {
				data, err := json.Marshal(value)
				if err != nil {
					panic(err)
				}
				members, _ := value.(map[string]any)
				all = append(all, example{status, name, members, string(data)})
			}
		}
	}
	return all
}

// tokenIn returns the object in v that has an access token.
func tokenIn(v map[string]any) map[string]any {
	if v["access_token"] != nil {
		return v
	}
	for _, inner := range v {
		if inner, ok := inner.(map[string]any); ok {
			if token := tokenIn(inner); token != nil {
				return token
			}
		}
	}
	return nil
}

// decode decodes JSON. Numbers keep their digits.
func decode(text string, v any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec.Decode(v)
}

// members reads the body of a request that was sent.
func members(t testing.TB, r Request) map[string]any {
	t.Helper()
	all := map[string]any{}
	if r.Header.Get("Content-Type") != tokenendpoint.FormType {
		if err := decode(r.Body, &all); err != nil {
			t.Fatalf("%v in %s", err, r.Body)
		}
		return all
	}
	form, err := url.ParseQuery(r.Body)
	if err != nil {
		t.Fatalf("the body is not a form: %v", err)
	}
	for name, values := range form {
		if len(values) != 1 {
			t.Errorf("member %s was sent %d times", name, len(values))
		}
		all[name] = values[0]
	}
	return all
}

// memberOf returns a name in the form client_id: of a header field, or of a member such as clientId.
func memberOf(name string) string {
	return strings.ToLower(strings.ReplaceAll(inner.ReplaceAllString(name, "${1}_$2"), "-", "_"))
}
