package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// apiPackage holds what the generator reads of the resource API's generated package.
type apiPackage struct {
	name    string
	types   map[string]ast.Expr
	names   []string                 // of the types, in the order of the source
	docs    map[string]string        // comments of types
	values  map[string][]string      // constants by type
	methods map[string]*ast.FuncType // of ClientWithResponses
}

func readAPI(text []byte) (*apiPackage, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	p := &apiPackage{name: tree.Name.Name, types: make(map[string]ast.Expr), docs: make(map[string]string), values: make(map[string][]string), methods: make(map[string]*ast.FuncType)}
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && typeText(d.Recv.List[0].Type) == "*ClientWithResponses" {
				p.methods[d.Name.Name] = d.Type
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					p.types[s.Name.Name] = s.Type
					p.names = append(p.names, s.Name.Name)
					p.docs[s.Name.Name] = d.Doc.Text()
				case *ast.ValueSpec:
					if s.Type != nil {
						p.values[typeText(s.Type)] = append(p.values[typeText(s.Type)], s.Names[0].Name)
					}
				}
			}
		}
	}
	return p, nil
}

// within collects the package's types that an expression names, and the types that these name.
func (p *apiPackage) within(e ast.Node, found map[string]bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Names != nil {
			p.within(f.Type, found) // a field may have the name of a type
			return false
		}
		name, ok := n.(*ast.Ident)
		if !ok || p.types[name.Name] == nil || found[name.Name] {
			return true
		}
		found[name.Name] = true
		p.within(p.types[name.Name], found)
		return true
	})
}

// text returns a type as the vendor's own package writes it: aliases have names without a package.
func (p *apiPackage) text(e ast.Expr, aliases map[string]bool) string {
	switch t := e.(type) {
	case *ast.Ident:
		// The name of a request's body is another alias.
		if inner := p.types[t.Name]; inner != nil && isBody(t.Name) {
			if _, ok := inner.(*ast.StructType); !ok {
				return p.text(inner, aliases)
			}
		}
		if p.types[t.Name] != nil && !aliases[t.Name] {
			return p.name + "." + t.Name
		}
		return t.Name
	case *ast.StarExpr:
		return "*" + p.text(t.X, aliases)
	case *ast.ArrayType:
		return "[]" + p.text(t.Elt, aliases)
	case *ast.Ellipsis:
		return "..." + p.text(t.Elt, aliases)
	case *ast.MapType:
		return "map[" + p.text(t.Key, aliases) + "]" + p.text(t.Value, aliases)
	}
	return typeText(e)
}

// isBody reports whether a type is named after the request whose body it is.
func isBody(name string) bool {
	return strings.HasSuffix(name, "JSONRequestBody") || strings.HasSuffix(name, "JSONBody")
}

// field follows a path of members from a type, and returns the expression for its end and that
// type.
func (p *apiPackage) field(from ast.Expr, members string) (expr string, typ ast.Expr, err error) {
	for member := range strings.SplitSeq(members, ".") {
		for {
			if star, ok := from.(*ast.StarExpr); ok {
				from = star.X
			} else if name, ok := from.(*ast.Ident); ok && p.types[name.Name] != nil {
				from = p.types[name.Name]
			} else {
				break
			}
		}
		body, ok := from.(*ast.StructType)
		if !ok {
			return "", nil, fmt.Errorf("member %s of %s is in no object", member, members)
		}
		i := slices.IndexFunc(body.Fields.List, func(f *ast.Field) bool {
			return f.Tag != nil && strings.HasPrefix(f.Tag.Value[strings.Index(f.Tag.Value, `json:"`)+len(`json:"`):], member) &&
				strings.ContainsAny(f.Tag.Value[strings.Index(f.Tag.Value, `json:"`)+len(`json:"`)+len(member):][:1], `,"`)
		})
		if i < 0 {
			return "", nil, fmt.Errorf("there is no member %s of %s", member, members)
		}
		f := body.Fields.List[i]
		expr, from = expr+"."+f.Names[0].Name, f.Type
	}
	return expr, from, nil
}

