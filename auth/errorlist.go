package auth

import "strings"

// An ErrorList is several errors that read as one line, which errors.Join's do not. errors.Is and errors.As look at each.
type ErrorList []error

// Error joins the texts with semicolons.
func (f ErrorList) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors.
func (f ErrorList) Unwrap() []error { return f }
