package auth

// A FieldError says what is wrong with one field of a vendor's Config. An [ErrInvalidConfig] that is about fields
// wraps one for each: errors.As finds the first, [FieldErrors] all of them.
type FieldError struct {
	Field   string // as the Config has it: "ClientSecret"
	Env     string // the environment variable that ConfigFromEnv reads it from: such as VENDOR_CLIENT_SECRET
	Problem string // "is missing" and the like; never the field's value
}

// Error names the field, its environment variable, and the problem.
func (e *FieldError) Error() string {
	if e.Env == "" {
		return e.Field + " " + e.Problem
	}
	return e.Field + " (" + e.Env + ") " + e.Problem
}

// FieldErrors returns every FieldError that err is or wraps, in the order in which they were found: what ConfigFromEnv
// could not read comes before what Validate finds in the rest.
func FieldErrors(err error) []*FieldError {
	if f, ok := err.(*FieldError); ok {
		return []*FieldError{f}
	}
	var found []*FieldError
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		found = FieldErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			found = append(found, FieldErrors(inner)...)
		}
	}
	return found
}
