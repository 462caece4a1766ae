package openapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// document has what the checks need, and nothing of a vendor's.
const document = `{"vendor": "acme", "title": "ACME", "operations": [
	{"operationId": "GetThing", "method": "GET", "path": "/things/{id}", "tags": ["api"], "responses": {}},
	{"operationId": "PutThing", "method": "PUT", "path": "/things/{id}", "tags": ["api"], "responses": {}},
	{"operationId": "ListThings", "method": "GET", "path": "/things/all", "tags": ["api"], "responses": {"200": {"content": {"application/json": {
		"schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer", "minimum": 7}, "kind": {"type": "string", "enum": ["a", "b"]}}}}}}}}},
	{"operationId": "Approve", "method": "PATCH", "path": "/things/{id}:approve", "tags": ["api"], "responses": {"204": {}}},
	{"operationId": "Issue", "method": "POST", "path": "/token", "tags": ["token"],
	 "parameters": [{"name": "X-Key", "in": "header", "required": true, "schema": {"type": "string", "minLength": 2}}, {"name": "n", "in": "query", "schema": {"type": "integer", "maximum": 9}}, {"name": "list", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}}],
	 "requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": {"oneOf": [
		{"type": "object", "required": ["grant_type", "user"], "properties": {"grant_type": {"type": "string", "enum": ["password"]}, "user": {"type": "string"}}},
		{"type": "object", "required": ["grant_type", "level", "test"], "properties": {"grant_type": {"type": "string", "enum": ["client_credentials"]}, "level": {"type": "integer", "enum": [7]}, "test": {"type": "boolean"}}}
	 ]}}}}, "responses": {"default": {}, "200": {"content": {"application/json": {"examples": {"b": {"x": 2}, "a": {"x": 1}}}}}}}
]}`

func parse(t *testing.T) *Document {
	t.Helper()
	d, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func operation(t *testing.T, id string) *Operation {
	t.Helper()
	for _, op := range parse(t).Operations {
		if op.ID == id {
			return op
		}
	}
	t.Fatalf("there is no operation %s", id)
	return nil
}

func TestParse_refusesInvalidDocuments(t *testing.T) {
	const badPattern = `{"vendor": "acme", "operations": [{"parameters": [{"schema": {"pattern": "("}}]}]}`
	for _, text := range []string{"", "[]", "{}", `{"operations": []}`, `{"vendor": 7}`, badPattern} {
		if d, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q became %v", text, d)
		}
	}
}

func TestDocument_operationsAtAPath(t *testing.T) {
	d := parse(t)
	for path, want := range map[string]struct {
		ids    string
		values map[string]string
	}{
		"/things/7":         {"GET:GetThing PUT:PutThing", map[string]string{"id": "7"}},
		"/things/a%2Fb":     {"GET:GetThing PUT:PutThing", map[string]string{"id": "a/b"}},
		"/things/all":       {"GET:ListThings", map[string]string{}},
		"/things/7:approve": {"PATCH:Approve", map[string]string{"id": "7"}},
		"/token":            {"POST:Issue", map[string]string{}},
		"/things":           {"", nil},
		"/things/":          {"", nil},
		"/things/7/8":       {"", nil},
		"/things/%zz":       {"", nil},
	} {
		ops, values := d.At(path)
		var ids []string
		for _, method := range []string{"GET", "PATCH", "POST", "PUT"} {
			if op := ops[method]; op != nil {
				ids = append(ids, method+":"+op.ID)
			}
		}
		if got := strings.Join(ids, " "); got != want.ids || !reflect.DeepEqual(values, want.values) {
			t.Errorf("%s: %s with %v, want %s with %v", path, got, values, want.ids, want.values)
		}
	}
}

