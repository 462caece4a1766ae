// Package answer makes the sandbox's responses and sends them.
package answer

import (
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// An Answer is a response before a fault may change it.
type Answer struct {
	Status  int
	Header  http.Header
	Members jsondoc.Object // the body, or nil if it is text
	text    []byte
}

// JSON returns an answer whose body has these members.
func JSON(status int, members jsondoc.Object) Answer {
	return Answer{Status: status, Members: members, Header: http.Header{"Content-Type": {"application/json"}}}
}

// Text returns an answer with any body.
func Text(status int, contentType, text string) Answer {
	a := Answer{Status: status, text: []byte(text), Header: http.Header{}}
	if contentType != "" {
		a.Header.Set("Content-Type", contentType)
	}
	return a
}

// Value returns an answer whose body is the JSON of a value.
func Value(status int, value any) Answer {
	text, err := jsondoc.Encode(value)
	if err != nil {
		panic(err)
	}
	return Text(status, "application/json", string(text))
}

// OAuthError returns an error response (RFC 6749 section 5.2). It leaves out an empty description.
func OAuthError(status int, code, description string) Answer {
	members := jsondoc.Object{{"error", code}}
	if description != "" {
		members.Set("error_description", description)
	}
	return JSON(status, members)
}

// Unstored forbids caches to keep the answer (RFC 6749 section 5.1).
func (a Answer) Unstored() Answer {
	a.Header.Set("Cache-Control", "no-store")
	a.Header.Set("Pragma", "no-cache")
	return a
}

// With sets a header.
func (a Answer) With(name, value string) Answer {
	a.Header.Set(name, value)
	return a
}

// OK reports whether the status is one of success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Body returns the bytes that go out.
func (a Answer) Body() []byte {
	if a.Members == nil {
		return a.text
	}
	data, err := a.Members.MarshalJSON()
	if err != nil {
		panic(err) // every value put into an object can be encoded
	}
	return data
}

// Rewrite replaces the body.
func (a *Answer) Rewrite(text string) { a.Members, a.text = nil, []byte(text) }
