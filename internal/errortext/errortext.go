// Package errortext gives errors another text, without secrets.
package errortext

import "errors"

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
