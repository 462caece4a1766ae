package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

const formType = "application/x-www-form-urlencoded"

// tokenOperation returns the only operation that issues tokens.
func (v *vendor) tokenOperation() (*operation, error) {
	var found []*operation
	for _, op := range v.document.Operations {
		if slices.Contains(op.Tags, "token") || op.takesGrant() {
			found = append(found, op)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("no operation has the tag token")
	case len(found) > 1:
		return nil, fmt.Errorf("%s is a second token operation beside %s", found[1].OperationID, found[0].OperationID)
	case found[0].RequestBody == nil:
		return nil, fmt.Errorf("%s has no request body", found[0].OperationID)
	}
	return found[0], nil
}

// takesGrant reports whether the operation's request has a grant_type.
func (op *operation) takesGrant() bool {
	if op.RequestBody == nil {
		return false
	}
	for _, body := range op.RequestBody.Content {
		for _, variant := range append([]*schema{body.Schema}, body.Schema.OneOf...) {
			if _, _, properties := variant.members(); properties["grant_type"] != nil {
				return true
			}
		}
	}
	return false
}

// initialisms are the words that Go names have in capitals. A vendor's own go here.
var initialisms = []string{
	"API", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "TLS", "TTL", "URI", "URL", "UUID", "XML",
	"ATR", "BIC", "CGST", "DEXP", "EWB", "EXPWOP", "EXPWP", "GSTIN", "GUID", "HSN", "IBAN", "IGST", "IRN", "LEI", "LTA", "NI", "PSP", "QR", "SEPA", "SEZWOP", "SEZWP", "SGST",
}

// settings returns the configuration that all three kinds of packages share.
func settings(name string) codegen.Configuration {
	plain := codegen.SimpleTypeSpec{Type: "string"}
	return codegen.Configuration{
		PackageName:       name,
		Compatibility:     codegen.CompatibilityOptions{AlwaysPrefixEnumValues: true},
		AdditionalImports: []codegen.AdditionalImport{{Alias: "finsdk", Package: module}},
		OutputOptions: codegen.OutputOptions{
			SkipFmt:                               true,
			NameNormalizer:                        string(codegen.NameNormalizerFunctionToCamelCaseWithInitialisms),
			AdditionalInitialisms:                 initialisms,
			PreferSkipOptionalPointer:             true,
			UserTemplates:                         map[string]string{"additional-properties.tmpl": additionalProperties},
			PreferSkipOptionalPointerWithOmitzero: true,
			TypeMapping: &codegen.TypeMapping{
				Number: codegen.FormatMapping{Default: codegen.SimpleTypeSpec{Type: "float64"}}, // a float32 loses cents
				String: codegen.FormatMapping{Formats: map[string]codegen.SimpleTypeSpec{
					"date":  {Type: "finsdk.Date"},
					"email": plain, "uuid": plain, // the usual Go types refuse values that vendors send
				}},
			},
		},
	}.UpdateDefaults()
}

const skipPointer = "x-go-type-skip-optional-pointer"

// pointToOptionals makes pointers of the optional fields whose zero value differs from their
// absence: numbers, booleans, parameters, and required members that may be null. Every other
// optional field is omitted from a request if it is zero.
func pointToOptionals(doc *openapi3.T) {
	eachSchema(doc, func(s *openapi3.Schema) {
		for name, property := range s.Properties {
			required := slices.Contains(s.Required, name)
			if (!required && isScalar(property.Value)) || (required && property.Value.Nullable && !property.Value.Type.Is("array")) {
				extend(&property.Extensions, skipPointer, false)
			}
		}
	})
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
				if p := ref.Value; !p.Required && p.Schema != nil && !p.Schema.Value.Type.Is("array") {
					extend(&p.Extensions, skipPointer, false)
				}
			}
		}
	}
}

// renameMembers gives the members another name in Go whose own is that of a model's method.
func renameMembers(doc *openapi3.T) {
	eachSchema(doc, func(s *openapi3.Schema) {
		for member, property := range s.Properties {
			if name := goName(member); slices.Contains(methods, name) {
				extend(&property.Extensions, "x-go-name", name+"Member")
			}
		}
	})
}

