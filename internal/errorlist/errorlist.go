// Package errorlist joins errors into one line.
package errorlist

import "strings"

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
