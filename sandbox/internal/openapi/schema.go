package openapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Schema is the part of JSON Schema that the documents use to tell a good value from a bad one.
type Schema struct {
	Type       string
	Format     string
	Nullable   bool
	Enum       []any
	Required   []string
	Properties map[string]*Schema
	Items      *Schema
	OneOf      []*Schema
	MinItems   int
	MinLength  int
	MaxLength  *int
	Minimum    *json.Number
	Maximum    *json.Number
	Pattern    string
	AllOf      []*Schema // until Parse has merged them
	Default    any
	Example    any

	pattern *regexp.Regexp
}

// settle compiles the patterns of a schema and of all below it, and merges what it is made of.
func (s *Schema) settle() (err error) {
	if s == nil {
		return nil
	}
	if s.Pattern != "" {
		if s.pattern, err = regexp.Compile(s.Pattern); err != nil {
			return err
		}
	}
	for _, part := range s.AllOf {
		s.merge(part)
	}
	s.AllOf = nil
	for _, below := range slices.Concat(slices.Collect(maps.Values(s.Properties)), s.OneOf, []*Schema{s.Items}) {
		if err := below.settle(); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of an object that s includes.
func (s *Schema) merge(part *Schema) {
	for _, deeper := range part.AllOf {
		s.merge(deeper)
	}
	s.Type = cmp.Or(s.Type, part.Type)
	s.Required = append(s.Required, part.Required...)
	if s.Properties == nil {
		s.Properties = map[string]*Schema{}
	}
	for name, property := range part.Properties {
		if s.Properties[name] == nil {
			s.Properties[name] = property
		}
	}
}

// A Problem is the reason why a value is refused. Path is empty for the whole body.
type Problem struct {
	Path string // such as items[0].hsnCode
	Text string // such as "is required"
}

func (p Problem) String() string {
	if p.Path == "" {
		return "The body " + p.Text
	}
	return p.Path + " " + p.Text
}

// Error makes an error of the problem.
func (p Problem) Error() string { return p.String() }

// Check returns the problems of a value that was decoded with json.Decoder.UseNumber.
func (s *Schema) Check(value any) []Problem { return s.check("", value) }

func (s *Schema) check(path string, value any) []Problem {
	if s == nil {
		return nil
	}
	wrong := func(text string, args ...any) []Problem {
		return []Problem{{Path: path, Text: fmt.Sprintf(text, args...)}}
	}
	if value == nil {
		if s.Nullable || s.Type == "" && len(s.OneOf) == 0 {
			return nil
		}
		return wrong("must not be null")
	}
	if len(s.OneOf) > 0 {
		if problems := s.checkOne(path, value); problems != nil {
			return problems
		}
	}
	if s.Type != "" && !isOf(s.Type, value) {
		return wrong("has to be %s", article(s.Type))
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return equal(e, value) }) {
		return wrong("has to be %s", oneOf(s.Enum))
	}
	switch v := value.(type) {
	case string:
		return s.checkText(wrong, v)
	case json.Number:
		return s.checkNumber(wrong, v)
	case []any:
		if len(v) < s.MinItems {
			return wrong("has to have at least %d items", s.MinItems)
		}
		var problems []Problem
		for i, item := range v {
			problems = append(problems, s.Items.check(path+"["+strconv.Itoa(i)+"]", item)...)
		}
		return problems
	case map[string]any:
		return s.checkObject(path, v)
	}
	return nil
}

// checkOne takes a value that one of the schemas takes.
func (s *Schema) checkOne(path string, value any) []Problem {
	var first []Problem
	for i, one := range s.OneOf {
		problems := one.check(path, value)
		if problems == nil {
			return nil
		}
		// The nearest schema has the most useful problems.
		if i == 0 || len(problems) < len(first) {
			first = problems
		}
	}
	return first
}

func (s *Schema) checkObject(path string, members map[string]any) []Problem {
	var problems []Problem
	below := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	for _, name := range s.Required {
		if _, ok := members[name]; !ok {
			problems = append(problems, Problem{below(name), "is required"})
		}
	}
	for _, name := range s.Names() {
		if value, ok := members[name]; ok {
			problems = append(problems, s.Properties[name].check(below(name), value)...)
		}
	}
	return problems
}

// names adds the properties' names to a set, at every depth.
func (s *Schema) names(members map[string]bool) {
	if s == nil {
		return
	}
	for name, property := range s.Properties {
		members[name] = true
		property.names(members)
	}
	s.Items.names(members)
	for _, one := range s.OneOf {
		one.names(members)
	}
}

// Names are the properties' names in order.
func (s *Schema) Names() []string { return slices.Sorted(maps.Keys(s.Properties)) }

func (s *Schema) checkText(wrong func(string, ...any) []Problem, text string) []Problem {
	switch n := utf8.RuneCountInString(text); {
	case n < s.MinLength && n == 0:
		return wrong("must not be empty")
	case n < s.MinLength:
		return wrong("has to have at least %d characters", s.MinLength)
	case s.MaxLength != nil && n > *s.MaxLength:
		return wrong("has to have at most %d characters", *s.MaxLength)
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		return wrong("has to match %s", s.Pattern)
	}
	if s.Format == "date" {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return wrong("has to be a date such as 2026-05-14")
		}
	}
	return nil
}

