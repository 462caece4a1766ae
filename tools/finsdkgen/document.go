package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/util"
)

// A vendor is one document, and the directories of its packages.
type vendor struct {
	name string // of its package and of the document's file
	base string // directory with specs, gen and the vendor's package
	file string // the document, below the root
	root string

	doc           *openapi3.T
	document      document
	tokenRequests []request
	wiring        *wiring        // nil if the vendor has no package of its own
	members       []answerMember // of the token endpoint's success
	impliedScope  bool           // that answer may omit the scope
}

// document is an OpenAPI document as document.json has it: without references, with one list of
// operations.
type document struct {
	Vendor     string       `json:"vendor"`
	Title      string       `json:"title"`
	Products   []product    `json:"products,omitempty"`
	Operations []*operation `json:"operations"`
}

type operation struct {
	OperationID string               `json:"operationId"`
	Method      string               `json:"method"`
	Path        string               `json:"path"`
	Tags        []string             `json:"tags,omitempty"`
	Product     string               `json:"product,omitempty"` // the name of the product whose API has it
	Servers     []server             `json:"servers"`
	Security    []map[string]any     `json:"security,omitempty"`
	Parameters  []parameter          `json:"parameters,omitempty"`
	RequestBody *requestBody         `json:"requestBody,omitempty"`
	Responses   map[string]*response `json:"responses"`
	Curls       []*curl              `json:"curls,omitempty"`
	Known       string               `json:"known,omitempty"` // "partly", "own", or "" if it is known in full
	Paging      *paging              `json:"paging,omitempty"`

	source *openapi3.Operation
}

type server struct {
	URL     string `json:"url"`
	Name    string `json:"name,omitempty"` // the Go constant's
	Product string `json:"product,omitempty"`
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
	Example  any     `json:"example,omitempty"`
}

type requestBody struct {
	Required bool             `json:"required"`
	Content  map[string]media `json:"content"`
}

type response struct {
	Description string               `json:"description"`
	Hint        string               `json:"hint,omitempty"` // what a caller does about a failure
	Headers     map[string]parameter `json:"headers,omitempty"`
	Content     map[string]media     `json:"content,omitempty"`
}

type media struct {
	Model    string         `json:"model,omitempty"` // the schema's name among the components, after [] that of an array's items
	Schema   *schema        `json:"schema"`
	Examples map[string]any `json:"examples,omitempty"`
	Error    *errorParts    `json:"error,omitempty"`
}

// errorParts say where a failure's body has the parts of a finsdk.APIError, as in the extension
// x-error of its schema: paths of members with dots between them.
type errorParts struct {
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	Fields    string `json:"fields,omitempty"`
	Upstream  string `json:"upstream,omitempty"`
}

// paging says how an operation pages, as in its extension x-paging. Items is the member with a
// page's items. If pages have numbers, Page is the parameter for the number, and More the member
// that says whether there is another page. If not, Token is the parameter for a cursor, and Next
// the member with the next cursor.
type paging struct {
	Items string `json:"items"`
	Page  string `json:"page,omitempty"`
	More  string `json:"more,omitempty"`
	Token string `json:"token,omitempty"`
	Next  string `json:"next,omitempty"`
}