// successes returns the fields of an operation's response that hold a success.
func (op *operation) successes() (fields []string) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if _, field := op.Responses[status].answer(status); field != "" {
			fields = append(fields, field)
		}
	}
	return fields
}

// answersBytes reports whether a success has a body other than JSON: a file, say, or text.
func (op *operation) answersBytes() bool {
	for status, r := range op.Responses {
		if strings.HasPrefix(status, "2") && len(r.Content) > 0 {
			return true
		}
	}
	return false
}

// success returns the type of an operation's success and the expression for it. The type is nil if
// there is no such type, or more than one.
func (p *apiPackage) success(op *operation) (typ ast.Expr, value string) {
	response, ok := p.types[goName(op.OperationID)+"Response"].(*ast.StructType)
	if !ok {
		return nil, ""
	}
	fields := op.successes()
	for _, f := range response.Fields.List {
		if !slices.Contains(fields, f.Names[0].Name) {
			continue
		}
		if typ != nil && typeText(typ) != typeText(f.Type) {
			return nil, ""
		}
		typ = f.Type
	}
	for i, f := range fields {
		fields[i] = "resp." + f
	}
	if len(fields) > 1 {
		return typ, "cmp.Or(" + strings.Join(fields, ", ") + ")"
	}
	return typ, strings.Join(fields, "")
}

// A call is one operation as a method of the vendor's Client.
type call struct {
	Name, Doc    string
	Params, Args string
	Type, Value  string // of the success; "" if it has no body
	Typed        bool   // the success has one type, or none
}

// writePages adds an iterator to the resource API's client for each operation that pages.
func (v *vendor) writePages(out *strings.Builder, p *apiPackage) error {
	for _, op := range v.calls() {
		paging := op.Paging
		if paging == nil {
			continue
		}
		name := goName(op.OperationID)
		method := p.methods[name+"WithResponse"]
		success, value := p.success(op)
		if method == nil || success == nil {
			return fmt.Errorf("%s: x-paging needs a success with one type of body", op.OperationID)
		}
		items, list, err := p.field(success, paging.Items)
		if err != nil {
			return fmt.Errorf("%s: x-paging: items: %w", op.OperationID, err)
		}
		array, ok := list.(*ast.ArrayType)
		if !ok {
			return fmt.Errorf("%s: x-paging: items: %s is not a list", op.OperationID, paging.Items)
		}
		parameter, at, first := paging.Token, "string", `""`
		if paging.Page != "" {
			parameter, at, first = paging.Page, "int", "1"
		}
		param, typ, err := p.field(&ast.Ident{Name: name + "Params"}, parameter)
		if err != nil {
			return fmt.Errorf("%s: x-paging: %w", op.OperationID, err)
		}
		if typeText(typ) != "*"+at {
			return fmt.Errorf("%s: x-paging: parameter %s is a %s, not an optional %s", op.OperationID, parameter, typeText(typ), at)
		}
		var next string
		if paging.Page != "" {
			more, typ, err := p.field(success, paging.More)
			if err != nil {
				return fmt.Errorf("%s: x-paging: more: %w", op.OperationID, err)
			}
			next = "at + 1, body" + more
			if _, ok := typ.(*ast.StarExpr); ok {
				next = "at + 1, body" + more + " != nil && *body" + more
			}
		} else {
			cursor, typ, err := p.field(success, paging.Next)
			if err != nil {
				return fmt.Errorf("%s: x-paging: next: %w", op.OperationID, err)
			}
			next = "body" + cursor + `, body` + cursor + ` != ""`
			if _, ok := typ.(*ast.StarExpr); ok {
				next = "*cmp.Or(body" + cursor + ", new(string)), body" + cursor + " != nil && *body" + cursor + ` != ""`
			}
		}
		params, args := p.signature(method, nil)
		item := typeText(array.Elt)
		all := op.pages()
		out.WriteString("\n" + wrapComment(all+" returns the items of all pages of "+name+", from the page on that params name. It gets a page when its first item "+
			"is needed. An error ends it, as do the end of ctx and a page that the API repeats, which are errors too."))
		fmt.Fprintf(out, `func (c *ClientWithResponses) %s(ctx context.Context, %s) iter.Seq2[%s, error] {
	var page %sParams
	if params != nil {
		page = *params
	}
	first := %s(%s)
	if page%s != nil {
		first = *page%[7]s
	}
	return apicall.Pages(ctx, %[8]s, first, func(at %[5]s) (items []%[3]s, next %[5]s, more bool, err error) {
		params := new(page)
		if at != %[6]s {
			params%[7]s = &at
		}
		resp, err := c.%[9]sWithResponse(ctx, %[10]s)
		if err == nil {
			err = resp.Err()
		}
		if err != nil {
			return nil, at, false, err
		}
		body := %[11]s
		next, more = %[12]s
		return body%[13]s, next, more, nil
	})
}
`, all, params, item, name, at, first, param, op.variable(), name, args, value, next, items)
	}
	return nil
}