func (s *Schema) checkNumber(wrong func(string, ...any) []Problem, n json.Number) []Problem {
	switch {
	case s.Minimum != nil && compare(n, *s.Minimum) < 0:
		return wrong("has to be at least %s", *s.Minimum)
	case s.Maximum != nil && compare(n, *s.Maximum) > 0:
		return wrong("has to be at most %s", *s.Maximum)
	}
	return nil
}

// As returns a value of Go in the schema's type: a number as text, a text as a number or a list of
// words, and so on. It returns the value itself if it has no such form.
func (s *Schema) As(value any) any {
	if s == nil {
		return value
	}
	text, isText := value.(string)
	words, isWords := value.([]string)
	switch {
	case s.Type == "string" && isWords:
		return strings.Join(words, " ")
	case s.Type == "string" && !isText:
		if written, err := json.Marshal(value); err == nil && strings.Trim(string(written), "-.0123456789truefals") == "" {
			return string(written)
		}
	case s.Type == "array" && isText:
		return strings.Fields(text)
	case isText:
		return s.read(text)
	}
	return value
}

// isOf reports whether a value is of a JSON Schema type.
func isOf(kind string, value any) bool {
	switch v := value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case json.Number:
		if kind == "integer" {
			if _, err := v.Int64(); err == nil {
				return true
			}
			f, err := v.Float64() // 7.0 is one, too
			return err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<63
		}
		return kind == "number"
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

func equal(a, b any) bool {
	x, ok := a.(json.Number)
	y, ok2 := b.(json.Number)
	if ok && ok2 {
		return compare(x, y) == 0
	}
	return reflect.DeepEqual(a, b)
}

// compare compares two numbers: exactly if both are integers of 64 bits.
func compare(a, b json.Number) int {
	x, errX := a.Int64()
	y, errY := b.Int64()
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	f, _ := a.Float64() // an infinity if it is too large
	g, _ := b.Float64()
	return cmp.Compare(f, g)
}

func article(kind string) string {
	if strings.ContainsAny(kind[:1], "aio") {
		return "an " + kind
	}
	return "a " + kind
}

func oneOf(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "one of " + strings.Join(texts, ", ")
}

// Make returns a value that matches the schema: its example, its only or first constant, or one of
// its type.
func (s *Schema) Make() any {
	switch {
	case s == nil:
		return nil
	case s.Example != nil:
		return s.Example
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.OneOf) > 0:
		return s.OneOf[0].Make()
	}
	switch s.Type {
	case "string":
		return s.makeText()
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return json.Number("1")
	case "boolean":
		return true
	case "array":
		return []any{s.Items.Make()}
	}
	members := map[string]any{}
	for name, property := range s.Properties {
		members[name] = property.Make()
	}
	return members
}

func (s *Schema) makeText() string {
	switch s.Format {
	case "date":
		return "2026-05-14"
	case "date-time":
		return "2026-05-14T10:15:30Z"
	case "uuid":
		return "3f0b1c88-6d80-4c17-bb3e-1d68e6d26405"
	case "email":
		return "hello@example.com"
	}
	const text = "text"
	return text + strings.Repeat("x", max(0, s.MinLength-len(text)))
}