const valueNames = "x-enum-varnames"

// nameConstants gives the values of an enum that are words in capitals names in Go that are not:
// NO_MATCH becomes NoMatch. A value of up to three letters is taken for an abbreviation, such as EUR.
func nameConstants(doc *openapi3.T) {
	eachSchema(doc, func(s *openapi3.Schema) {
		if s.Extensions[valueNames] != nil {
			return
		}
		var names []any
		changed := false
		for _, value := range s.Enum {
			name, _ := value.(string)
			if capitals.MatchString(name) && !slices.Contains(initialisms, name) {
				name, changed = goName(strings.ToLower(name)), true
			}
			names = append(names, name)
		}
		if changed && !slices.Contains(names, any("")) {
			extend(&s.Extensions, valueNames, names)
		}
	})
}

// capitals matches several words in capitals, or one that is no abbreviation.
var capitals = regexp.MustCompile(`^([A-Z]{4,}|[A-Z][A-Z0-9]*(_[A-Z0-9]+)+)$`)

// methods are those that models have.
var methods = []string{"Form", "Format", "GoString", "JSON", "LogValue", "String"}

// eachSchema calls do for each schema of a document once.
func eachSchema(doc *openapi3.T, do func(*openapi3.Schema)) {
	seen := make(map[*openapi3.Schema]bool)
	var walk func(*openapi3.SchemaRef)
	walk = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		do(s)
		for _, property := range s.Properties {
			walk(property)
		}
		walk(s.Items)
		walk(s.AdditionalProperties.Schema)
		for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
			for _, part := range list {
				walk(part)
			}
		}
	}
	content := func(c openapi3.Content) {
		for _, body := range c {
			walk(body.Schema)
		}
	}
	for _, ref := range doc.Components.Schemas {
		walk(ref)
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, ref := range slices.Concat(item.Parameters, op.Parameters) {
				walk(ref.Value.Schema)
			}
			if op.RequestBody != nil {
				content(op.RequestBody.Value.Content)
			}
			for _, response := range op.Responses.Map() {
				content(response.Value.Content)
			}
		}
	}
}

// isScalar reports whether s is a number or a boolean.
func isScalar(s *openapi3.Schema) bool {
	if slices.ContainsFunc(s.AllOf, func(part *openapi3.SchemaRef) bool { return isScalar(part.Value) }) {
		return true
	}
	return s.Type.Is("integer") || s.Type.Is("number") || s.Type.Is("boolean")
}

func extend(extensions *map[string]any, name string, value any) {
	if *extensions == nil {
		*extensions = make(map[string]any)
	}
	(*extensions)[name] = value
}

// writeClients adds the code that oapi-codegen makes: models and client of the token endpoint and
// of the resource API, and the server interface for the sandbox.
func (v *vendor) writeClients(files map[string][]byte) error {
	op, err := v.tokenOperation()
	if err != nil {
		return err
	}
	config := settings(v.name + "gen")
	config.Generate = codegen.GenerateOptions{Models: true, Client: true, ServerURLs: true}
	config.OutputOptions.IncludeOperationIDs = []string{op.OperationID}
	config.OutputOptions.SkipResponseBodyGetters = true
	change := withoutHeaders
	if op.RequestBody.Content[formType].Schema != nil {
		change = leaveFormToUs(op)
	}
	comment := "Package " + v.name + "gen holds the models and the client of the vendor's token endpoint. Services import package " +
		v.name + " instead, which adds what a document cannot say."
	if err := v.writeClient(files, path.Join(v.gen(), v.name+".gen.go"), comment, config, change); err != nil {
		return err
	}

	config = settings(v.name + "api")
	config.Generate = codegen.GenerateOptions{Models: true, Client: true}
	config.OutputOptions.IncludeTags = []string{"api"}
	config.OutputOptions.SkipResponseBodyGetters = true
	comment = "Package " + v.name + "api holds the models and the client of the resource API. Pass a token source's Client() to " +
		"WithHTTPClient, and every call carries its access token. With an http.Client of your own, pass its Authorize to " +
		"WithRequestEditorFn, and its CheckRedirect to that client."
	if err := v.writeClient(files, path.Join(v.gen(), "api", "api.gen.go"), comment, config, func(doc *openapi3.T) {
		pointToOptionals(doc)
		withoutHeaders(doc)
	}); err != nil {
		return err
	}

	name := path.Join(v.gen(), "api", "api.gen.go")
	text, err := v.sendCalls(string(files[name]))
	if err == nil {
		text, err = v.addNulls(text)
	}
	if err != nil {
		return err
	}
	// The import is added by name, since gofmt has sorted the others.
	if files[name], err = tidy(strings.Replace(text, "\nimport (\n", "\nimport (\n\""+module+"/internal/apicall\"\n", 1)); err != nil {
		return err
	}

	config = settings(v.name + "server")
	config.OutputOptions.ExcludeOperationIDs = v.unroutable()
	config.Generate = codegen.GenerateOptions{Models: true, StdHTTPServer: true}
	comment = "Package " + v.name + "server holds the models and the server interface of all that the document describes, for the sandbox."
	return v.writeClient(files, path.Join(v.gen(), "server", "server.gen.go"), comment, config, withoutParameters(op))
}