// extension reads an extension into value. It leaves value unchanged if there is none.
func extension(from map[string]any, name string, value any) error {
	given, ok := from[name]
	if !ok {
		return nil
	}
	text, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// load reads and validates a document, its examples first.
func load(root, file string) (*vendor, error) {
	doc, err := read(root, file)
	if err != nil {
		return nil, oneLine(file, err)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaPatternValidation()); err != nil {
		return nil, oneLine(file, err)
	}
	v := &vendor{
		name: strings.TrimSuffix(path.Base(file), path.Ext(file)),
		base: path.Dir(path.Dir(path.Clean(file))),
		file: path.Clean(file),
		root: root,
		doc:  doc,
	}
	if err := v.read(); err != nil {
		return nil, oneLine(file, err)
	}
	return v, nil
}

// read loads a document without its remote references. The variables of a server that becomes a Go
// constant have their defaults.
func read(root, file string) (*openapi3.T, error) {
	doc, err := util.LoadSwaggerWithOverlay(filepath.Join(root, file), util.LoadSwaggerWithOverlayOpts{AllowRemoteRefsFrom: []string{}})
	if err != nil {
		return nil, err
	}
	servers := slices.Clone(doc.Servers)
	for _, item := range doc.Paths.Map() {
		servers = append(servers, item.Servers...)
		for _, op := range item.Operations() {
			if op.Servers != nil {
				servers = append(servers, *op.Servers...)
			}
		}
	}
	for _, s := range servers {
		name, ok := s.Extensions["x-go-name"].(string)
		if !ok {
			continue
		}
		for variable, v := range s.Variables {
			s.URL = strings.ReplaceAll(s.URL, "{"+variable+"}", v.Default)
		}
		s.Variables = nil
		if u, err := url.Parse(s.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("server %s: %q is not an https URL", name, s.URL)
		}
	}
	return doc, nil
}

// oneLine puts an error of a document on one line that begins with the document.
func oneLine(file string, err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if head, _, ok := strings.Cut(text, " Schema: {"); ok {
		text = head // the rest is the whole schema
	}
	return fmt.Errorf("%s: %s", file, text)
}

// read fills v.document.
func (v *vendor) read() error {
	v.document = document{Vendor: v.name, Title: v.doc.Info.Title}
	if err := v.readProducts(); err != nil {
		return err
	}
	for _, p := range slices.Sorted(maps.Keys(v.doc.Paths.Map())) {
		item := v.doc.Paths.Value(p)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			op, err := v.readOperation(method, p, item, operations[method])
			if err != nil {
				return fmt.Errorf("%s: %w", operations[method].OperationID, err)
			}
			v.document.Operations = append(v.document.Operations, op)
		}
	}
	if _, err := v.tokenOperation(); err != nil {
		return err
	}
	if err := v.checkCalls(); err != nil {
		return err
	}
	for _, op := range v.document.Operations {
		if err := op.checkCurls(); err != nil {
			return fmt.Errorf("%s: %w", op.OperationID, err)
		}
	}
	return nil
}

func (v *vendor) readOperation(method, p string, item *openapi3.PathItem, source *openapi3.Operation) (*operation, error) {
	op := &operation{
		OperationID: source.OperationID,
		Method:      method,
		Path:        p,
		Tags:        source.Tags,
		Responses:   make(map[string]*response),
		source:      source,
	}
	servers := v.doc.Servers
	if len(item.Servers) > 0 {
		servers = item.Servers
	}
	if source.Servers != nil && len(*source.Servers) > 0 {
		servers = *source.Servers
	}
	for _, s := range servers {
		name, _ := s.Extensions["x-go-name"].(string)
		of, _ := s.Extensions["x-product"].(string)
		op.Servers = append(op.Servers, server{URL: s.URL, Name: name, Product: of})
	}
	op.Product, _ = source.Extensions["x-product"].(string)
	if err := v.checkProduct(op); err != nil {
		return nil, err
	}
	security := v.doc.Security
	if source.Security != nil {
		security = *source.Security
	}
	for _, alternative := range security {
		schemes := make(map[string]any)
		for name := range alternative {
			if ref := v.doc.Components.SecuritySchemes[name]; ref != nil {
				schemes[name] = map[string]string{"type": ref.Value.Type, "scheme": ref.Value.Scheme, "in": ref.Value.In, "name": ref.Value.Name}
			}
		}
		op.Security = append(op.Security, schemes)
	}
	if err := op.checkSecurity(); err != nil {
		return nil, err
	}
	err := errors.Join(extension(source.Extensions, "x-known", &op.Known), extension(source.Extensions, "x-paging", &op.Paging))
	if err != nil {
		return nil, err
	}
	for _, ref := range slices.Concat(source.Parameters, item.Parameters) {
		given := ref.Value
		if slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.Name == given.Name && p.In == given.In }) {
			continue // the operation's own parameter counts
		}
		p := parameter{Name: given.Name, In: given.In, Required: given.Required, Example: given.Example}
		if p.Schema, err = plain(given.Schema); err != nil {
			return nil, err
		}
		op.Parameters = append(op.Parameters, p)
	}
	if source.RequestBody != nil {
		body := source.RequestBody.Value
		op.RequestBody = &requestBody{Required: body.Required}
		if op.RequestBody.Content, err = readContent(body.Content); err != nil {
			return nil, err
		}
	}
	for status, ref := range source.Responses.Map() {
		r := &response{}
		if ref.Value.Description != nil {
			r.Description = *ref.Value.Description
		}
		if err = extension(ref.Value.Extensions, "x-hint", &r.Hint); err != nil {
			return nil, err
		}
		if r.Content, err = readContent(ref.Value.Content); err != nil {
			return nil, err
		}
		for name, header := range ref.Value.Headers {
			h := parameter{Name: name, In: "header", Required: header.Value.Required}
			if h.Schema, err = plain(header.Value.Schema); err != nil {
				return nil, err
			}
			if r.Headers == nil {
				r.Headers = make(map[string]parameter)
			}
			r.Headers[name] = h
		}
		op.Responses[status] = r
	}
	op.Curls, err = readCurls(source)
	return op, err
}

