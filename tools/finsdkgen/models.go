package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
)

// A model is a generated struct whose values may hold secrets.
type model struct {
	Name    string
	Wrapper bool // holds a response body, and is never sent
	Fields  []field
}

type field struct{ Name, Member, Type string }

// models returns the package's models and its name, in the order of the source.
func models(text []byte) (name string, found []model, err error) {
	tree, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		return "", nil, err
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() {
			return true
		}
		if body, ok := spec.Type.(*ast.StructType); ok {
			if wrapper, ok := classify(body); ok {
				found = append(found, model{Name: spec.Name.Name, Wrapper: wrapper, Fields: fields(body)})
			}
		}
		return true
	})
	return tree.Name.Name, found, nil
}

// classify tells the models by their fields: JSON members, a union's raw JSON, or a response body.
func classify(body *ast.StructType) (wrapper, ok bool) {
	for _, field := range body.Fields.List {
		if field.Tag != nil && strings.Contains(field.Tag.Value, "json:") {
			return false, true
		}
		for _, name := range field.Names {
			switch name.Name {
			case "union":
				return false, true
			case "Body":
				return true, true
			}
		}
	}
	return false, false
}

// fields lists a struct's fields with the members that their tags name.
func fields(body *ast.StructType) (found []field) {
	for _, f := range body.Fields.List {
		member := ""
		if f.Tag != nil {
			_, tag, _ := strings.Cut(f.Tag.Value, `json:"`)
			tag, _, _ = strings.Cut(tag, `"`)
			member, _, _ = strings.Cut(tag, ",")
		}
		for _, name := range f.Names {
			found = append(found, field{Name: name.Name, Member: member, Type: typeText(f.Type)})
		}
	}
	return found
}

func typeText(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return "*" + typeText(t.X)
	case *ast.ArrayType:
		return "[]" + typeText(t.Elt)
	case *ast.SelectorExpr:
		return typeText(t.X) + "." + t.Sel.Name
	case *ast.MapType:
		return "map[" + typeText(t.Key) + "]" + typeText(t.Value)
	case *ast.InterfaceType:
		return "any"
	}
	return "struct"
}

var redaction = template.Must(template.New("").Parse(`{{.Notice}}
package {{.Package}}

import (
	"fmt"
	"io"
	"log/slog"
)
{{range .Models}}
const redacted{{.Name}} = "{{$.Package}}.{{.Name}}(redacted)"

// Format prints only the type's name for every verb: the value may hold secrets.
func ({{.Name}}) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted{{.Name}}) }

// String returns only the type's name: the value may hold secrets.
func ({{.Name}}) String() string { return redacted{{.Name}} }

// GoString returns only the type's name: the value may hold secrets.
func ({{.Name}}) GoString() string { return redacted{{.Name}} }

// LogValue logs only the type's name: the value may hold secrets.
func ({{.Name}}) LogValue() slog.Value { return slog.StringValue(redacted{{.Name}}) }
{{if .Wrapper}}
// MarshalJSON writes only the type's name: the value holds a body, and is never sent itself.
func ({{.Name}}) MarshalJSON() ([]byte, error) { return []byte(` + "`\"` + redacted{{.Name}} + `\"`" + `), nil }
{{end}}{{end}}`))

// writeRedaction adds methods that keep the models out of logs and error texts: they hold secrets
// and tokens, or a server's echo of them.
func (v *vendor) writeRedaction(files map[string][]byte) error {
	for _, name := range []string{path.Join(v.gen(), v.name+".gen.go"), path.Join(v.gen(), "server", "server.gen.go")} {
		pkg, found, err := models(files[name])
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("no models in %s", name)
		}
		var out bytes.Buffer
		if err := redaction.Execute(&out, map[string]any{"Notice": v.notice(""), "Package": pkg, "Models": found}); err != nil {
			return err
		}
		if files[path.Join(path.Dir(name), "redact.gen.go")], err = tidy(out.String()); err != nil {
			return err
		}
	}
	return nil
}

var modelTest = template.Must(template.New("").Parse(`{{.Notice}}
package {{.Package}}_test

import (
	"testing"

	{{.Package}} "{{.Import}}"
	{{if ne .Package .Server}}{{.Server}} "{{.ServerImport}}"{{end}}
	"{{.Module}}/internal/test/modeltest"
)

// TestModels compares every model of the package with the document's examples.
func TestModels(t *testing.T) {
	modeltest.Run(t, {{if ne .Package .Server}}{{.Server}}.{{else}}{{.Package}}.{{end}}Document, {{.Secrets}},{{range .Models}}
		{{$.Package}}.{{.Name}}{},{{end}}
	)
}
`))

// writeModelTests adds a test to each package that names all its models.
func (v *vendor) writeModelTests(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		base := path.Base(name)
		if base != v.name+".gen.go" && base != "api.gen.go" && base != "server.gen.go" || !strings.HasPrefix(name, v.gen()+"/") {
			continue
		}
		pkg, found, err := models(files[name])
		if err != nil {
			return err
		}
		var out bytes.Buffer
		err = modelTest.Execute(&out, map[string]any{
			"Notice": v.notice(""), "Package": pkg, "Models": found, "Module": module, "Import": path.Join(module, path.Dir(name)),
			"Server": v.name + "server", "ServerImport": path.Join(module, v.gen(), "server"), "Secrets": base != "api.gen.go",
		})
		if err != nil {
			return err
		}
		if files[path.Join(path.Dir(name), "models.gen_test.go")], err = tidy(out.String()); err != nil {
			return err
		}
	}
	return nil
}

const module = "github.com/finsdk/finsdk-go"