// unroutable lists the operations that the router of net/http cannot have, because a segment of
// their path goes on after a parameter. The sandbox routes by document.json.
func (v *vendor) unroutable() (ids []string) {
	for _, op := range v.document.Operations {
		if afterParameter.MatchString(op.Path) {
			ids = append(ids, op.OperationID)
		}
	}
	return ids
}

var afterParameter = regexp.MustCompile(`\}[^/]`)

// inline gives each operation its own copy of the parameters, responses and request bodies among the
// components. Otherwise codegen would make an alias type for each, whose name a schema may have.
func inline(doc *openapi3.T) {
	parameters := func(all openapi3.Parameters) {
		for _, p := range all {
			p.Ref = ""
		}
	}
	for _, item := range doc.Paths.Map() {
		parameters(item.Parameters)
		for _, op := range item.Operations() {
			parameters(op.Parameters)
			for _, r := range op.Responses.Map() {
				r.Ref = ""
			}
			if op.RequestBody != nil {
				op.RequestBody.Ref = ""
			}
		}
	}
	doc.Components.Parameters, doc.Components.Responses, doc.Components.RequestBodies = nil, nil, nil
}

// withoutParameters returns a change of the document for the server interface: a new parameter of
// the token operation must not change the interface. The sandbox reads parameters from
// document.json.
func withoutParameters(op *operation) func(*openapi3.T) {
	inPath := func(all openapi3.Parameters) openapi3.Parameters {
		return slices.DeleteFunc(slices.Clone(all), func(p *openapi3.ParameterRef) bool { return p.Value.In != "path" })
	}
	return func(doc *openapi3.T) {
		item := doc.Paths.Value(op.Path)
		source := item.GetOperation(op.Method)
		item.Parameters, source.Parameters = inPath(item.Parameters), inPath(source.Parameters)
		pointToOptionals(doc)
		for name, ref := range doc.Components.Schemas {
			if goName(name) == "Document" { // the package's own variable
				extend(&ref.Value.Extensions, "x-go-name", "DocumentModel")
			}
		}
	}
}

// leaveFormToUs returns a change of the document for the token endpoint's client. The stock client
// encodes forms with oapi-codegen/runtime, and posts an empty body for a oneOf without an error.
// With another media type it accepts any body, and the models encode themselves. Callers read
// header fields of responses from the http.Response.
func leaveFormToUs(op *operation) func(*openapi3.T) {
	return func(doc *openapi3.T) {
		source := doc.Paths.Value(op.Path).GetOperation(op.Method)
		body := source.RequestBody.Value
		body.Content = openapi3.Content{"*/*": {Schema: body.Content[formType].Schema}}
		for _, ref := range source.Responses.Map() {
			ref.Value.Headers = nil
		}
	}
}