func TestSchema_checksValues(t *testing.T) {
	for _, tt := range []struct{ schema, value, want string }{
		{`{"type": "string"}`, `"x"`, ""},
		{`{"type": "string"}`, `7`, "The body has to be a string"},
		{`{"type": "string"}`, `null`, "The body must not be null"},
		{`{"type": "string", "nullable": true}`, `null`, ""},
		{`{}`, `null`, ""},
		{`{"type": "integer"}`, `7.0`, ""},
		{`{"type": "integer"}`, `9223372036854775807`, ""},
		{`{"type": "integer"}`, `92233720368547758070`, "The body has to be an integer"},
		{`{"type": "integer"}`, `7.5`, "The body has to be an integer"},
		{`{"type": "integer"}`, `1e999999999`, "The body has to be an integer"},
		{`{"type": "integer", "format": "int64", "enum": [9007199254740993]}`, `9007199254740992`, "The body has to be 9007199254740993"},
		{`{"type": "number", "minimum": 0.5}`, `0.25`, "The body has to be at least 0.5"},
		{`{"type": "number", "maximum": 2}`, `1e999999999`, "The body has to be at most 2"},
		{`{"type": "boolean"}`, `"true"`, "The body has to be a boolean"},
		{`{"type": "string", "enum": ["a", "b"]}`, `"c"`, "The body has to be one of a, b"},
		{`{"type": "string", "minLength": 1}`, `""`, "The body must not be empty"},
		{`{"type": "string", "minLength": 3}`, `"éé"`, "The body has to have at least 3 characters"},
		{`{"type": "string", "maxLength": 2}`, `"éé"`, ""},
		{`{"type": "string", "maxLength": 2}`, `"eee"`, "The body has to have at most 2 characters"},
		{`{"type": "string", "pattern": "^[0-9]+$"}`, `"x"`, "The body has to match ^[0-9]+$"},
		{`{"type": "string", "format": "date"}`, `"2026-05-14"`, ""},
		{`{"type": "string", "format": "date"}`, `"14/05/2026"`, "The body has to be a date such as 2026-05-14"},
		{`{"allOf": [{"type": "object", "required": ["a"], "properties": {"b": {"type": "string"}}}], "required": ["c"], "properties": {"c": {"type": "string", "pattern": "^x"}}}`,
			`{"b": 1, "c": "y"}`, "a is required; b has to be a string; c has to match ^x"},
		{`{"type": "array", "minItems": 1}`, `[]`, "The body has to have at least 1 items"},
		{`{"type": "array", "items": {"type": "object", "required": ["a"]}}`, `[{"a": 1}, {}]`, "[1].a is required"},
		{`{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}}`, `{"a": null}`, "b is required; a must not be null"},
		{`{"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}}`, `{"a": {"b": 1}, "c": 1}`, "a.b has to be a string"},
		{`{"oneOf": [{"type": "string"}, {"type": "integer"}]}`, `7`, ""},
		{`{"oneOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"]}]}`, `{}`, "c is required"},
		{`{"oneOf": [{"type": "string"}]}`, `null`, "The body must not be null"},
	} {
		d, err := Parse([]byte(`{"vendor": "acme", "operations": [{"requestBody": {"content": {"application/json": {"schema": ` + tt.schema + `}}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		value, problems := Decode([]byte(tt.value))
		problems = append(problems, d.Operations[0].RequestBody.Content["application/json"].Schema.Check(value)...)
		if got := text(problems); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.value, tt.schema, got, tt.want)
		}
	}
}

func text(problems []Problem) string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.String())
	}
	return strings.Join(texts, "; ")
}

func TestSchema_AsConvertsValues(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		value any
		want  any
	}{
		{"string", int64(900), "900"},
		{"string", 2.5, "2.5"},
		{"string", true, "true"},
		{"string", "x", "x"},
		{"string", nil, nil},
		{"string", []string{"a", "b"}, "a b"},
		{"string", map[string]any{}, map[string]any{}},
		{"integer", "900", json.Number("900")},
		{"integer", 900, 900},
		{"integer", "soon", "soon"},
		{"boolean", "true", true},
		{"array", "a b", []string{"a", "b"}},
		{"object", "a", "a"},
		{"", "a", "a"},
	} {
		if got := (&Schema{Type: tt.kind}).As(tt.value); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%#v as %s is %#v, want %#v", tt.value, tt.kind, got, tt.want)
		}
	}
	if got := (*Schema)(nil).As(1); got != 1 {
		t.Errorf("without a schema: %v", got)
	}
}

func TestDecode_refusesOtherThanOneValue(t *testing.T) {
	for body, want := range map[string]string{
		"":                     "The body is not JSON",
		"{":                    "The body is not JSON",
		"x":                    "The body is not JSON",
		`{"a": 1, 7: 2}`:       "The body is not JSON",
		"{} {}":                "The body is not one JSON value",
		"[] x":                 "The body is not one JSON value",
		`{"a": 1, "a": null}`:  "a is there more than once",
		` {"a": [1], "b": {}}`: "",
		"[7]":                  "",
	} {
		if _, problems := Decode([]byte(body)); text(problems) != want {
			t.Errorf("%q: %q, want %q", body, text(problems), want)
		}
	}
}

func TestCheckForm_picksTheNearestVariant(t *testing.T) {
	m := operation(t, "Issue").RequestBody.Content["application/x-www-form-urlencoded"]
	for form, want := range map[string]string{
		"grant_type=password&user=u":                          "",
		"grant_type=client_credentials&level=7&test=true":     "",
		"grant_type=client_credentials&level=8&test=true":     "level has to be 7",
		"grant_type=client_credentials&level=7&test=yes":      "test has to be a boolean",
		"grant_type=client_credentials&level=seven&test=true": "level has to be an integer",
		"grant_type=password":                                 "user is required",
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(m.CheckForm(values)); got != want {
			t.Errorf("%s: %q, want %q", form, got, want)
		}
	}
	if v := m.Schema.Variant("grant_type", "refresh_token"); v != nil {
		t.Errorf("there is a form for refresh_token: %v", v)
	}
	if v := m.Schema.Variant("grant_type", "password"); v == nil || v.Properties["user"] == nil {
		t.Errorf("the form for password is %v", v)
	}
}

func TestCheckParameters_findsProblems(t *testing.T) {
	op := operation(t, "Issue")
	for _, tt := range []struct {
		query string
		key   []string
		want  string
	}{
		{"", []string{"xx"}, ""},
		{"", nil, "X-Key is required"},
		{"", []string{"x"}, "X-Key has to have at least 2 characters"},
		{"", []string{"xx", "yy"}, "X-Key is there more than once"},
		{"?n=9", []string{"xx"}, ""},
		{"?n=10", []string{"xx"}, "n has to be at most 9"},
		{"?list=1,2", []string{"xx"}, ""},
		{"?list=1&list=2", []string{"xx"}, ""},
		{"?list=7", []string{"xx"}, ""},
		{"?list=1,two", []string{"xx"}, "list[1] has to be an integer"},
		{"?n=ten", []string{"xx"}, "n has to be an integer"},
	} {
		r, err := http.NewRequest(http.MethodPost, "http://h/token"+tt.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range tt.key {
			r.Header.Add("X-Key", k)
		}
		if got := text(op.CheckParameters(r)); got != tt.want {
			t.Errorf("%s %v: %q, want %q", tt.query, tt.key, got, tt.want)
		}
	}
}

func TestExamples(t *testing.T) {
	status, r := operation(t, "Issue").Success()
	got, err := json.Marshal(r.Content[JSON(r.Content)].Example())
	if status != "200" || string(got) != `{"x":1}` || err != nil {
		t.Errorf("%s %s, %v", status, got, err)
	}
	_, r = operation(t, "ListThings").Success()
	m := r.Content["application/json"]
	made, err := json.Marshal(m.Example())
	if string(made) != `[{"id":7,"kind":"a"}]` || err != nil {
		t.Errorf("%s, %v", made, err)
	}
	if value, problems := Decode(made); problems != nil || m.Schema.Check(value) != nil {
		t.Errorf("what was made is refused: %v", problems)
	}
	if status, r := operation(t, "Approve").Success(); status != "204" || JSON(r.Content) != "" {
		t.Errorf("%s %v", status, r)
	}
}

// FuzzDecode compares what is read with encoding/json, which takes a member that is there twice.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{`{"a": [1, {"b": null}]}`, `{"a": 1, "a": 2}`, "[7.50]", `"x"`, "{} {}", "{", `{"a"`, `{"a":1,}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, problems := Decode(body)
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var want any
		valid := dec.Decode(&want) == nil && json.Valid(body)
		switch {
		case problems == nil && (!valid || !reflect.DeepEqual(value, want)):
			t.Errorf("%q became %v, want %v", body, value, want)
		case problems != nil && valid && problems[0].Text != "is there more than once":
			t.Errorf("%q is refused: %v", body, problems)
		}
	})
}
