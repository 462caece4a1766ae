// Package openapi reads a vendor's document as the generator writes it, with schemas that hold no
// references, and holds requests and answers to it.
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A Document is what a vendor's OpenAPI document says of its operations.
type Document struct {
	Vendor     string
	Title      string
	Products   []Product
	Operations []*Operation
}

// A Product is one of a vendor's APIs, with its values for members of the token request.
type Product struct {
	Name     string
	Defaults map[string]string
}

// An Operation is one call.
type Operation struct {
	ID          string `json:"operationId"`
	Method      string
	Path        string // with parameters such as {realm}
	Tags        []string
	Product     string // the name of the product whose API has it
	Parameters  []Parameter
	RequestBody *Body
	Responses   map[string]Response // by status, "4XX" or "default"
}

// A Parameter stands in the path, in the query or in a header.
type Parameter struct {
	Name     string
	In       string
	Required bool
	Schema   *Schema
}

// A Body has one schema for each media type.
type Body struct {
	Required bool
	Content  map[string]Media
}

// A Response is what an operation may answer.
type Response struct{ Content map[string]Media }

// A Media is a body in one media type.
type Media struct {
	Schema   *Schema
	Examples map[string]any
}

// Parse reads a document.
func Parse(text []byte) (*Document, error) {
	d := &Document{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(d); err != nil {
		return nil, fmt.Errorf("the document cannot be read: %w", err)
	}
	if d.Vendor == "" {
		return nil, fmt.Errorf("the document names no vendor")
	}
	for _, op := range d.Operations {
		for _, s := range op.schemas() {
			if err := s.settle(); err != nil {
				return nil, fmt.Errorf("%s: %w", op.ID, err)
			}
		}
	}
	return d, nil
}

// schemas are those of the parameters and of all bodies.
func (op *Operation) schemas() (list []*Schema) {
	for _, p := range op.Parameters {
		list = append(list, p.Schema)
	}
	contents := []map[string]Media{}
	if op.RequestBody != nil {
		contents = append(contents, op.RequestBody.Content)
	}
	for _, r := range op.Responses {
		contents = append(contents, r.Content)
	}
	for _, content := range contents {
		for _, m := range content {
			list = append(list, m.Schema)
		}
	}
	return list
}

// Tagged returns the first operation with a tag, or nil.
func (d *Document) Tagged(tag string) *Operation {
	for _, op := range d.Operations {
		if op.Tagged(tag) {
			return op
		}
	}
	return nil
}

// ProductOf returns the name of the product that a client is for: the one that names its id, or
// else the first.
func (d *Document) ProductOf(clientID string) string {
	for _, p := range d.Products {
		if p.Defaults["client_id"] == clientID {
			return p.Name
		}
	}
	if len(d.Products) == 0 {
		return ""
	}
	return d.Products[0].Name
}

// Tagged reports whether the operation has a tag.
func (op *Operation) Tagged(tag string) bool { return slices.Contains(op.Tags, tag) }

// At returns the operations at an escaped path, by method, and what its parameters are. Of several
// templates that match, the one with the most text of its own counts.
func (d *Document) At(path string) (ops map[string]*Operation, values map[string]string) {
	best := -1
	for _, op := range d.Operations {
		found, ok := match(op.Path, path)
		if !ok {
			continue
		}
		if own := ownText(op.Path); own > best {
			best, ops, values = own, map[string]*Operation{}, found
		} else if own < best {
			continue
		}
		ops[op.Method] = op
	}
	return ops, values
}

// ownText is how much of a template is no parameter.
func ownText(template string) int {
	n := 0
	for part := range strings.SplitSeq(template, "{") {
		_, after, ok := strings.Cut(part, "}")
		if !ok {
			after = part
		}
		n += len(after)
	}
	return n
}

// match compares a path with a template, segment by segment.
func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, w := range want {
		g, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		before, rest, isParameter := strings.Cut(w, "{")
		if !isParameter {
			if w != g {
				return nil, false
			}
			continue
		}
		name, after, _ := strings.Cut(rest, "}")
		g, okBefore := strings.CutPrefix(g, before)
		g, okAfter := strings.CutSuffix(g, after)
		if !okBefore || !okAfter || g == "" {
			return nil, false
		}
		values[name] = g
	}
	return values, true
}

// JSON is a media type of the content that is JSON, or "".
func JSON(content map[string]Media) string {
	for _, name := range slices.Sorted(maps.Keys(content)) {
		if name == "application/json" || strings.HasSuffix(name, "+json") {
			return name
		}
	}
	return ""
}

// Success is the first answer in the two hundreds, its status as the document writes it.
func (op *Operation) Success() (status string, r Response) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") {
			return status, op.Responses[status]
		}
	}
	return "", Response{}
}

// Request returns the first example of the operation's JSON body, or nil.
func (op *Operation) Request() any {
	if op == nil || op.RequestBody == nil {
		return nil
	}
	content := op.RequestBody.Content
	return content[JSON(content)].Example()
}

// Answer is the JSON that the operation may answer with a status: as the document has it for the
// status itself, or else for its hundred.
func (op *Operation) Answer(status int) Media {
	text := strconv.Itoa(status)
	names := []string{text, text[:1] + "XX"}
	if status >= 400 {
		names = append(names, "default")
	}
	for _, key := range names {
		if r, ok := op.Responses[key]; ok {
			return r.Content[JSON(r.Content)]
		}
	}
	return Media{}
}

// Failure returns the documented failure whose example has a member with a value. If there is none,
// it returns 409 and nil.
func (op *Operation) Failure(member, value string) (status int, example map[string]any) {
	for _, text := range slices.Sorted(maps.Keys(op.Responses)) {
		code, err := strconv.Atoi(text)
		if err != nil || code < 400 {
			continue
		}
		content := op.Responses[text].Content
		for _, shown := range content[JSON(content)].Examples {
			if members, _ := shown.(map[string]any); members[member] == value {
				return code, members
			}
		}
	}
	return http.StatusConflict, nil
}

// Names adds the operation's own words to sets: the segments of its path, the names in the query
// and the bodies of its requests, and the names of its answers' examples.
func (op *Operation) Names(segments, members, examples map[string]bool) {
	for segment := range strings.SplitSeq(op.Path, "/") {
		if !strings.Contains(segment, "{") {
			segments[segment] = true
		}
	}
	for _, p := range op.Parameters {
		if p.In == "query" {
			members[p.Name] = true
		}
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			m.Schema.names(members)
		}
	}
	for _, r := range op.Responses {
		for _, m := range r.Content {
			for name := range m.Examples {
				examples[name] = true
			}
		}
	}
}

// Example is the first example of a media type, or one made from its schema.
func (m Media) Example() any {
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		return m.Examples[name]
	}
	if m.Schema == nil {
		return nil
	}
	return m.Schema.Make()
}
