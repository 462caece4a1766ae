// Package errortext gives errors another text: one line for several, or one without secrets.
package errortext

import (
	"errors"
	"strings"
)

// A List holds several errors and prints them on one line, unlike errors.Join. errors.Is and
// errors.As look at each of them.
type List []error

// Error joins the texts with semicolons.
func (l List) Error() string {
	texts := make([]string, len(l))
	for i, err := range l {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors.
func (l List) Unwrap() []error { return l }

// Retell returns err or, if retell changes its text, an error with the new text. errors.Is finds
// the same errors in it; errors.As does not, since what it returns could print the old text.
func Retell(err error, retell func(string) string) error {
	if err == nil || retell(err.Error()) == err.Error() {
		return err
	}
	return &retold{retell(err.Error()), func(target error) bool { return errors.Is(err, target) }}
}

// retold holds the error in a function, so that code that prints values cannot find it.
type retold struct {
	text string
	is   func(target error) bool
}

func (e *retold) Error() string        { return e.text }
func (e *retold) Is(target error) bool { return e.is(target) }
