package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// CheckParameters returns the problems of the headers, the query and the path of a request.
func (op *Operation) CheckParameters(r *http.Request) []Problem {
	var problems []Problem
	query := r.URL.Query()
	for _, p := range op.Parameters {
		var values []string
		switch p.In {
		case "header":
			values = r.Header.Values(p.Name)
		case "query":
			values = query[p.Name]
		case "path":
			values = []string{r.PathValue(p.Name)}
		default:
			continue
		}
		switch {
		case len(values) == 0 && p.Required:
			problems = append(problems, Problem{p.Name, "is required"})
		case len(values) > 0 && p.Schema != nil && p.Schema.Type == "array":
			problems = append(problems, p.Schema.check(p.Name, p.Schema.list(values))...)
		case len(values) > 1 && p.Schema != nil:
			problems = append(problems, Problem{p.Name, "is there more than once"})
		case len(values) == 1 && p.Schema != nil:
			problems = append(problems, p.Schema.check(p.Name, p.Schema.read(values[0]))...)
		}
	}
	return problems
}

// list converts the values of an array's parameter, which is there once for each item, or once with
// commas between the items.
func (s *Schema) list(values []string) (items []any) {
	if len(values) == 1 {
		values = strings.Split(values[0], ",")
	}
	for _, value := range values {
		items = append(items, s.Items.read(value))
	}
	return items
}

// Decode reads a body that is one JSON value, with its numbers as json.Number. It refuses an object
// that has a member twice.
func Decode(body []byte) (any, []Problem) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	var err error
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		value, err = decodeObject(dec)
	} else {
		err = dec.Decode(&value)
	}
	if problem := (Problem{}); errors.As(err, &problem) {
		return nil, []Problem{problem}
	} else if err != nil {
		return nil, []Problem{{"", "is not JSON"}}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, []Problem{{"", "is not one JSON value"}}
	}
	return value, nil
}

func decodeObject(dec *json.Decoder) (map[string]any, error) {
	members := map[string]any{}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, again := members[name]; again {
			return nil, Problem{name, "is there more than once"}
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		members[name] = value
	}
	_, err := dec.Token()
	return members, err
}

// CheckForm returns the problems of a form.
func (m Media) CheckForm(form url.Values) []Problem {
	variants := m.Schema.Variants()
	var best []Problem
	for i, s := range variants {
		members := map[string]any{}
		for name, values := range form {
			members[name] = s.Properties[name].read(values[0])
		}
		problems := s.Check(members)
		if i == 0 || len(problems) < len(best) {
			best = problems
		}
	}
	return best
}

// Variants are the schemas of a body's kinds.
func (s *Schema) Variants() []*Schema {
	switch {
	case s == nil:
		return nil
	case len(s.OneOf) > 0:
		return s.OneOf
	}
	return []*Schema{s}
}

// Variant is the one form among several whose member of a name may have a value, or nil.
func (s *Schema) Variant(name, value string) *Schema {
	for _, v := range s.Variants() {
		p := v.Properties[name]
		if p == nil || len(p.Enum) == 0 || slices.ContainsFunc(p.Enum, func(e any) bool { return e == value }) {
			return v
		}
	}
	return nil
}

// read converts a value of a form, a header or a query to its schema's type. If it cannot, it
// returns the text.
func (s *Schema) read(text string) any {
	if s == nil {
		return text
	}
	switch s.Type {
	case "integer", "number":
		if json.Valid([]byte(text)) {
			if _, err := strconv.ParseFloat(text, 64); err == nil {
				return json.Number(text)
			}
		}
	case "boolean":
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}
