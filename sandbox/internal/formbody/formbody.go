// Package formbody reads the form in a request's body as Keycloak does.
package formbody

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxMembers is how many members Keycloak reads.
const maxMembers = 1000

// maxValue is how many bytes a name or a value may have, with its escapes.
const maxValue = 128 << 10

// Errors of [Read].
var (
	ErrUnreadable = errors.New("the form cannot be read")
	ErrTooLong    = errors.New("a value of the form is too long")
)

// Read reads a form if the lower-case Content-Type in header, or its beginning, says that body is
// one. Any other type gives an empty form. Without a media type, ok is false.
func Read(header http.Header, body []byte) (form url.Values, ok bool, err error) {
	contentType := header.Get("Content-Type")
	switch name := MediaType(header); {
	case strings.HasPrefix(name, Type):
		if _, parameters, _ := strings.Cut(contentType, ";"); strings.HasSuffix(strings.TrimSpace(parameters), "charset=") {
			return nil, true, ErrUnreadable
		}
		form, err = parse(string(body))
	case name == "multipart/form-data":
		if _, params, _ := mime.ParseMediaType(contentType); params["boundary"] != "" {
			form, err = parseMultipart(body, params["boundary"])
		}
	case name != "" && !strings.Contains(name, "/"):
		return nil, false, nil
	}
	return form, true, err
}

// MediaType is the Content-Type without its parameters.
func MediaType(header http.Header) string {
	name, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.TrimSpace(name)
}

// Type is a form's media type.
const Type = "application/x-www-form-urlencoded"

// parse differs from url.ParseQuery in that a semicolon is a character like any other, and that one
// pair which cannot be decoded spoils all.
func parse(body string) (url.Values, error) {
	form := url.Values{}
	if body == "" {
		return form, nil
	}
	pairs := strings.Split(body, "&")
	if len(pairs) > maxMembers {
		return nil, ErrUnreadable
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if len(name) > maxValue || len(value) > maxValue {
			return nil, ErrTooLong
		}
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, ErrUnreadable
		}
		// Clone the value, so that it does not keep the whole body in memory. The empty name of
		// "&&" counts where names must not appear twice.
		form.Add(strings.Clone(name), strings.Clone(value))
	}
	return form, nil
}

func parseMultipart(body []byte, boundary string) (url.Values, error) {
	if !bytes.Contains(body, []byte("--"+boundary)) {
		return nil, ErrUnreadable
	}
	form := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxMembers {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, ErrUnreadable
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, ErrUnreadable
		}
		if len(value) > maxValue {
			return nil, ErrTooLong
		}
		form.Add(part.FormName(), string(value))
	}
	return nil, ErrUnreadable
}