// checkSecurity fails for a scheme that the SDK would not send.
func (op *operation) checkSecurity() error {
	for tag, want := range map[string]string{"token": "basic", "api": "bearer"} {
		for _, alternative := range op.Security {
			for name, scheme := range alternative {
				s, _ := scheme.(map[string]string)
				if slices.Contains(op.Tags, tag) && !(s["type"] == "http" && strings.EqualFold(s["scheme"], want)) {
					return fmt.Errorf("security scheme %s is not of type http and scheme %s: describe what else is sent as a header parameter", name, want)
				}
			}
		}
	}
	return nil
}

func readContent(content openapi3.Content) (map[string]media, error) {
	if len(content) == 0 {
		return nil, nil
	}
	found := make(map[string]media)
	for mediaType, body := range content {
		m := media{Examples: make(map[string]any)}
		if body.Example != nil {
			m.Examples["example"] = body.Example
		}
		for name, example := range body.Examples {
			m.Examples[name] = example.Value.Value
		}
		if body.Schema != nil {
			var err error
			if m.Schema, err = plain(body.Schema); err != nil {
				return nil, err
			}
			if err := extension(body.Schema.Value.Extensions, "x-error", &m.Error); err != nil {
				return nil, err
			}
			switch ref, items := body.Schema.Ref, body.Schema.Value.Items; {
			case ref != "":
				m.Model = path.Base(ref)
			case items != nil && items.Ref != "":
				m.Model = "[]" + path.Base(items.Ref)
			}
		}
		for name, value := range m.Examples {
			if n, ok := inexact(value); ok {
				return nil, fmt.Errorf("example %s has the number %.0f, which has more digits than are read exactly: write one of at most 15 digits", name, n)
			}
		}
		if p := m.Error; p != nil {
			for part, members := range map[string]string{"code": p.Code, "message": p.Message, "requestId": p.RequestID, "fields": p.Fields, "upstream": p.Upstream} {
				if !m.Schema.has(members) {
					return nil, fmt.Errorf("x-error: %s: the schema has no member %s", part, members)
				}
			}
		}
		found[mediaType] = m
	}
	return found, nil
}

// inexact returns a whole number inside a value that may have lost digits when it was read.
func inexact(value any) (n float64, found bool) {
	switch v := value.(type) {
	case float64:
		return v, math.Abs(v) >= 1<<53 && v == math.Trunc(v)
	case []any:
		for _, item := range v {
			if n, found = inexact(item); found {
				return n, true
			}
		}
	case map[string]any:
		for _, member := range v {
			if n, found = inexact(member); found {
				return n, true
			}
		}
	}
	return 0, false
}

// has reports whether there may be a member at a path with dots in it. Lists are entered.
func (s *schema) has(members string) bool {
	if s == nil || members == "" {
		return true
	}
	if s.Items != nil {
		return s.Items.has(members)
	}
	if variants := slices.Concat(s.OneOf, s.AnyOf); len(variants) > 0 && slices.ContainsFunc(variants, func(one *schema) bool { return one.has(members) }) {
		return true
	}
	name, below, _ := strings.Cut(members, ".")
	_, _, properties := s.members()
	property, ok := properties[name]
	if !ok {
		_, typed := s.Additional.(*schema)
		return typed || len(properties) == 0 && s.Additional == nil && len(s.OneOf)+len(s.AnyOf) == 0
	}
	return property.has(below)
}

// writeDocument adds the document as JSON, embedded in the server's package.
func (v *vendor) writeDocument(files map[string][]byte) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v.document); err != nil {
		return err
	}
	dir := path.Join(v.gen(), "server")
	files[path.Join(dir, "document.json")] = text.Bytes()
	files[path.Join(dir, "document.gen.go")] = []byte(v.notice("") + `
package ` + v.name + `server

import _ "embed"

// Document is the vendor's OpenAPI document as JSON: its operations with schemas without
// references, examples, and the vendor's curl commands.
//
//go:embed document.json
var Document []byte
`)
	return nil
}
