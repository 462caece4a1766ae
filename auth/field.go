package auth

// A FieldError describes the problem with one field of a vendor's Config. An [ErrInvalidConfig]
// about fields wraps one FieldError for each: errors.As finds the first, [FieldErrors] all of them.
type FieldError struct {
	Field   string // the name of the Config's field, such as "ClientSecret"
	Env     string // its environment variable, such as VENDOR_CLIENT_SECRET
	Problem string // such as "is missing"; never the field's value
}

// Error names the field, its environment variable, and the problem.
func (e *FieldError) Error() string {
	if e.Env == "" {
		return e.Field + " " + e.Problem
	}
	return e.Field + " (" + e.Env + ") " + e.Problem
}

// FieldErrors returns every FieldError that err is or wraps, in the order in which they were found:
// first those of ConfigFromEnv, then those of Validate.
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