// pages returns the name of the iterator over an operation's pages.
func (op *operation) pages() string {
	return "All" + regexp.MustCompile("^(List|Get|Search)").ReplaceAllString(goName(op.OperationID), "")
}

// signature returns the parameters of a method, except its context, and the arguments that pass
// them on. Without aliases, both are for the generated package itself.
func (p *apiPackage) signature(method *ast.FuncType, aliases map[string]bool) (params, args string) {
	var names, typed []string
	for _, f := range method.Params.List[1:] {
		for _, name := range f.Names {
			typ := typeText(f.Type)
			if aliases != nil {
				typ = p.text(f.Type, aliases)
			} else if e, ok := f.Type.(*ast.Ellipsis); ok {
				typ = "..." + typeText(e.Elt)
			}
			typed = append(typed, name.Name+" "+typ)
			if _, ok := f.Type.(*ast.Ellipsis); ok {
				names = append(names, name.Name+"...")
			} else {
				names = append(names, name.Name)
			}
		}
	}
	return strings.Join(typed, ", "), strings.Join(names, ", ")
}

// writeOwnClient adds the Client of the vendor's own package.
func (v *vendor) writeOwnClient(files map[string][]byte) error {
	w := v.wiring
	if w == nil || len(v.calls()) == 0 {
		return nil
	}
	p, err := readAPI(files[path.Join(v.gen(), "api", "api.gen.go")])
	if err != nil {
		return err
	}
	taken := maps.Clone(w.Config.declared)
	for _, name := range []string{"Client", "NewClient"} {
		if taken[name] {
			return fmt.Errorf("%s is both hand-written and generated", name)
		}
		taken[name] = true
	}
	for _, own := range []string{"vendor.gen.go", "token.gen.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), own, files[path.Join(v.dir(), own)], parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range tree.Decls {
			for name := range declares(decl) {
				taken[name] = true
			}
		}
	}
	// The types of requests and successes get aliases, and so do their constants.
	needed := make(map[string]bool)
	for _, op := range v.calls() {
		for name, method := range p.methods {
			if name == goName(op.OperationID)+"WithResponse" {
				p.within(method.Params, needed)
			}
		}
		if typ, _ := p.success(op); typ != nil {
			p.within(typ, needed)
		}
	}
	aliases := make(map[string]bool)
	var types []alias
	var constants []string
	for _, name := range p.names {
		if !needed[name] || taken[name] || isBody(name) || name == "RequestEditorFn" {
			continue
		}
		aliases[name] = true
		types = append(types, alias{name, p.aliasDoc(name)})
		for _, constant := range p.values[name] {
			if !taken[constant] {
				constants = append(constants, constant)
			}
		}
	}
	var calls []call
	for _, op := range v.calls() {
		name := goName(op.OperationID)
		method := p.methods[name+"WithResponse"]
		if method == nil {
			continue // for a body that has no type
		}
		if slices.Contains([]string{"ClientWithResponses", "Format", "LogValue", "TokenSource"}, name) {
			return fmt.Errorf("operation %s needs the name %s in Go, which is the Client's own", op.OperationID, name)
		}
		typ, value := p.success(op)
		c := call{Name: name, Value: value, Typed: typ != nil || len(op.successes()) == 0}
		c.Params, c.Args = p.signature(method, aliases)
		if star, ok := typ.(*ast.StarExpr); ok {
			if _, isList := star.X.(*ast.ArrayType); isList {
				typ, c.Value = star.X, "*"+value
			}
		}
		if typ != nil {
			c.Type = p.text(typ, aliases)
		}
		c.Doc = name + " calls " + op.Method + " " + op.Path + ": " + strings.TrimSuffix(strings.TrimSpace(op.source.Summary), ".") + "."
		switch op.Known {
		case "", "own":
		case "partly":
			c.Doc += " The vendor publishes only a part of it."
		default:
			return fmt.Errorf("%s: x-known is %q: use partly or own", op.OperationID, op.Known)
		}
		if !c.Typed {
			continue // its successes have several types
		}
		if typ == nil && op.answersBytes() {
			c.Type, c.Value = "[]byte", "resp.Body"
		}
		calls = append(calls, c)
	}
	about := ""
	if !slices.ContainsFunc(v.calls(), func(op *operation) bool { return op.Known != "own" }) {
		about = " " + w.Title + " publishes no operation of its API: what the client has exists in this project's sandbox only."
	}
	if len(w.Products) > 0 {
		about += " A call of another product than c.Product is refused before anything is sent."
	}
	keys := ""
	if slices.ContainsFunc(v.calls(), func(op *operation) bool { key := op.idempotencyKey(); return key != nil && key.Required }) {
		keys = " If the vendor requires an idempotency key and params have none, the call makes one, which the whole answer and the error have."
	}
	var out bytes.Buffer
	if err := clientTemplate.Execute(&out, map[string]any{
		"W": w, "About": about, "Keys": keys, "Notice": v.notice(""), "API": p.name, "APIPath": path.Join(module, v.gen(), "api"), "Types": types, "Constants": constants, "Calls": calls,
	}); err != nil {
		return err
	}
	text, err := tidy(out.String())
	if err != nil {
		return fmt.Errorf("client.gen.go: %w\n%s", err, out.String())
	}
	files[path.Join(v.dir(), "client.gen.go")] = text
	var test bytes.Buffer
	if err := clientTest.Execute(&test, map[string]any{"W": w, "Notice": v.notice(""), "Server": path.Join(module, v.gen(), "server"), "Own": path.Join(module, v.dir())}); err != nil {
		return err
	}
	files[path.Join(v.dir(), "client.gen_test.go")], err = tidy(test.String())
	return err
}

