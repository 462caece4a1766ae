package apiparam

import (
	"strings"
	"testing"
	"time"

	"github.com/oapi-codegen/runtime"

	finsdk "github.com/finsdk/finsdk-go"
)

type code string

// Parameters are written as oapi-codegen's own package does.
func TestStyle(t *testing.T) {
	places := map[Place]runtime.ParamLocation{Path: runtime.ParamLocationPath, Query: runtime.ParamLocationQuery, Header: runtime.ParamLocationHeader}
	for _, value := range []any{
		"plain", "a b/c?d=e&f+g%h", "ü", code("x"), new("pointer"), 7, int64(305697289_0001), uint8(3), true, 0.1, float32(0.1), 1e21,
		finsdk.NewDate(2026, 11, 28), new(finsdk.NewDate(2026, 11, 28)), time.Date(2026, 11, 28, 1, 2, 3, 4000000, time.UTC),
		[]string{"a", "b,c"}, []code{"a"}, []int{1, 2}, []finsdk.Date{finsdk.NewDate(2026, 1, 2)},
	} {
		for place, location := range places {
			for _, style := range []string{"simple", "form"} {
				for _, explode := range []bool{false, true} {
					got, err := Style(place, style, explode, "a[]", value)
					if place != Query && style == "form" {
						continue // no document has it
					}
					want, wantErr := runtime.StyleParamWithOptions(style, explode, "a[]", value, runtime.StyleParamOptions{ParamLocation: location})
					if got != want || err != nil || wantErr != nil {
						t.Errorf("%v in place %d, %s, explode %t: %q, %v, want %q", value, place, style, explode, got, err, want)
					}
				}
			}
		}
	}
}

func TestStyle_refused(t *testing.T) {
	for _, value := range []any{"", ".", "..", struct{ A string }{"x"}, map[string]string{}, (*string)(nil), nil, [][]string{{"a", "b"}}} {
		if got, err := Style(Path, "simple", false, "id", value); err == nil {
			t.Errorf("%v is written as %q", value, got)
		}
	}
	for _, value := range []any{"a\nb", "a\r\nHost: b", "\x00", "\x7f", []string{"a", "\n"}} {
		if got, err := Style(Header, "simple", false, "id", value); err == nil || !strings.Contains(err.Error(), "parameter id has a control character") {
			t.Errorf("%q is written as %q, %v", value, got, err)
		}
	}
	if got, err := Style(Query, "deepObject", true, "id", "x"); err == nil {
		t.Errorf("written as %q", got)
	}
}
