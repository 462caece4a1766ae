package vendorconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/origin"
)

// Field is one field of a Config, and its environment variable.
type Field struct{ Name, Env string }

// Checks collects all problems of one Config, so that a person can fix them in one go. No problem
// quotes a value, since a secret may be in the wrong field.
type Checks struct {
	Vendor   string
	Help     string  // of the error, see auth.Error
	Fields   []Field // in the order of their problems in the error
	problems []error
}

// Fail records a problem of f.
func (c *Checks) Fail(f Field, problem string, args ...any) {
	c.problems = append(c.problems, &auth.FieldError{Field: f.Name, Env: f.Env, Problem: fmt.Sprintf(problem, args...)})
}

// Err returns nil if there is no problem. Otherwise it returns one *auth.Error that wraps an
// auth.FieldError for each problem.
func (c *Checks) Err(op string) error {
	if len(c.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(c.problems, func(a, b error) int { return c.place(a) - c.place(b) })
	return &auth.Error{
		Vendor: c.Vendor,
		Help:   c.Help,
		Op:     op,
		Kind:   auth.ErrInvalidConfig,
		Err:    errors.Join(c.problems...),
		Hint:   "set the fields named here, or their environment variables",
	}
}

// place returns the position of a problem's field among the fields.
func (c *Checks) place(problem error) int {
	field, ok := problem.(*auth.FieldError)
	return slices.IndexFunc(c.Fields, func(f Field) bool { return ok && f.Name == field.Field })
}

// Text checks a required field that is not a secret, and reports whether it is valid.
func (c *Checks) Text(f Field, value string) bool {
	switch {
	case strings.TrimSpace(value) == "":
		c.Fail(f, "is missing")
	case !utf8.ValidString(value):
		c.Fail(f, "is not valid UTF-8")
	case strings.ContainsFunc(value, unicode.IsControl):
		c.Fail(f, "has a control character in it")
	case strings.ContainsFunc(value, isInvisible):
		c.Fail(f, "has an invisible character in it, such as a byte order mark: type it anew instead of copying it")
	case strings.TrimSpace(value) != value:
		c.Fail(f, "has white space around it")
	default:
		return true
	}
	return false
}

// isInvisible reports whether r is invisible on a screen, so that nobody notices it in a copied id.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// Or returns value, or fallback if value is blank.
func Or(value, fallback string) string {
	if strings.TrimSpace(value) == "" {
		return fallback
	}
	return value
}

// Secret checks a required secret, given as a value or by a source, and returns a source for it. A
// secret may contain any character.
func (c *Checks) Secret(f Field, value auth.Secret, source auth.SecretSource) auth.SecretSource {
	blank := strings.TrimSpace(value.Reveal()) == ""
	switch {
	case source != nil && !value.IsZero():
		c.Fail(f, "and SecretSource are both set: set one of them")
	case source == nil && blank:
		c.Fail(f, "is missing: set it, %s_FILE or SecretSource", f.Env)
	case IsRedacted(value):
		c.Fail(f, "%s", Redacted)
	case source == nil:
		return auth.StaticSecret(value)
	}
	return source
}

// Redacted is the problem of a secret for which [IsRedacted] is true.
const Redacted = `is "[redacted]", which an encoder writes in place of a secret: set the secret itself`

// IsRedacted reports whether s is the printed form of a Secret.
func IsRedacted(s auth.Secret) bool { return strings.TrimSpace(s.Reveal()) == s.String() }

// NotUTF8 is the problem of a secret that JSON would change.
const NotUTF8 = "is not valid UTF-8, which JSON cannot carry"

// UTF8 checks a secret that is sent in JSON.
func (c *Checks) UTF8(f Field, value auth.Secret) {
	if !utf8.ValidString(value.Reveal()) {
		c.Fail(f, NotUTF8)
	}
}

// Failed reports whether f has a problem.
func (c *Checks) Failed(f Field) bool {
	for _, problem := range c.problems {
		if field, ok := problem.(*auth.FieldError); ok && field.Field == f.Name {
			return true
		}
	}
	return false
}

// maxSegment is the longest path segment that the documents under specs allow for a realm.
const maxSegment = 128

// Segment checks a required field that becomes one segment of the token endpoint's path. It
// enforces the pattern of the documents under specs, so that no value leads elsewhere.
func (c *Checks) Segment(f Field, value string) bool {
	if !c.Text(f, value) {
		return false
	}
	if !IsSegment(value) {
		c.Fail(f, "must start with a letter or digit and hold nothing but letters, digits, '.', '_' and '-', at most %d of them", maxSegment)
		return false
	}
	return true
}

// IsSegment reports whether s can be one segment of a path without escapes.
func IsSegment(s string) bool {
	if s == "" || len(s) > maxSegment || s[0] == '.' || s[0] == '_' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return true
}

// Base checks and parses a base URL. If raw is empty, it uses fallback. If that is empty too, the
// URL is optional and stays zero.
func (c *Checks) Base(f Field, raw, fallback string) origin.Base {
	if strings.TrimSpace(raw) == "" {
		raw = fallback
	}
	if raw == "" {
		return origin.Base{}
	}
	base, err := origin.ParseBase(raw)
	if err != nil {
		c.Fail(f, "%s", err)
	}
	return base
}

// AuthBase checks and parses the base URL of an authorization server. People often give the URL of
// the token endpoint instead, which ends with path.
func (c *Checks) AuthBase(f Field, raw, fallback, path string) origin.Base {
	base := c.Base(f, raw, fallback)
	if strings.HasSuffix(base.String(), path+"/") {
		c.Fail(f, "is the token endpoint itself: give its base, without that path")
		return origin.Base{}
	}
	return base
}
