package gen_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
)

// document is what tools/examples writes of an OpenAPI document.
type document struct {
	Curls []struct {
		Operation, Source string
	}
	Examples []struct {
		Operation, Status, Name, Schema string
		Value                           json.RawMessage
	}
}

// examples reads the vendors' documents.
func examples(t *testing.T) map[string]document {
	t.Helper()
	files, err := filepath.Glob("*/testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	documents := make(map[string]document)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc document
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		vendor, _, _ := strings.Cut(filepath.ToSlash(file), "/")
		documents[vendor] = doc
	}
	if len(documents) != 4 {
		t.Fatalf("examples of %d documents, want 4", len(documents))
	}
	return documents
}

// TestExamplesRoundTrip decodes every example into the models that are made from its schema, and encodes it again.
func TestExamplesRoundTrip(t *testing.T) {
	for vendor, doc := range examples(t) {
		for _, example := range doc.Examples {
			decoded := 0
			for _, dir := range []string{vendor, vendor + "/api", vendor + "/server"} {
				i := slices.IndexFunc(models[dir], func(v any) bool { return reflect.TypeOf(v).Name() == example.Schema })
				if i < 0 {
					continue
				}
				decoded++
				model := reflect.New(reflect.TypeOf(models[dir][i]))
				if err := json.Unmarshal(example.Value, model.Interface()); err != nil {
					t.Errorf("%s %s %s: %v", dir, example.Schema, example.Name, err)
					continue
				}
				again, err := json.Marshal(model.Interface())
				if err != nil {
					t.Fatal(err)
				}
				if want, got := tree(t, example.Value), tree(t, again); !reflect.DeepEqual(want, got) {
					t.Errorf("%s %s %s: got %s, want %s", dir, example.Schema, example.Name, again, example.Value)
				}
			}
			if decoded == 0 {
				t.Errorf("%s: no model for schema %s of example %s", vendor, example.Schema, example.Name)
			}
		}
	}
}

func tree(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A form is a request that goes out as application/x-www-form-urlencoded.
type form interface{ Form() url.Values }

// forms lists the requests that are forms, by vendor and the grant they ask for.
var forms = map[string]map[string]form{
	"finventi":  {"client_credentials": &finventigen.TokenRequest{}},
	"onefinops": {"client_credentials": &onefinopsgen.TokenRequest{}},
	"finapi": {
		"password":      &finapigen.PasswordTokenRequest{},
		"refresh_token": &finapigen.RefreshTokenRequest{},
	},
}

// data is an argument of a documented curl command that becomes part of the body.
var data = regexp.MustCompile(`(?:--data-urlencode|-d) '([^']*)'`)

// TestFormsAreWhatTheVendorsDocument decodes the documented requests and compares the forms they are encoded as with
// the commands on the vendors' pages.
func TestFormsAreWhatTheVendorsDocument(t *testing.T) {
	documents := examples(t)
	for vendor, requests := range forms {
		seen := 0
		for _, curl := range documents[vendor].Curls {
			want := url.Values{}
			for _, argument := range data.FindAllStringSubmatch(curl.Source, -1) {
				key, value, _ := strings.Cut(argument[1], "=")
				want.Add(key, value)
			}
			members := make(map[string]string)
			for key := range want {
				members[key] = want.Get(key)
			}
			text, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			request, ok := requests[want.Get("grant_type")]
			if !ok {
				t.Errorf("%s documents grant %q, for which there is no form", vendor, want.Get("grant_type"))
				continue
			}
			if err := json.Unmarshal(text, request); err != nil {
				t.Fatal(err)
			}
			if got := request.Form(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", vendor, got, want)
			}
			seen++
		}
		if seen != len(requests) {
			t.Errorf("%s documents %d forms, want %d", vendor, seen, len(requests))
		}
	}
}

// TestFormsAreComplete fails for a member that was added to a request and not to its form.
func TestFormsAreComplete(t *testing.T) {
	for vendor, requests := range forms {
		for grant, request := range requests {
			typ := reflect.TypeOf(request).Elem()
			sent := request.Form()
			for i := range typ.NumField() {
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if !sent.Has(name) {
					t.Errorf("%s: the form of %s lacks %s", vendor, grant, name)
				}
			}
			if len(sent) != typ.NumField() {
				t.Errorf("%s: the form of %s has %d members, want %d", vendor, grant, len(sent), typ.NumField())
			}
		}
	}
}

// TestExamplesAreWhatTheVendorsDocument compares the request examples with the curl commands beside them.
func TestExamplesAreWhatTheVendorsDocument(t *testing.T) {
	for vendor, doc := range examples(t) {
		for _, curl := range doc.Curls {
			var want any
			arguments := data.FindAllStringSubmatch(curl.Source, -1)
			if len(arguments) == 1 && strings.HasPrefix(arguments[0][1], "{") {
				want = tree(t, []byte(arguments[0][1]))
			} else {
				members := make(map[string]any)
				for _, argument := range arguments {
					key, value, _ := strings.Cut(argument[1], "=")
					members[key] = value
				}
				want = members
			}
			found := false
			for _, example := range doc.Examples {
				if example.Operation == curl.Operation && example.Status == "" {
					found = found || reflect.DeepEqual(tree(t, example.Value), want)
				}
			}
			if !found {
				t.Errorf("%s: no example is the request of %s", vendor, curl.Source)
			}
		}
	}
}
