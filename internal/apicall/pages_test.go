package apicall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
		"empty ones at the start":  {map[string]page{"": {nil, "2", true, nil}, "2": {nil, "3", true, nil}, "3": {items: []string{"b"}}}, []string{"b"}, nil},
		"a cursor that comes back": {map[string]page{"": {[]string{"a"}, "2", true, nil}, "2": {[]string{"b"}, "", true, nil}}, []string{"a"}, finsdk.ErrMalformedResponse},
	} {
		all := Pages(t.Context(), operation, "", func(at string) ([]string, string, bool, error) {
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

// An API that says that there is always another page has no last one.
func TestPages_emptyWithoutEnd(t *testing.T) {
	for lead, want := range map[int]int{0: maxEmpty, 7: maxEmpty + 8} {
		asked := 0
		var failure error
		for _, err := range Pages(t.Context(), operation, 1, func(at int) (items []int, next int, more bool, err error) {
			if asked++; lead > 0 && at == lead+1 { // which starts the count anew
				items = []int{at}
			}
			return items, at + 1, true, nil
		}) {
			failure = err
		}
		if asked != want || !errors.Is(failure, finsdk.ErrMalformedResponse) || !strings.Contains(failure.Error(), "empty pages") {
			t.Errorf("%d pages were asked for, want %d: %v", asked, want, failure)
		}
	}
}

// A context that ends within a page ends the items, even if no request is left to send.
func TestPages_context(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	var failure error
	for item, err := range Pages(ctx, operation, "", func(string) ([]string, string, bool, error) { return []string{"a", "b", "c"}, "", false, nil }) {
		if failure = err; err == nil {
			got = append(got, item)
		}
		cancel()
	}
	var e *finsdk.APIError
	if len(got) != 1 || !errors.Is(failure, context.Canceled) || !errors.As(failure, &e) || e.Operation != operation.ID {
		t.Errorf("got %q, %v", got, failure)
	}
}

func TestPages_break(t *testing.T) {
	asked := 0
	for item := range Pages(t.Context(), operation, 1, func(at int) ([]string, int, bool, error) {
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
