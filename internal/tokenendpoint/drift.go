package tokenendpoint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/internal/redact"
)

// maxDrift is the most differences reported for one answer.
const maxDrift = 16

// drift lists how a successful answer differs from the vendor's document: unknown members, missing
// required members, and members of another kind. The list has names, never values.
func (x *Exchange) drift(m Members) (differences []string) {
	if x.Members == nil {
		return nil
	}
	var unknown []string
	for name := range m {
		if !slices.ContainsFunc(x.Members, func(d Member) bool { return d.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	var hide *redact.Redactor
	if len(unknown) > 0 {
		hide = x.redactor()
	}
	for _, name := range unknown[:min(len(unknown), maxDrift)] {
		if !isMemberName(name) || hide.Text(name) != name {
			name = "with an unusual name"
		}
		differences = append(differences, "unknown member "+name)
	}
	for _, d := range x.Members {
		kind := jsonKind(m[d.Name])
		switch {
		case !m.Has(d.Name) && d.Required:
			differences = append(differences, "missing member "+d.Name)
		case m.Has(d.Name) && d.Kind != "" && kind != d.Kind && !(kind == "integer" && d.Kind == "number"):
			differences = append(differences, fmt.Sprintf("member %s is of type %s, documented as %s", d.Name, kind, d.Kind))
		}
	}
	slices.Sort(differences)
	differences = slices.Compact(differences)
	return differences[:min(len(differences), maxDrift)]
}

// isMemberName reports whether s looks like a member's name and not like a value.
func isMemberName(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_-.:") == ""
}

// jsonKind returns the JSON Schema type of a value.
func jsonKind(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if bytes.ContainsAny(raw, ".eE") {
		return "number"
	}
	return "integer"
}
