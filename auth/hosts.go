package auth

import (
	"errors"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/internal/origin"
)

// newHostError makes the refusal of [origin.Rules] an *Error.
func newHostError(err error) *Error {
	e := &Error{Op: "authorize the request", Kind: ErrHostNotAllowed, Err: err}
	var r *origin.Refusal
	if errors.As(err, &r) {
		e.Hint = r.Hint
	}
	return e
}

// quotable returns s for an error's text. It leaves out a value that may contain a password or a
// key: one with an @ or a query.
func quotable(s string) string {
	if strings.ContainsAny(s, "@?#") || strings.Contains(s, "%40") {
		return "the host or URL given (not shown: it has an @, ? or # in it)"
	}
	return strconv.Quote(s)
}
