package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// answerSchema returns the schema of the token operation's success: the object with the access
// token, inside any envelope.
func (op *operation) answerSchema() (*schema, error) {
	r := op.Responses["200"]
	if r == nil || r.Content["application/json"].Schema == nil {
		return nil, fmt.Errorf("%s has no 200 answer of application/json", op.OperationID)
	}
	outer := r.Content["application/json"].Schema
	candidates := []*schema{outer}
	_, _, properties := outer.members()
	for _, inner := range properties {
		candidates = append(candidates, inner)
	}
	for _, s := range candidates {
		if _, _, properties := s.members(); properties["access_token"] != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: the answer has no access_token, nor has an object in it: tokens under other names or deeper are not supported", op.OperationID)
}

// A tokenField is one member of the answer as a field of Token.
type tokenField struct {
	Name, Type, Read, Comment string
}

// tokenWriter collects the Go code for an answer's members.
type tokenWriter struct {
	fields []tokenField
	types  strings.Builder // of nested objects
	named  map[string]bool
}

// writeToken adds the vendor's Token.
func (v *vendor) writeToken(files map[string][]byte) error {
	op, err := v.tokenOperation()
	if err != nil {
		return err
	}
	answer, err := op.answerSchema()
	if err != nil {
		return err
	}
	names, required, properties := answer.members()
	v.members = nil
	for _, name := range names {
		v.members = append(v.members, answerMember{Name: name, Kind: properties[name].kind(), Required: required[name]})
	}
	if properties["scope"] == nil && v.asksForScope() {
		// An answer without a scope has the scope of the request (RFC 6749 section 5.1).
		properties["scope"] = &schema{Type: "string", Description: "What was asked for, unless the vendor says that it granted something else."}
		v.impliedScope = true
		names = append(names, "scope")
		v.members = append(v.members, answerMember{Name: "scope", Kind: "string"})
	}
	goNames, err := uniqueNames(names)
	if err != nil {
		return fmt.Errorf("answer of %s: %w", op.OperationID, err)
	}
	w := &tokenWriter{named: make(map[string]bool)}
	for _, name := range names {
		f, err := w.field(name, goNames[name], properties[name])
		if err != nil {
			return fmt.Errorf("answer of %s: %w", op.OperationID, err)
		}
		if i := slices.IndexFunc(w.fields, func(other tokenField) bool { return other.Name == f.Name }); i >= 0 || f.Name == "Err" || f.Name == "Format" {
			return fmt.Errorf("answer of %s: member %q needs the name %s in Go, which is taken", op.OperationID, name, f.Name)
		}
		w.fields = append(w.fields, f)
	}

	var out strings.Builder
	fmt.Fprintf(&out, `%s
package %s

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"%[3]s/auth"
	"%[3]s/internal/tokenendpoint"
	"%[3]s/internal/vendorconfig"
)

// Token is a successful answer of the token endpoint. An absent member is zero.
type Token struct {
`, v.notice(""), v.name, module)
	for _, f := range w.fields {
		out.WriteString(f.Comment)
		fmt.Fprintf(&out, "%s %s\n", f.Name, f.Type)
	}
	out.WriteString(`
	err error
}

// TokenOf returns the answer that t came from. The token t must come from this package's Grant or
// token source, perhaps by way of a store.
func TokenOf(t *oauth2.Token) Token {
	r := tokenendpoint.Read(vendor, help, t)
	token := Token{
`)
	for _, f := range w.fields {
		fmt.Fprintf(&out, "%s: %s,\n", f.Name, f.Read)
	}
	out.WriteString(`}
	token.err = r.Err()
	return token
}

// Err returns nil, or one [*auth.Error] of kind auth.ErrMalformedResponse that names the members
// whose kind differs from the vendor's document. They are zero in t. The token itself is valid.
func (t Token) Err() error { return t.err }

// Format prints the fields, without their secrets, for every verb.
func (t Token) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "` + v.name + `.Token"`)
	for _, f := range w.fields {
		fmt.Fprintf(&out, ", %q, t.%s", f.Name, f.Name)
	}
	out.WriteString(")\n}\n\n" + w.types.String())
	out.WriteString("// members are the members of a successful answer in the document.\nvar members = []tokenendpoint.Member{\n")
	for _, m := range v.members {
		fmt.Fprintf(&out, "{Name: %q, Kind: %q", m.Name, m.Kind)
		if m.Required {
			out.WriteString(", Required: true")
		}
		out.WriteString("},\n")
	}
	out.WriteString("}\n")
	files[path.Join(v.dir(), "token.gen.go")], err = tidy(out.String())
	return err
}

type answerMember struct {
	Name, Kind string
	Required   bool
}

// asksForScope reports whether a request has a scope.
func (v *vendor) asksForScope() bool {
	return slices.ContainsFunc(v.tokenRequests, func(r request) bool {
		return slices.ContainsFunc(r.Members, func(m member) bool { return m.Name == "scope" })
	})
}

// field returns the field of Token for a member of the answer.
func (w *tokenWriter) field(name, goName string, s *schema) (tokenField, error) {
	f := tokenField{Name: goName, Comment: fieldComment(s)}
	read := func(method string) { f.Read = fmt.Sprintf("r.%s(%q)", method, name) }
	switch name {
	case "access_token":
		f.Type, f.Read = "auth.Secret", "r.Access()"
		return f, nil
	case "refresh_token":
		f.Type, f.Read = "auth.Secret", "r.Refresh()"
		return f, nil
	case "expires_in":
		return tokenField{Name: "Expiry", Type: "time.Time", Read: "r.Expiry()",
			Comment: "// Expiry is when the access token expires, counted from when the request was sent.\n"}, nil
	case "refresh_expires_in":
		return tokenField{Name: "RefreshExpiry", Type: "time.Time", Read: "r.RefreshExpiry()",
			Comment: wrapComment("RefreshExpiry is when the refresh token ends, counted likewise; zero where the vendor did not say or there is none.")}, nil
	case "scope":
		f.Type = "[]string"
		read("Words")
		return f, nil
	}
	typ, err := w.goType(goName, name, s)
	if err != nil {
		return f, err
	}
	f.Type = typ
	switch typ {
	case "string":
		read("Text")
	case "auth.Secret":
		read("Secret")
	case "bool":
		read("Bool")
	case "int64":
		read("Integer")
	case "float64":
		read("Number")
	case "time.Time":
		read("Time")
	default:
		f.Read = fmt.Sprintf("tokenendpoint.Into[%s](r, %q)", typ, name)
	}
	return f, nil
}

// goType returns the Go type of a member. owner is the prefix of type names for nested objects.
func (w *tokenWriter) goType(owner, name string, s *schema) (string, error) {
	switch s.kind() {
	case "string":
		switch {
		case name == "token" || strings.HasSuffix(name, "_token") || strings.HasSuffix(name, "_secret"):
			return "auth.Secret", nil
		case s.Format == "date-time":
			return "time.Time", nil
		case isFlag(s):
			return "bool", nil
		}
		return "string", nil
	case "boolean":
		return "bool", nil
	case "integer":
		return "int64", nil
	case "number":
		return "float64", nil
	case "array":
		if s.Items == nil {
			return "[]any", nil
		}
		item, err := w.goType(owner, strings.TrimSuffix(name, "s"), s.Items)
		return "[]" + item, err
	case "object":
		return w.object("Token"+owner, s)
	}
	return "any", nil
}

// isFlag reports whether a member is a boolean sent as a string.
func isFlag(s *schema) bool {
	if len(s.Enum) == 0 || len(s.Enum) > 2 {
		return false
	}
	for _, value := range s.Enum {
		if value != "true" && value != "false" {
			return false
		}
	}
	return true
}

// object writes a struct for an object, and returns its name.
func (w *tokenWriter) object(typeName string, s *schema) (string, error) {
	names, _, properties := s.members()
	if len(names) == 0 {
		return "map[string]any", nil
	}
	if w.named[typeName] {
		return "", fmt.Errorf("two objects would have the name %s in Go", typeName)
	}
	w.named[typeName] = true
	goNames, err := uniqueNames(names)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%stype %s struct {\n", typeComment(typeName, s), typeName)
	for _, name := range names {
		typ, err := w.goType(strings.TrimPrefix(typeName, "Token")+goNames[name], name, properties[name])
		if err != nil {
			return "", err
		}
		if typ == "bool" && properties[name].kind() == "string" {
			typ = "tokenendpoint.Flag"
		}
		fmt.Fprintf(&out, "%s%s %s `json:%q`\n", fieldComment(properties[name]), goNames[name], typ, name)
	}
	out.WriteString("}\n\n")
	w.types.WriteString(out.String())
	return typeName, nil
}

// typeComment says what a nested object is.
func typeComment(name string, s *schema) string {
	return wrapComment(name + " is an object in a token endpoint's answer. " + s.Description)
}

// fieldComment is a schema's description.
func fieldComment(s *schema) string {
	if strings.TrimSpace(s.Description) == "" {
		return ""
	}
	return wrapComment(s.Description)
}
