package apicall

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"reflect"

	finsdk "github.com/finsdk/finsdk-go"
)

// Pages returns the items of all pages, from the page at first on. It asks fetch for one page after
// the other, and ends after the last one, or with an error: that of fetch, that of ctx once it is
// done, or one that says that the API repeats a page.
func Pages[T any, At comparable](ctx context.Context, op *Operation, first At, fetch func(At) (items []T, next At, more bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var before []T
		at, seen := first, map[At]bool{}
		for {
			items, next, more, err := fetch(at)
			if err == nil && (len(seen) > 0 && len(items) == len(before) && reflect.DeepEqual(items, before) || more && seen[next]) {
				err = &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID, StatusCode: http.StatusOK, Err: errors.New("the API repeats a page")}
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
