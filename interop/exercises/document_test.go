package exercises

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// document is a vendor's OpenAPI document, to be changed.
type document struct {
	t    *testing.T
	root *yaml.Node
}

// get returns the value of a key in a mapping, following references, or nil.
func (d document) get(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		node = d.follow(node)
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var value *yaml.Node
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				value = node.Content[i+1]
			}
		}
		node = value
	}
	return d.follow(node)
}

// follow resolves aliases and references.
func (d document) follow(node *yaml.Node) *yaml.Node {
	for node != nil {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
			continue
		}
		if node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[0].Value == "$ref" {
			node = d.get(d.root, strings.Split(strings.TrimPrefix(node.Content[1].Value, "#/"), "/")...)
			continue
		}
		break
	}
	return node
}

// must is get, and fails the test if the key is missing.
func (d document) must(node *yaml.Node, keys ...string) *yaml.Node {
	d.t.Helper()
	found := d.get(node, keys...)
	if found == nil {
		d.t.Fatalf("the document has no %s", strings.Join(keys, " > "))
	}
	return found
}

// node reads YAML.
func (d document) node(text string) *yaml.Node {
	d.t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		d.t.Fatalf("%v in %s", err, text)
	}
	return n.Content[0]
}

// set sets a key of a mapping.
func (d document) set(mapping *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, Style: yaml.SingleQuotedStyle}, value)
}

// token returns the operation of the token endpoint.
func (d document) token() *yaml.Node {
	d.t.Helper()
	paths := d.must(d.root, "paths")
	for i := 1; i < len(paths.Content); i += 2 {
		for j := 1; j < len(paths.Content[i].Content); j += 2 {
			op := paths.Content[i].Content[j]
			if tags := d.get(op, "tags"); tags != nil && len(tags.Content) == 1 && tags.Content[0].Value == "token" {
				return op
			}
		}
	}
	d.t.Fatal("no operation has the tag token")
	return nil
}

// media returns the first media type of a content.
func (d document) media(parent *yaml.Node) *yaml.Node {
	d.t.Helper()
	return d.must(parent, "content").Content[1]
}

// requests returns the schemas of the token request: one, or one for each grant.
func (d document) requests() []*yaml.Node {
	d.t.Helper()
	schema := d.must(d.media(d.must(d.token(), "requestBody")), "schema")
	variants := d.get(schema, "oneOf")
	if variants == nil {
		return []*yaml.Node{schema}
	}
	var all []*yaml.Node
	for _, v := range variants.Content {
		all = append(all, d.follow(v))
	}
	return all
}

// values returns the examples of a body.
func (d document) values(media *yaml.Node) []*yaml.Node {
	d.t.Helper()
	examples := d.must(media, "examples")
	var all []*yaml.Node
	for i := 1; i < len(examples.Content); i += 2 {
		all = append(all, d.must(examples.Content[i], "value"))
	}
	return all
}

// property adds a member to a schema of an object.
func (d document) property(object *yaml.Node, name, schema string, required bool) {
	d.t.Helper()
	d.set(d.must(object, "properties"), name, d.node(schema))
	list := d.get(object, "required")
	if required && !has(list, name) {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name, Style: yaml.SingleQuotedStyle})
	}
}

func has(list *yaml.Node, name string) bool {
	for _, n := range list.Content {
		if n.Value == name {
			return true
		}
	}
	return false
}

// request adds a member to the token request. Where value is not "", the examples and the curl
// commands have it.
func (d document) request(name, schema, value string, required bool) {
	d.t.Helper()
	for _, s := range d.requests() {
		d.property(s, name, schema, required)
	}
	if value == "" {
		return
	}
	for _, example := range d.values(d.media(d.must(d.token(), "requestBody"))) {
		d.set(example, name, d.node(value))
	}
	text := d.node(value)
	d.curls(func(curl string) string {
		if before, after, ok := strings.Cut(curl, "'{"); ok {
			if strings.Contains(after, `"`+name+`":`) {
				return curl
			}
			written := text.Value
			if text.ShortTag() == "!!str" {
				written = strconv.Quote(written)
			}
			return fmt.Sprintf("%s'{%q:%s,%s", before, name, written, after)
		}
		return strings.TrimRight(curl, "\n") + fmt.Sprintf(" \\\n  -d '%s=%s'\n", name, text.Value)
	})
}

// header adds a header parameter to the token request, with this one value.
func (d document) header(name, value string, required bool) {
	d.t.Helper()
	op := d.token()
	list := d.get(op, "parameters")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode}
		d.set(op, "parameters", list)
	}
	list.Content = append(list.Content, d.node(fmt.Sprintf(
		"{name: %s, in: header, required: %t, description: Made up., schema: {type: string, enum: [%q]}, example: %q}", name, required, value, value)))
	if required {
		d.curls(func(text string) string {
			return strings.TrimRight(text, "\n") + fmt.Sprintf(" \\\n  -H '%s: %s'\n", name, value)
		})
	}
}

// curls changes the curl commands.
func (d document) curls(change func(string) string) {
	d.t.Helper()
	for _, sample := range d.must(d.token(), "x-codeSamples").Content {
		source := d.must(sample, "source")
		source.Value = change(source.Value)
	}
}

// answer adds a member to the answer with the token, and to its examples.
func (d document) answer(name, schema, value string, required bool) {
	d.t.Helper()
	media := d.media(d.must(d.token(), "responses", "200"))
	object := d.holder(d.must(media, "schema"), func(s *yaml.Node) bool { return d.get(s, "properties", "access_token") != nil },
		func(s *yaml.Node) *yaml.Node { return d.get(s, "properties") })
	d.property(object, name, schema, required)
	for _, example := range d.values(media) {
		token := d.holder(example, func(n *yaml.Node) bool { return d.get(n, "access_token") != nil },
			func(n *yaml.Node) *yaml.Node { return n })
		d.set(token, name, d.node(value))
	}
}

// holder returns the node for which is holds: this one, or one of those that it contains.
func (d document) holder(node *yaml.Node, is func(*yaml.Node) bool, inner func(*yaml.Node) *yaml.Node) *yaml.Node {
	d.t.Helper()
	if is(node) {
		return node
	}
	for _, n := range inner(node).Content {
		if n = d.follow(n); is(n) {
			return n
		}
	}
	d.t.Fatal("no access_token in the answer")
	return nil
}
