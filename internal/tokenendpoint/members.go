package tokenendpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Members are the members of a JSON object by their exact names. Decoding into a struct would match
// names in any case.
type Members map[string]json.RawMessage

var utf8BOM = []byte("\xef\xbb\xbf")

var (
	errNoObject = errors.New("the body is not a JSON object")
	errTwice    = errors.New("the body has a member twice, with different values")
)

// ParseMembers reads a JSON object. It allows white space and a byte order mark around the object,
// but nothing else, and no name twice with different values. The members are parts of body.
func ParseMembers(body []byte) (Members, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM))
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return nil, errNoObject
	}
	m := Members{}
	for rest := body[1:]; ; rest = rest[1:] { // past the brace or comma
		end := valueEnd(rest)
		name, ok := text(bytes.TrimSpace(rest[:end]))
		if !ok {
			return m, nil // an empty object
		}
		rest = rest[end+1:] // past the colon
		end = valueEnd(rest)
		value := bytes.TrimSpace(rest[:end])
		if earlier, twice := m[name]; twice && !bytes.Equal(earlier, value) {
			// Parsers disagree on which of the two counts.
			return nil, errTwice
		}
		m[name] = value
		if rest = rest[end:]; rest[0] == '}' {
			return m, nil
		}
	}
}

// valueEnd returns where the value at the start of s, which is valid JSON, ends: at the next colon,
// comma or bracket outside of it.
func valueEnd(s []byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ':', ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// usual are strings in nearly every answer. Answers share them to save memory.
var usual = map[string]string{
	"access_token":       "access_token",
	"refresh_token":      "refresh_token",
	"expires_in":         "expires_in",
	"refresh_expires_in": "refresh_expires_in",
	"token_type":         "token_type",
	"scope":              "scope",
	"Bearer":             "Bearer",
}

// text decodes a JSON string as encoding/json does.
func text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	plain := raw[1 : len(raw)-1]
	if s, ok := usual[string(plain)]; ok {
		return s, true
	}
	if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// Has reports whether the member is present and not null.
func (m Members) Has(name string) bool {
	v, ok := m[name]
	return ok && string(v) != "null"
}

// Text returns the value of a string member.
func (m Members) Text(name string) (string, bool) {
	return text(m[name])
}

// Object returns the members of an object member.
func (m Members) Object(name string) (Members, bool) {
	inner, err := ParseMembers(m[name])
	return inner, err == nil
}

// Inner is Object with an error, which names the member.
func (m Members) Inner(name string) (Members, error) {
	inner, err := ParseMembers(m[name])
	switch err {
	case nil:
		return inner, nil
	case errTwice:
		return nil, fmt.Errorf("%s has a member twice, with different values", name)
	}
	return nil, fmt.Errorf("%s is not an object", name)
}

// mostNested is the most bytes that are kept of an object or array where the document has another
// type. Decoded, nested arrays take twenty times as much memory, for as long as the token lives.
const mostNested = 4 << 10

// values decodes the members that a document has, as encoding/json does for any. It leaves out the
// access token and the refresh token: nobody expects them among the extras.
func (m Members) values(documented []Member) map[string]any {
	values := make(map[string]any, len(documented))
	for _, d := range documented {
		if d.Name == "access_token" || d.Name == "refresh_token" || !m.Has(d.Name) {
			continue
		}
		raw := m[d.Name]
		if kind := jsonKind(raw); len(raw) > mostNested && (kind == "array" || kind == "object") && d.Kind != kind && d.Kind != "" {
			raw = json.RawMessage("[]")
		}
		if s, ok := text(raw); ok {
			values[d.Name] = s
			continue
		}
		if n, err := strconv.ParseFloat(string(raw), 64); err == nil && jsonKind(raw) == "integer" {
			values[d.Name] = n
			continue
		}
		var v any
		if json.Unmarshal(raw, &v) == nil {
			values[d.Name] = v
		}
	}
	return values
}

// Words splits a scope: a string of tokens separated by spaces (RFC 6749 section 3.3) or, as some
// servers send it, an array of them.
func Words(scope any) []string {
	switch s := scope.(type) {
	case string:
		return strings.Fields(s)
	case []any:
		var words []string
		for _, v := range s {
			if w, ok := v.(string); ok {
				words = append(words, w)
			}
		}
		return words
	}
	return nil
}
