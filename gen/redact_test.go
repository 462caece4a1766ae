package gen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path"
	"reflect"
	"strings"
	"testing"
)

const canary = "s3cr3t-canary"

// TestModelsRedactThemselves fills every model of the packages that carry secrets and looks for the canary in all
// that fmt and slog make of it.
func TestModelsRedactThemselves(t *testing.T) {
	for dir, values := range models {
		if path.Base(dir) == "api" {
			continue // neither secrets nor tokens are members of a resource call
		}
		for _, zero := range values {
			model := reflect.New(reflect.TypeOf(zero))
			fill(t, model.Elem())
			value, pointer := model.Elem().Interface(), model.Interface()
			name := reflect.TypeOf(zero).String()
			t.Run(name, func(t *testing.T) {
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
					if !strings.Contains(jsonText.String(), name) {
						t.Errorf("slog JSON does not name %s: %s", name, jsonText.String())
					}
				}
				wire, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				if _, wrapper := reflect.TypeOf(zero).FieldByName("HTTPResponse"); wrapper {
					refuseCanary(t, "JSON of a response wrapper", string(wire))
				} else if !strings.Contains(string(wire), canary) && !onlyScalars(reflect.TypeOf(zero)) {
					t.Errorf("JSON, which is the wire form, lost its contents: %s", wire)
				}
			})
		}
	}
}

// refuseCanary fails where text holds the canary, in the clear, as hexadecimal digits or as a list of bytes.
func refuseCanary(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary),
		fmt.Sprintf("% x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
		if strings.Contains(text, form) {
			t.Errorf("%s holds the secret: %s", what, text)
		}
	}
}

// onlyScalars reports a model without a member that the canary fits in.
func onlyScalars(typ reflect.Type) bool {
	for i := range typ.NumField() {
		switch typ.Field(i).Type.Kind() {
		case reflect.Bool, reflect.Int, reflect.Int64:
		default:
			return false
		}
	}
	return true
}

// fill puts the canary wherever it fits.
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
