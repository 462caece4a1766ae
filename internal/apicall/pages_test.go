package apicall

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
)

type page struct {
	items []string
	next  string
	more  bool
	err   error
}

func TestPages(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		pages map[string]page
		want  []string
		err   error
	}{
		"one":                      {map[string]page{"": {items: []string{"a", "b"}}}, []string{"a", "b"}, nil},
		"several":                  {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {[]string{"b"}, "3", true, nil}, "3": {}}, []string{"a", "b"}, nil},
		"none":                     {map[string]page{"": {}}, nil, nil},
		"an empty one between":     {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {nil, "3", true, nil}, "3": {items: []string{"b"}}}, []string{"a", "b"}, nil},
		"an error":                 {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {err: refused}}, []string{"a"}, refused},
		"a page that repeats":      {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {[]string{"a"}, "3", true, nil}}, []string{"a"}, finsdk.ErrMalformedResponse},
		"empty pages without end":  {map[string]page{"": {nil, "2", true, nil}, "2": {nil, "3", true, nil}}, nil, finsdk.ErrMalformedResponse},
		"a cursor that comes back": {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {[]string{"b"}, "", true, nil}}, []string{"a"}, finsdk.ErrMalformedResponse},
	} {
		all := Pages(operation, "", func(at string) ([]string, string, bool, error) {
			p, ok := tt.pages[at]
			if !ok {
				t.Errorf("%s: page %q is asked for", name, at)
			}
			return p.items, p.next, p.more, p.err
		})
		for range 2 { // an iterator can be used again
			var got []string
			var err error
			for item, e := range all {
				if err != nil {
					t.Errorf("%s: goes on after %v", name, err)
				}
				if err = e; err == nil {
					got = append(got, item)
				}
			}
			if !slices.Equal(got, tt.want) || !errors.Is(err, tt.err) {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
	}
}

func TestPages_break(t *testing.T) {
	asked := 0
	for item := range Pages(operation, 1, func(at int) ([]string, int, bool, error) {
		asked++
		return []string{fmt.Sprint(at), "x"}, at + 1, true, nil
	}) {
		if item == "2" {
			break
		}
	}
	if asked != 2 {
		t.Errorf("%d pages were asked for, want 2", asked)
	}
}
