package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schema is a JSON Schema without references.
type schema struct {
	Type          string             `json:"type,omitempty"`
	Format        string             `json:"format,omitempty"`
	Description   string             `json:"description,omitempty"`
	Enum          []any              `json:"enum,omitempty"`
	Default       any                `json:"default,omitempty"`
	Nullable      bool               `json:"nullable,omitempty"`
	Pattern       string             `json:"pattern,omitempty"`
	MinLength     uint64             `json:"minLength,omitempty"`
	MaxLength     *uint64            `json:"maxLength,omitempty"`
	Minimum       *float64           `json:"minimum,omitempty"`
	Maximum       *float64           `json:"maximum,omitempty"`
	MinItems      uint64             `json:"minItems,omitempty"`
	MaxItems      *uint64            `json:"maxItems,omitempty"`
	Required      []string           `json:"required,omitempty"`
	Properties    map[string]*schema `json:"properties,omitempty"`
	Additional    any                `json:"additionalProperties,omitempty"` // false or a schema
	Items         *schema            `json:"items,omitempty"`
	OneOf         []*schema          `json:"oneOf,omitempty"`
	AnyOf         []*schema          `json:"anyOf,omitempty"`
	AllOf         []*schema          `json:"allOf,omitempty"`
	Discriminator string             `json:"discriminator,omitempty"`

	model string // its name among the components
}

// plain copies a schema and everything that it refers to.
func plain(ref *openapi3.SchemaRef) (*schema, error) { return copySchema(ref, nil) }

func copySchema(ref *openapi3.SchemaRef, within []*openapi3.Schema) (*schema, error) {
	if ref == nil || ref.Value == nil {
		return nil, nil
	}
	from := ref.Value
	if slices.Contains(within, from) {
		return nil, errors.New(ref.Ref + " refers to itself")
	}
	within = append(slices.Clip(within), from)
	s := &schema{
		Format:      from.Format,
		Description: strings.TrimSpace(from.Description),
		Enum:        from.Enum,
		Default:     from.Default,
		Nullable:    from.Nullable,
		Pattern:     from.Pattern,
		MinLength:   from.MinLength,
		MaxLength:   from.MaxLength,
		Minimum:     from.Min,
		Maximum:     from.Max,
		MinItems:    from.MinItems,
		MaxItems:    from.MaxItems,
		Required:    from.Required,
		model:       strings.TrimPrefix(ref.Ref, "#/components/schemas/"),
	}
	if from.Type != nil && len(*from.Type) > 0 {
		s.Type = (*from.Type)[0]
	}
	if from.Discriminator != nil {
		s.Discriminator = from.Discriminator.PropertyName
	}
	var err error
	for name, property := range from.Properties {
		if s.Properties == nil {
			s.Properties = make(map[string]*schema)
		}
		if s.Properties[name], err = copySchema(property, within); err != nil {
			return nil, err
		}
	}
	if s.Items, err = copySchema(from.Items, within); err != nil {
		return nil, err
	}
	switch {
	case from.AdditionalProperties.Schema != nil:
		if s.Additional, err = copySchema(from.AdditionalProperties.Schema, within); err != nil {
			return nil, err
		}
	case from.AdditionalProperties.Has != nil && !*from.AdditionalProperties.Has:
		s.Additional = false
	}
	for _, list := range []struct {
		from openapi3.SchemaRefs
		to   *[]*schema
	}{{from.OneOf, &s.OneOf}, {from.AnyOf, &s.AnyOf}, {from.AllOf, &s.AllOf}} {
		for _, variant := range list.from {
			v, err := copySchema(variant, within)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, v)
		}
	}
	return s, nil
}

// members returns the properties of an object and of its allOf, in the order of required and then
// by name.
func (s *schema) members() (names []string, required map[string]bool, properties map[string]*schema) {
	required, properties = make(map[string]bool), make(map[string]*schema)
	var first []string
	var walk func(*schema)
	walk = func(s *schema) {
		for _, part := range s.AllOf {
			walk(part)
		}
		for _, name := range s.Required {
			if !required[name] {
				first = append(first, name)
			}
			required[name] = true
		}
		for name, property := range s.Properties {
			properties[name] = property
		}
	}
	walk(s)
	for _, name := range first {
		if properties[name] != nil {
			names = append(names, name)
		}
	}
	var rest []string
	for name := range properties {
		if !required[name] {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...), required, properties
}

// constant returns the only value that s allows, as JSON.
func (s *schema) constant() (json.RawMessage, bool, error) {
	if s == nil {
		return nil, false, nil
	}
	for _, part := range s.AllOf {
		if value, ok, err := part.constant(); ok || err != nil {
			return value, ok, err
		}
	}
	if len(s.Enum) != 1 {
		return nil, false, nil
	}
	kind := ""
	switch value := s.Enum[0].(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if value == math.Trunc(value) {
			kind = "integer"
		}
		if math.Abs(value) >= 1<<53 && s.Type == "integer" {
			return nil, false, fmt.Errorf("enum with the one value %.0f, which has more digits than are read exactly", value)
		}
	default:
		return nil, false, fmt.Errorf("enum with the one value %v, which is neither text nor number nor boolean", value)
	}
	if s.Type != "" && s.Type != kind && !(s.Type == "number" && kind == "integer") {
		return nil, false, fmt.Errorf("enum with the one value %v, which is no %s", s.Enum[0], s.Type)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s.Enum[0])
	return bytes.TrimSpace(text.Bytes()), err == nil, err
}
