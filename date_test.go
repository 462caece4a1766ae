package finsdk_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oapi-codegen/runtime"

	finsdk "github.com/finsdk/finsdk-go"
)

func TestDate_form(t *testing.T) {
	type body struct {
		Due   finsdk.Date  `json:"due"`
		Until finsdk.Date  `json:"until,omitempty,omitzero"`
		Since *finsdk.Date `json:"since,omitempty"`
	}
	for name, tt := range map[string]struct {
		value body
		want  string
	}{
		"every member": {body{finsdk.NewDate(2026, time.November, 28), finsdk.NewDate(2026, 2, 30), new(finsdk.NewDate(1, 1, 2))},
			`{"due":"2026-11-28","until":"2026-03-02","since":"0001-01-02"}`},
		"none": {body{}, `{"due":null}`},
	} {
		text, err := json.Marshal(tt.value)
		if err != nil || string(text) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, text, err, tt.want)
		}
		var again body
		if err := json.Unmarshal(text, &again); err != nil || again.Due != tt.value.Due || again.Until != tt.value.Until ||
			(again.Since == nil) != (tt.value.Since == nil) || again.Since != nil && *again.Since != *tt.value.Since {
			t.Errorf("%s: read as %+v, %v", name, again, err)
		}
	}
	if text, err := json.Marshal(finsdk.NewDate(10000, 1, 1)); err == nil {
		t.Errorf("a year of five digits is written as %s", text)
	}
	if got := fmt.Sprint(finsdk.NewDate(2026, 11, 28), finsdk.Date{}); got != "2026-11-28 " {
		t.Errorf("printed as %q", got)
	}
}

func TestDate_malformed(t *testing.T) {
	for _, text := range []string{`"28.11.2026"`, `"2026-11-28T00:00:00Z"`, `"2026-02-30"`, `20261128`, `{}`, `true`} {
		var d finsdk.Date
		if err := json.Unmarshal([]byte(text), &d); err == nil || !d.IsZero() {
			t.Errorf("%s is read as %s, %v", text, d, err)
		}
	}
	d := finsdk.NewDate(2026, 11, 28)
	if err := json.Unmarshal([]byte(`""`), &d); err != nil || !d.IsZero() {
		t.Errorf("an empty text is read as %s, %v", d, err)
	}
}

// Clients that others generate write parameters with oapi-codegen's package runtime.
func TestDate_parameter(t *testing.T) {
	d := finsdk.NewDate(2026, time.November, 28)
	for _, style := range []string{"form", "simple"} {
		for _, value := range []any{d, &d, []finsdk.Date{d}} {
			got, err := runtime.StyleParamWithOptions(style, true, "from", value, runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationQuery, Type: "string", Format: "date"})
			if err != nil || strings.TrimPrefix(got, "from=") != "2026-11-28" {
				t.Errorf("%T in style %s: %q, %v", value, style, got, err)
			}
		}
	}
}

func FuzzDate(f *testing.F) {
	for _, text := range []string{"2026-11-28", "", "0000-00-00", "2024-02-29", "٢٠٢٦-11-28", "2026-11-28 "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d finsdk.Date
		if d.UnmarshalText([]byte(text)) == nil && d.String() != text && !d.IsZero() {
			t.Errorf("%q is read as %s", text, d)
		}
	})
}
