package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// nullable are the optional members of an object that may be null.
func (s *schema) nullable() (found []string) {
	names, required, properties := s.members()
	for _, name := range names {
		property := properties[name]
		variant := slices.ContainsFunc(property.OneOf, func(one *schema) bool { return one.Nullable })
		if !required[name] && (property.Nullable || variant) {
			found = append(found, name)
		}
	}
	return found
}

// addNulls gives the objects of requests that have members which may be null a field to name them.
// A member's zero value leaves it out of the request.
func (v *vendor) addNulls(text string) (string, error) {
	done := make(map[string]bool)
	for _, op := range v.calls() {
		for _, mediaType := range op.bodies() {
			s := op.RequestBody.Content[mediaType].Schema
			if s == nil || s.model == "" || done[s.model] || len(s.nullable()) == 0 {
				continue
			}
			done[s.model] = true
			name, names := goName(s.model), s.nullable()
			end, err := structEnd(text, name)
			if err != nil {
				return "", fmt.Errorf("%s: %w", op.OperationID, err)
			}
			field := "\n\n" + wrapComment("NullFields names the members that are sent as null, as the vendor writes them: "+strings.Join(names, ", ")+
				". A member that is named here and has a value is an error.") + "NullFields []string `json:\"-\"`\n"
			text = text[:end] + field + text[end:]
			written := "func (a " + name + ") MarshalJSON() ("
			marshal := "type known " + name + "\n\tb, err := json.Marshal(known(a))"
			if before, after, open := strings.Cut(text, marshalsOpen+written); open {
				text = before + "// members writes AdditionalProperties among the other members, of which none is replaced.\nfunc (a " + name + ") members() (" + after
				marshal = "b, err := a.members()"
			}
			text += "\n// MarshalJSON writes the members that NullFields names as null.\n" + written + "[]byte, error) {\n\t" + marshal + "\n\tif err != nil || len(a.NullFields) == 0 {\n\t\treturn b, err\n\t}\n\treturn apicall.WithNulls(b, a.NullFields, " + quoted(names) + ")\n}\n"
		}
	}
	return text, nil
}

// structEnd returns where the struct of this name ends, before its brace.
func structEnd(text, name string) (int, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", text, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	end := -1
	ast.Inspect(tree, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == name {
			if body, ok := spec.Type.(*ast.StructType); ok {
				end = set.Position(body.Fields.Closing).Offset
			}
		}
		return true
	})
	if end < 0 {
		return 0, fmt.Errorf("oapi-codegen writes no struct %s", name)
	}
	return end, nil
}
