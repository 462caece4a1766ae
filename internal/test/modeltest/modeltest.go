// Package modeltest compares generated models with their document: they decode and encode its
// examples, encode the vendor's curl commands unchanged, and print no secret.
package modeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const canary = "s3cr3t-canary"

type media struct {
	Model    string
	Examples map[string]json.RawMessage
}

type document struct {
	Operations []struct {
		OperationID string
		RequestBody *struct{ Content map[string]media }
		Responses   map[string]struct{ Content map[string]media }
		Curls       []struct {
			Name    string
			Members map[string]any
		}
	}
}

// Run tests models, which are all models of one generated package, against a document.json. If
// secrets is set, the models must hide secrets.
func Run(t *testing.T, text []byte, secrets bool, models ...any) {
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if len(models) == 0 || len(doc.Operations) == 0 {
		t.Fatal("neither models nor operations to test")
	}
	for _, model := range models {
		typ := reflect.TypeOf(model)
		t.Run(typ.Name(), func(t *testing.T) {
			roundTrip(t, doc, typ)
			if secrets {
				hide(t, typ)
			}
		})
	}
	encode(t, doc, models)
}

// roundTrip decodes and encodes every example of the model.
func roundTrip(t *testing.T, doc document, typ reflect.Type) {
	check := func(content map[string]media) {
		for _, body := range content {
			for name, example := range body.Examples {
				of := typ
				if body.Model == "[]"+typ.Name() {
					of = reflect.SliceOf(typ)
				} else if body.Model != typ.Name() {
					continue
				}
				model := reflect.New(of).Interface()
				if err := json.Unmarshal(example, model); err != nil {
					t.Errorf("example %s: %v", name, err)
					continue
				}
				again, err := json.Marshal(model)
				if err != nil {
					t.Fatal(err)
				}
				if !contains(tree(t, again), tree(t, example)) {
					t.Errorf("example %s: got %s, want %s", name, again, example)
				}
			}
		}
	}
	for _, op := range doc.Operations {
		if op.RequestBody != nil {
			check(op.RequestBody.Content)
		}
		for _, response := range op.Responses {
			check(response.Content)
		}
	}
}

// contains reports whether got contains want. Further members of got are zero values and constants.
// What is null may be missing, or a zero value, and a zero value or an empty object may be missing.
func contains(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if list, ok := got.([]any); ok && len(list) == 1 {
			got = list[0]
		}
		if got == nil {
			return len(want) == 0
		}
		members, _ := got.(map[string]any)
		for name, value := range want {
			if !contains(members[name], value) {
				return false
			}
		}
		return members != nil
	case []any:
		items, _ := got.([]any)
		return slices.EqualFunc(items, want, contains)
	case nil:
		return true
	case json.Number, bool, string:
		if got == nil {
			return want == json.Number("0") || want == false || want == ""
		}
	}
	return reflect.DeepEqual(got, want)
}

func tree(t *testing.T, text []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // to the last digit
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// encode decodes the members of each curl command into the request models, and expects one of them
// to encode to the command's body.
func encode(t *testing.T, doc document, models []any) {
	for _, op := range doc.Operations {
		for _, curl := range op.Curls {
			tried, found := 0, false
			for _, model := range models {
				request := reflect.New(reflect.TypeOf(model)).Interface()
				_, isForm := request.(interface{ Form() url.Values })
				_, isJSON := request.(interface{ JSON() ([]byte, error) })
				if !isForm && !isJSON {
					continue
				}
				tried++
				for name, value := range curl.Members {
					text, err := json.Marshal(map[string]any{name: value})
					if err != nil {
						t.Fatal(err)
					}
					_ = json.Unmarshal(text, request) // a form's number is text, and a constant
				}
				found = found || contains(sent(t, request), curl.Members)
			}
			if tried > 0 && !found {
				t.Errorf("%s: no request is encoded as %q has it", op.OperationID, curl.Name)
			}
		}
	}
}

// sent returns the members of the encoded request.
func sent(t *testing.T, request any) map[string]any {
	members := make(map[string]any)
	switch r := request.(type) {
	case interface{ Form() string }:
		form, err := url.ParseQuery(r.Form())
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range form {
			members[name] = strings.Join(values, "\x00")
		}
	case interface{ JSON() ([]byte, error) }:
		text, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return members
}

// hide fills a model with the canary, prints it with fmt and slog, and looks for the canary.
func hide(t *testing.T, typ reflect.Type) {
	if strings.HasSuffix(typ.Name(), "Params") {
		return
	}
	model := reflect.New(typ)
	fill(t, model.Elem())
	value, pointer := model.Elem().Interface(), model.Interface()
	nested := struct {
		Value   any
		Values  []any
		Pointer any
	}{value, []any{value, pointer}, pointer}
	for _, v := range []any{value, pointer, nested} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x", "%t"} {
			refuseCanary(t, verb, fmt.Sprintf(verb, v))
		}
	}
	refuseCanary(t, "panic text", fmt.Sprint(value))
	for _, v := range []any{value, pointer} {
		var text, jsonText bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("m", "v", v, slog.Group("g", "v", v))
		refuseCanary(t, "slog text", text.String())
		refuseCanary(t, "slog JSON", jsonText.String())
		if !strings.Contains(jsonText.String(), typ.String()) {
			t.Errorf("slog JSON does not name %s: %s", typ, jsonText.String())
		}
	}
	wire, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if _, wrapper := typ.FieldByName("HTTPResponse"); wrapper {
		refuseCanary(t, "JSON of a response wrapper", string(wire))
	} else if !strings.Contains(string(wire), canary) && !onlyScalars(typ) {
		t.Errorf("JSON, which is the wire form, lost its contents: %s", wire)
	}
}

// refuseCanary fails if text contains the canary in plain text, as hexadecimal digits or as bytes.
func refuseCanary(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary),
		fmt.Sprintf("% x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
		if strings.Contains(text, form) {
			t.Errorf("%s holds the secret: %s", what, text)
		}
	}
}

// onlyScalars reports whether no member of a model can hold the canary.
func onlyScalars(typ reflect.Type) bool {
	for i := range typ.NumField() {
		switch typ.Field(i).Type.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		default:
			return false
		}
	}
	return true
}

// fill puts the canary into every member that can hold it.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(canary)
	case reflect.Pointer:
		if v.Type().Elem().PkgPath() == "net/http" {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(canary))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(canary), value)
	case reflect.Interface:
		v.Set(reflect.ValueOf(canary))
	case reflect.Struct:
		if union, ok := v.Type().FieldByName("union"); ok && !union.IsExported() {
			if err := json.Unmarshal([]byte(`"`+canary+`"`), v.Addr().Interface()); err != nil {
				t.Fatal(err)
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	}
}