func (v *vendor) writeClient(files map[string][]byte, name, comment string, config codegen.Configuration, change func(*openapi3.T)) error {
	doc, err := read(v.root, v.file) // again, because codegen changes it
	if err != nil {
		return err
	}
	inline(doc)
	nameConstants(doc)
	if !slices.Contains(config.OutputOptions.IncludeTags, "api") {
		renameMembers(doc) // of models with methods
	}
	change(doc)
	text, err := codegen.Generate(doc, config)
	if err != nil {
		return fmt.Errorf("oapi-codegen: %w", err)
	}
	_, text, ok := strings.Cut(text, "\npackage ")
	if !ok {
		return fmt.Errorf("oapi-codegen wrote no package clause into %s", name)
	}
	// With omitempty, an empty list that is not nil would be omitted too.
	text = strings.ReplaceAll(text, ",omitempty,omitzero\"", ",omitzero\"")
	text = v.notice(" with oapi-codegen "+codegenVersion()) + "\n" + wrapComment(comment) + "package " + text
	if config.Generate.Client {
		if text, err = withoutRuntime(text); err != nil {
			return err
		}
	}
	tidied, err := tidy(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	files[name] = []byte(v.sendAccept(string(tidied)))
	return nil
}

var styled = regexp.MustCompile(`runtime\.StyleParamWithOptions\((".*?", (?:true|false), ".*?", .*?), runtime\.StyleParamOptions\{ParamLocation: runtime\.ParamLocation(\w+), [^}]*\}\)`)

// withoutRuntime removes oapi-codegen's package runtime from a client, because it would cost every
// service three modules. Package apiparam writes the parameters instead, and the methods that merge
// unions are omitted.
func withoutRuntime(text string) (string, error) {
	text = styled.ReplaceAllString(text, "apiparam.Style(apiparam.$2, $1)")
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	for _, decl := range slices.Backward(tree.Decls) {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Doc == nil {
			continue
		}
		start, end := set.Position(f.Doc.Pos()).Offset, set.Position(f.End()).Offset
		if strings.Contains(text[start:end], "runtime.JSONMerge") {
			text = text[:start] + text[end:]
		}
	}
	text = strings.Replace(text, "\nimport (\n", "\nimport (\n\""+module+"/internal/apiparam\"\n", 1)
	if strings.Contains(text, "runtime.") {
		return "", fmt.Errorf("oapi-codegen's client needs package runtime: %s", regexp.MustCompile(`runtime\.\w+`).FindString(text))
	}
	return text, nil
}

// sendAccept makes the clients' requests ask for the media types of the operation's answers. A
// Laravel guard answers a dead token with a redirect to its login page unless it is asked for JSON.
func (v *vendor) sendAccept(text string) string {
	const built = "\n\treturn req, nil\n}"
	parts := strings.Split(text, "\nfunc New")
	for i, part := range parts {
		for _, op := range v.document.Operations {
			rest, ok := strings.CutPrefix(part, goName(op.OperationID)+"Request")
			if !ok || !(strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "WithBody(")) || !strings.Contains(part, "http.NewRequest(") {
				continue
			}
			if types := op.accept(); types != "" {
				parts[i] = strings.Replace(part, built, "\n\treq.Header.Set(\"Accept\", "+strconv.Quote(types)+")\n"+built, 1)
			}
		}
	}
	return strings.Join(parts, "\nfunc New")
}

// accept lists the media types of the operation's successes or, if these have none, of its
// failures.
func (op *operation) accept() string {
	success, failure := make(map[string]bool), make(map[string]bool)
	for status, r := range op.Responses {
		for mediaType := range r.Content {
			if strings.HasPrefix(status, "2") {
				success[mediaType] = true
			} else {
				failure[mediaType] = true
			}
		}
	}
	if len(success) == 0 {
		success = failure
	}
	return strings.Join(slices.Sorted(maps.Keys(success)), ", ")
}

