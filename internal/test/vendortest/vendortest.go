// Package vendortest tests the package of a vendor, in the manner of testing/fstest: Test checks
// everything that every vendor's package promises. It compares requests and answers with the
// vendor's OpenAPI document, so no test repeats a host, a member or a constant.
package vendortest

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// Config is the interface of every vendor's Config.
type Config interface {
	fmt.Formatter
	Validate() error
	APIBaseURL() string
}

// Token is the interface of every vendor's *Token.
type Token interface{ Err() error }

// Vendor is a vendor's package, and what the document does not say about it. C is the package's
// Config, G its *Grant and T its *Token.
type Vendor[C Config, G auth.Grant, T Token] struct {
	Name           string // the name of the package, of the document and of the vendor in errors
	NewGrant       func(C) (G, error)
	NewTokenSource func(C, ...auth.Option) (*auth.TokenSource, error)
	ConfigFromEnv  func() (C, error)

	// Ask gets a first token: (*Grant).ClientCredentials, say.
	Ask func(G, context.Context) (T, error)
	// Refresh gets a token for a refresh token. Optional.
	Refresh func(G, context.Context, auth.Secret) (T, error)

	Required C // required fields that are not members of the documented request
	Optional C // a value for every optional field but the URLs
	Odd      C // values with punctuation, which must arrive unchanged

	Refused  []Refused[C]
	Failures []Failure[C]
	Hosts    []Host[C]
	Answers  []string // more answers for FuzzResponse to start from
}

// Refused is a Config with problems, which starts as a valid one.
type Refused[C any] struct {
	Name   string
	Change func(*C)
	Fields []string // those with a problem
}

// Failure is an answer that must become an error of this kind with a hint that contains this text.
type Failure[C any] struct {
	Name   string
	Answer http.HandlerFunc
	Kind   error
	Hint   string
	Change func(*C) // makes it another Config than the documented one. Optional
}

// Host is a request that gets the token, or is refused with an error that has the text Refused.
type Host[C any] struct {
	URL     string
	Refused string
	Change  func(*C) // makes it another Config than the documented one. Optional
}

// Test checks everything that every vendor's package promises.
func Test[C Config, G auth.Grant, T Token](t *testing.T, v Vendor[C, G, T]) {
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{
		{"Config/each field with a problem is named", v.testFields},
		{"Config/base URLs", v.testBaseURLs},
		{"Config/path segment", v.testSegments},
		{"Config/environment", v.testEnvironment},
		{"request/is the documented one", v.testRequest},
		{"request/base path is kept", v.testBasePath},
		{"request/values arrive unchanged", v.testValues},
		{"request/one Grant serves many goroutines", v.testConcurrency},
		{"answer/documented token is understood", v.testAnswer},
		{"answer/documented failures are understood", v.testDocumentedFailures},
		{"answer/failures say what to do", v.testFailures},
		{"errors lead to one page", v.testHelp},
		{"token goes to the API only", v.testHosts},
		{"token goes to the API only/where it shares its host", v.testSharedHost},
		{"secrets/are not printed", v.testPrinting},
		{"secrets/are not echoed", v.testEchoes},
		{"secrets/hide no word of the Config", v.testOwnWords},
		{"secrets/stay out of what encoders write", v.testEncoders},
	} {
		t.Run(part.name, part.test)
	}
}

// Documented returns the Config that leads to the documented request, or to the same request to
// another authorization server.
func (v Vendor[C, G, T]) Documented(t testing.TB, authURL string) C {
	t.Helper()
	c := v.Required
	request := readDocument(t, v.Name).request(t, false)
	for _, f := range v.fields() {
		if value, ok := request.given[f.member]; ok {
			f.set(&c, fmt.Sprint(value))
		}
	}
	v.field("AuthURL").set(&c, authURL)
	return c
}

// Grant returns a Grant of a valid Config.
func (v Vendor[C, G, T]) Grant(t testing.TB, c C) G {
	t.Helper()
	g, err := v.NewGrant(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// source returns a token source of a valid Config.
func (v Vendor[C, G, T]) source(t testing.TB, c C, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	s, err := v.NewTokenSource(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// field is a field of a Config that a person sets: a text or a secret.
type field struct {
	name   string
	env    string // its environment variable
	member string // the member, parameter or header field of a request that it becomes
	secret bool
	preset bool // it has a default
	tagged bool // it is required
}

var (
	secretType = reflect.TypeFor[auth.Secret]()
	initials   = strings.NewReplacer("API", "Api", "URL", "Url", "ID", "Id")
	named      = regexp.MustCompile(`name=([^,]*)`)
	inner      = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// fields lists the fields in the order in which the Config declares them.
func (v Vendor[C, G, T]) fields() []field {
	var all []field
	typ := reflect.TypeFor[C]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Type == secretType || f.Type.Kind() == reflect.String {
			snake := strings.ToLower(inner.ReplaceAllString(initials.Replace(f.Name), "${1}_$2"))
			member := snake
			if m := named.FindStringSubmatch(f.Tag.Get("finsdk")); m != nil {
				member = memberOf(m[1])
			}
			tag := f.Tag.Get("finsdk")
			all = append(all, field{f.Name, strings.ToUpper(v.Name + "_" + snake), member, f.Type == secretType, strings.Contains(tag, "default"), strings.Contains(tag, "required") || strings.Contains(tag, "segment")})
		}
	}
	return all
}

func (v Vendor[C, G, T]) field(name string) field {
	for _, f := range v.fields() {
		if f.name == name {
			return f
		}
	}
	panic("the Config has no field " + name)
}

// segment returns the field that becomes a segment of the token endpoint's path, if there is one.
func (v Vendor[C, G, T]) segment(t testing.TB) (f field, ok bool) {
	for _, p := range readDocument(t, v.Name).Parameters {
		for _, f := range v.fields() {
			if p.In == "path" && f.member == memberOf(p.Name) {
				return f, true
			}
		}
	}
	return field{}, false
}

// path returns the path of the token endpoint with this segment.
func (v Vendor[C, G, T]) path(t testing.TB, segment string) string {
	return readDocument(t, v.Name).path(func(string) string { return segment })
}

// secret returns the only field that holds a secret.
func (v Vendor[C, G, T]) secret() field {
	for _, f := range v.fields() {
		if f.secret {
			return f
		}
	}
	panic("the Config has no secret")
}

// set sets the field of the Config that c points at.
func (f field) set(c any, value string) {
	to := reflect.ValueOf(c).Elem().FieldByName(f.name)
	if f.secret {
		to.Set(reflect.ValueOf(auth.NewSecret(value)))
		return
	}
	to.SetString(value)
}

// of returns the field's value in a Config.
func (f field) of(c any) string {
	from := reflect.ValueOf(c).FieldByName(f.name)
	if f.secret {
		return from.Interface().(auth.Secret).Reveal()
	}
	return from.String()
}

// label returns the field as WantFields writes it.
func (f field) label() string { return f.name + " " + f.env }

// fromSource replaces the secret in the Config that c points at by a SecretSource.
func (v Vendor[C, G, T]) fromSource(c *C, secret string) {
	v.secret().set(c, "")
	reflect.ValueOf(c).Elem().FieldByName("SecretSource").Set(reflect.ValueOf(auth.StaticSecret(auth.NewSecret(secret))))
}

// sourceOf returns a Config's SecretSource.
func sourceOf(c any) auth.SecretSource {
	return reflect.ValueOf(c).FieldByName("SecretSource").Interface().(auth.SecretSource)
}
