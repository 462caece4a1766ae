package apicall

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"reflect"

	finsdk "github.com/finsdk/finsdk-go"
)

// maxEmpty is the number of empty pages in a row that are read.
const maxEmpty = 100

// Pages returns the items of all pages, from the page at first on. It asks fetch for one page after
// the other, and ends after the last one, or with an error: that of fetch, that of ctx once it is
// done, or one that says that the API repeats a page or sends nothing but empty ones.
//
// An empty page is not the last one, since an API may filter the items of a page after it has cut
// them into pages.
func Pages[T any, At comparable](ctx context.Context, op *Operation, first At, fetch func(At) (items []T, next At, more bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var before []T
		at, seen, empty := first, map[At]bool{}, 0
		for {
			items, next, more, err := fetch(at)
			if empty++; len(items) > 0 {
				empty = 0
			}
			switch {
			case err != nil:
			case len(items) > 0 && reflect.DeepEqual(items, before), more && seen[next]:
				err = op.endless("the API repeats a page")
			case more && empty >= maxEmpty:
				err = op.endless("the API sends empty pages without end")
			}
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if err := ctx.Err(); err != nil {
					yield(zero, op.Unsent(err))
					return
				}
				if !yield(item, nil) {
					return
				}
			}
			if !more {
				return
			}
			seen[at] = true
			before, at = items, next
		}
	}
}

// endless returns the error of pages that do not end.
func (op *Operation) endless(text string) error {
	return &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID, StatusCode: http.StatusOK, Err: errors.New(text)}
}
