package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// handwritten holds what the generator reads of a vendor's own package.
type handwritten struct {
	Fields   []configField
	declared map[string]bool // functions, "Type.Method", types, constants and variables
	missing  map[string]bool // members without a field, which have been reported
}

// A configField is a field of Config with its tag, such as `finsdk:"required"`.
type configField struct {
	Name, Type, Env string
	Member          string // name=…: the member or parameter, where the names differ
	Required        bool   // required
	Segment         bool   // segment: the field becomes a segment of a path
	Default         string // default=…
	Comment         string
}

func (f configField) isSecret() bool { return f.Type == "auth.Secret" }

// readPackage reads the hand-written files of dir. It returns nil if the package has no Config.
func readPackage(dir, prefix string) (*handwritten, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	h := &handwritten{declared: make(map[string]bool)}
	found := false
	for _, name := range names {
		if strings.HasSuffix(name, ".gen.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range tree.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = strings.TrimPrefix(typeText(d.Recv.List[0].Type), "*") + "." + name
				}
				h.declared[name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if values, ok := spec.(*ast.ValueSpec); ok {
						for _, name := range values.Names {
							h.declared[name.Name] = true
						}
					}
					typ, ok := spec.(*ast.TypeSpec)
					if !ok {
						continue
					}
					h.declared[typ.Name.Name] = true
					if body, ok := typ.Type.(*ast.StructType); ok && typ.Name.Name == "Config" {
						found = true
						if err := h.readConfig(body, prefix); err != nil {
							return nil, fmt.Errorf("%s: %w", name, err)
						}
					}
				}
			}
		}
	}
	if !found {
		return nil, nil
	}
	return h, nil
}

func (h *handwritten) readConfig(body *ast.StructType, prefix string) error {
	for _, f := range body.Fields.List {
		if len(f.Names) != 1 {
			return fmt.Errorf("the Config has an embedded field, or several fields on a line: write one field a line")
		}
		field := configField{Name: f.Names[0].Name, Type: typeText(f.Type), Comment: strings.Join(strings.Fields(f.Doc.Text()), " ")}
		field.Env = prefix + "_" + screaming(field.Name)
		if f.Tag != nil {
			tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("finsdk")
			for _, option := range strings.Split(tag, ",") {
				key, value, _ := strings.Cut(option, "=")
				switch key {
				case "":
				case "required":
					field.Required = true
				case "segment":
					field.Segment = true
				case "default":
					field.Default = value
				case "name":
					field.Member = value
				default:
					return fmt.Errorf("field %s of Config has the unknown tag %q: required, segment, default=… and name=… are known", field.Name, option)
				}
			}
		}
		h.Fields = append(h.Fields, field)
	}
	return nil
}

// field returns the field that has the value of a member or parameter.
func (h *handwritten) field(member string) (configField, bool) {
	for _, f := range h.Fields {
		if f.Member == member || f.Member == "" && f.Name == goName(member) {
			return f, true
		}
	}
	return configField{}, false
}

// named returns the field with this name.
func (h *handwritten) named(name string) (configField, bool) {
	for _, f := range h.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return configField{}, false
}

// secret returns the field that holds the secret.
func (h *handwritten) secret() (configField, bool) {
	for _, f := range h.Fields {
		if f.isSecret() {
			return f, true
		}
	}
	return configField{}, false
}