// An alias is a name in the vendor's package for a type of requests and answers.
type alias struct{ Name, Doc string }

// aliasDoc returns the comment of a type's alias. It has the type's own words, since go doc and
// editors show the comment of an alias without the type behind it.
func (p *apiPackage) aliasDoc(name string) string {
	said := strings.TrimSpace(strings.TrimPrefix(strings.Join(strings.Fields(p.docs[name]), " "), name))
	first, _ := utf8.DecodeRuneInString(said)
	switch {
	case said == "":
		said = name + " is a part of a request or an answer."
	case unicode.IsLower(first):
		said = name + " " + said // such as "defines parameters"
	default:
		said = name + ": " + lowerFirst(said)
	}
	if _, ok := p.types[name].(*ast.StructType); ok {
		said += " See [" + p.name + "." + name + "] for its fields."
	}
	return said
}

// declares returns the names that a declaration adds to its package.
func declares(decl ast.Decl) map[string]bool {
	found := make(map[string]bool)
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			found[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				found[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, name := range s.Names {
					found[name.Name] = true
				}
			}
		}
	}
	return found
}

var clientTemplate = template.Must(template.New("").Funcs(template.FuncMap{"comment": wrapComment, "quote": strconv.Quote}).Parse(`{{.Notice}}
package {{.W.Package}}

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"

	"{{.W.Module}}/auth"
	"{{.W.Module}}/internal/apicall"
	{{.API}} "{{.APIPath}}"
	"{{.W.Module}}/internal/vendorconfig"
)

{{comment (print "A Client calls the API of " .W.Title ", with a token of its source on every request. Its methods are the operations of the vendor's document. " "Each returns what the API answered, or a *finsdk.APIError. Those named …WithResponse return the whole answer. A Client is safe for use by several goroutines.")}}//
{{comment (print "A request leaves out each optional member that is zero. Where it has them, NullFields names members that are sent as null, and AdditionalProperties holds those that the vendor's page does not show. A call that lacks a required parameter returns finsdk.ErrBadRequest, and is not sent." .Keys)}}type Client struct {
	*{{.API}}.ClientWithResponses
	source *auth.TokenSource
}

{{comment (print "NewClient validates c and returns a client for the API. It sends no request. A call ends with its context or with the Timeout of the http.Client in opts. If there is neither a deadline nor a Timeout, it ends after two minutes." .About)}}func NewClient(c Config, opts ...auth.Option) (*Client, error) {
{{if or .W.NoAPIURL .W.Products}}	checks := vendorconfig.Checks{Vendor: vendor, Help: help, Fields: fields}
	s := c.checked(&checks)
{{if .W.NoAPIURL}}	if s.apiURL.IsZero() && !checks.Failed(fieldAPIURL) {
		checks.Fail(fieldAPIURL, "is missing: set it to the API's base, which {{js .W.Title}} gives at onboarding")
	}
{{end}}	if err := checks.Err("check the configuration"); err != nil {
		return nil, err
	}
{{end}}	source, err := NewTokenSource(c, opts...)
	if err != nil {
		return nil, err
	}
{{if .W.Products}}	product := &apicall.OneProduct{Client: source.Client(), Name: string(s.product), Refuse: func(operation, product string) error {
		checks := vendorconfig.Checks{Vendor: vendor, Help: help, Fields: fields}
		checks.Fail(fieldProduct, "is %q, and %s is a call of %q, which needs a client of its own", string(s.product), operation, product)
		return checks.Err("call the API")
	}}
{{end}}	api, err := {{.API}}.NewClientWithResponses(c.APIBaseURL(), {{.API}}.WithHTTPClient({{if .W.Products}}product{{else}}source.Client(){{end}}))
	if err != nil {
		return nil, err
	}
	return &Client{api, source}, nil
}

// TokenSource returns the source of the client's tokens.
func (c *Client) TokenSource() *auth.TokenSource { return c.source }

// Format prints the source's name for every verb.
func (c Client) Format(f fmt.State, _ rune) { vendorconfig.Format(f, "{{.W.Package}}.Client", "TokenSource", c.source) }

// LogValue logs the source's name.
func (c Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }
{{range .Calls}}
{{comment .Doc}}func (c *Client) {{.Name}}(ctx context.Context, {{.Params}}) {{if .Type}}({{.Type}}, error){{else}}error{{end}} {
	resp, err := c.{{.Name}}WithResponse(ctx, {{.Args}})
	if err == nil {
		err = resp.Err()
	}
	if err != nil {
		return {{if .Type}}nil, {{end}}err
	}
	return {{if .Type}}{{.Value}}, {{end}}nil
}
{{end}}
{{if .Types}}
// What requests and answers are made of.
type (
{{range .Types}}{{comment .Doc}}	{{.Name}} = {{$.API}}.{{.Name}}
{{end}})
{{end}}{{if .Constants}}
// The values that the vendor documents.
const (
{{range .Constants}}	{{.}} = {{$.API}}.{{.}}
{{end}})
{{end}}`))

var clientTest = template.Must(template.New("").Parse(`{{.Notice}}
package {{.W.Package}}_test

import (
	"testing"

	"{{.Own}}"
	{{.W.Package}}server "{{.Server}}"
	"{{.W.Module}}/internal/test/calltest"
)

// TestClient calls each operation of the document, and expects each documented outcome.
func TestClient(t *testing.T) { calltest.Run(t, {{.W.Package}}server.Document, {{.W.Package}}.NewClient) }
`))