// tidy formats Go source and drops the imports that it does not use.
func tidy(text string) ([]byte, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	declared := make(map[string]bool)
	for _, decl := range tree.Decls {
		for name := range declares(decl) {
			if declared[name] && name != "_" && name != "init" {
				return nil, fmt.Errorf("a schema or an operation has the name %s, which the package needs for something else", name)
			}
			declared[name] = true
		}
	}
	used := make(map[string]bool)
	ast.Inspect(tree, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok {
				used[name.Name] = true
			}
		}
		return true
	})
	var std, other []string
	imports := false
	var start, end token.Pos
	for _, decl := range tree.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.IMPORT {
			continue
		}
		if imports {
			return nil, fmt.Errorf("two import declarations")
		}
		imports, start, end = true, group.Pos(), group.End()
		for _, spec := range group.Specs {
			one := spec.(*ast.ImportSpec)
			written := one.Path.Value
			name := importName(one)
			if !used[name] && name != "_" {
				continue
			}
			if one.Name != nil {
				written = one.Name.Name + " " + written
			}
			if first, _, _ := strings.Cut(strings.Trim(one.Path.Value, `"`), "/"); strings.Contains(first, ".") {
				other = append(other, written)
			} else {
				std = append(std, written)
			}
		}
	}
	if imports {
		slices.Sort(std)
		slices.Sort(other)
		block := ""
		if len(std)+len(other) > 0 {
			block = "import (\n" + strings.Join(slices.Compact(std), "\n") + "\n\n" + strings.Join(slices.Compact(other), "\n") + "\n)"
		}
		text = text[:set.Position(start).Offset] + block + text[set.Position(end).Offset:]
	}
	out, err := format.Source([]byte(text))
	if err != nil {
		return nil, err
	}
	return wrapComments(bytes.TrimLeft(out, "\n"))
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	name := path.Base(strings.Trim(spec.Path.Value, `"`))
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(strings.Trim(spec.Path.Value, `"`)))
	}
	return name
}

// maxColumns is the most columns of a comment, where a tab counts as one.
const maxColumns = 100

// wrapComment writes a comment in lines of at most maxColumns.
func wrapComment(text string) string { return wrap("", text) }

func wrap(indent, text string) string {
	var out strings.Builder
	line := indent + "//"
	for _, word := range strings.Fields(text) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > maxColumns && line != indent+"//" {
			out.WriteString(line + "\n")
			line = indent + "//"
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
	return out.String()
}

// generatedLine is the notice that tools know a generated file by. It must be one line.
var generatedLine = regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.$`)

// wrapComments wraps each paragraph of Go source's comments that has a longer line than maxColumns:
// oapi-codegen writes a description on one line.
func wrapComments(text []byte) ([]byte, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	written := 0 // bytes of text
	var paragraph []string
	flush := func(indent string, start, end int) {
		long := slices.ContainsFunc(paragraph, func(line string) bool { return utf8.RuneCountInString(indent+line) > maxColumns })
		if long {
			var words []string
			for _, line := range paragraph {
				words = append(words, strings.TrimPrefix(line, "//"))
			}
			out.Write(text[written:start])
			out.WriteString(strings.TrimPrefix(strings.TrimSuffix(wrap(indent, strings.Join(words, " ")), "\n"), indent))
			written = end
		}
		paragraph = nil
	}
	for _, group := range tree.Comments {
		first := set.Position(group.Pos())
		indent := string(text[first.Offset-first.Column+1 : first.Offset])
		if strings.Trim(indent, "\t") != "" {
			continue // behind code
		}
		start, end := 0, 0
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, "// ") || strings.HasPrefix(c.Text, "//  ") || strings.HasPrefix(c.Text, "// -") || generatedLine.MatchString(c.Text) {
				flush(indent, start, end) // an empty line, a directive, a list, code, or the notice
				continue
			}
			if paragraph == nil {
				start = set.Position(c.Pos()).Offset
			}
			end = set.Position(c.End()).Offset
			paragraph = append(paragraph, c.Text)
		}
		flush(indent, start, end)
	}
	out.Write(text[written:])
	return []byte(out.String()), nil
}

func codegenVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/oapi-codegen/oapi-codegen/v2" {
				return dep.Version
			}
		}
	}
	return ""
}
