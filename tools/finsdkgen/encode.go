package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A request is one variant of the token request: what one grant sends.
type request struct {
	Model   string
	Grant   string // the value of grant_type
	Members []member
	JSON    bool
}

// A member is one member of a request, in the order in which it is sent.
type member struct {
	Name     string
	Field    string // of the model
	Type     string // of that field
	Required bool
	Constant json.RawMessage // or nil
	schema   *schema
}

// requests reads the variants of the token operation's body.
func (v *vendor) requests(op *operation, text []byte) ([]request, error) {
	_, found, err := models(text)
	if err != nil {
		return nil, err
	}
	body, isForm := op.RequestBody.Content[formType]
	if !isForm {
		body = op.RequestBody.Content["application/json"]
	}
	if body.Schema == nil {
		return nil, fmt.Errorf("%s takes neither a form nor JSON", op.OperationID)
	}
	variants := []*schema{body.Schema}
	if len(body.Schema.OneOf) > 0 {
		variants = body.Schema.OneOf
	}
	var requests []request
	for _, variant := range variants {
		i := slices.IndexFunc(found, func(m model) bool { return m.Name == goName(variant.model) })
		if i < 0 {
			return nil, fmt.Errorf("the request of %s has a schema without a name: put it among the components", op.OperationID)
		}
		r := request{Model: found[i].Name, JSON: !isForm}
		names, required, properties := variant.members()
		if _, err := uniqueNames(names); err != nil {
			return nil, fmt.Errorf("%s: %w", variant.model, err)
		}
		for _, name := range names {
			j := slices.IndexFunc(found[i].Fields, func(f field) bool { return f.Member == name })
			if j < 0 {
				return nil, fmt.Errorf("%s: no field for member %q", variant.model, name)
			}
			f := found[i].Fields[j]
			m := member{Name: name, Field: f.Name, Type: f.Type, Required: required[name], schema: properties[name]}
			if name == "client_assertion" {
				return nil, fmt.Errorf("%s: client_assertion is not supported: the client authenticates by client_secret, or by HTTP Basic", variant.model)
			}
			if m.Constant, _, err = properties[name].constant(); err != nil {
				return nil, fmt.Errorf("%s: member %q: %w", variant.model, name, err)
			}
			if name == "grant_type" && m.Constant != nil {
				_ = json.Unmarshal(m.Constant, &r.Grant)
			}
			r.Members = append(r.Members, m)
		}
		if r.Grant == "" {
			return nil, fmt.Errorf("%s: grant_type is not one constant: give it an enum with one value, and several grants a oneOf; requests without one are not supported", variant.model)
		}
		requests = append(requests, r)
	}
	return requests, nil
}

// writeEncoders adds a method to each request that encodes it.
func (v *vendor) writeEncoders(files map[string][]byte) error {
	op, err := v.tokenOperation()
	if err != nil {
		return err
	}
	requests, err := v.requests(op, files[path.Join(v.gen(), v.name+".gen.go")])
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\npackage %sgen\n\nimport (\n\"bytes\"\n\"encoding/json\"\n\"fmt\"\n\"net/url\"\n\"strconv\"\n\"strings\"\n\"time\"\n)\n", v.notice(""), v.name)
	for _, r := range requests {
		if r.JSON {
			err = r.writeJSON(&out)
		} else {
			err = r.writeForm(&out)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.Model, err)
		}
	}
	if requests[0].JSON {
		out.WriteString(jsonBody)
	}
	v.tokenRequests = requests
	files[path.Join(v.gen(), "encode.gen.go")], err = tidy(out.String())
	return err
}

func (r request) writeForm(out *strings.Builder) error {
	fmt.Fprintf(out, `
// Form is the request as the token endpoint takes it, application/x-www-form-urlencoded. A member
// that has only one documented value is sent with that value, even if its field holds another.
func (r %s) Form() string {
`, r.Model)
	var form []string // grant_type is one of them
	var optional strings.Builder
	for _, m := range r.Members {
		name := url.QueryEscape(m.Name) + "="
		switch {
		case m.Constant != nil:
			form = append(form, strconv.Quote(name+url.QueryEscape(m.constantText())))
		case m.Required:
			text, err := m.text("r." + m.Field)
			if err != nil {
				return err
			}
			form = append(form, strconv.Quote(name)+" + url.QueryEscape("+text+")")
		default:
			set, value := m.present()
			if set == "" {
				continue
			}
			text, err := m.text(value)
			if err != nil {
				return err
			}
			fmt.Fprintf(&optional, "if %s {\nform += %q + url.QueryEscape(%s)\n}\n", set, "&"+name, text)
		}
	}
	all := strings.ReplaceAll(strings.Join(form, ` + "&" + `), `" + "`, "")
	if optional.Len() == 0 {
		fmt.Fprintf(out, "return %s\n}\n", all)
	} else {
		fmt.Fprintf(out, "form := %s\n%sreturn form\n}\n", all, optional.String())
	}
	return nil
}

// constantText returns the constant as a form has it.
func (m member) constantText() string {
	var s string
	if json.Unmarshal(m.Constant, &s) != nil {
		s = string(m.Constant)
	}
	return s
}

// text returns an expression for a field's value in a form.
func (m member) text(field string) (string, error) {
	switch kind := m.schema.kind(); {
	case kind == "string" && m.schema.Format == "date-time":
		return field + ".Format(time.RFC3339)", nil
	case kind == "string" && strings.Contains(m.Type, "."):
		return "fmt.Sprint(" + field + ")", nil
	case kind == "string" && m.Type == "string":
		return field, nil
	case kind == "string":
		return "string(" + field + ")", nil
	case kind == "integer":
		return "strconv.FormatInt(int64(" + field + "), 10)", nil
	case kind == "number":
		return "strconv.FormatFloat(float64(" + field + "), 'f', -1, 64)", nil
	case kind == "boolean":
		return "strconv.FormatBool(bool(" + field + "))", nil
	}
	return "", fmt.Errorf("member %q is not text, number or boolean, which a form can carry", m.Name)
}

// present returns an expression for whether an optional field is set, and one for its value. Both
// are "" for a field that is never sent.
func (m member) present() (set, value string) {
	field := "r." + m.Field
	switch kind := m.schema.kind(); {
	case strings.HasPrefix(m.Type, "*"):
		return field + " != nil", "*" + field
	case kind == "string" && m.schema.Format == "date-time":
		return "!" + field + ".IsZero()", field
	case kind == "string" && strings.Contains(m.Type, "."):
		return "fmt.Sprint(" + field + ") != \"\"", field
	case kind == "string":
		return field + ` != ""`, field
	case kind == "integer", kind == "number":
		return field + " != 0", field
	case kind == "boolean":
		return "bool(" + field + ")", field
	case kind == "array":
		return "len(" + field + ") > 0", field
	}
	return "", ""
}

func (r request) writeJSON(out *strings.Builder) error {
	fmt.Fprintf(out, `
// JSON encodes the request for the token endpoint: the required members in the document's order,
// then the others. A member that has only one documented value is sent with that value, even if its
// field holds another.
func (r %s) JSON() ([]byte, error) {
var body jsonBody
`, r.Model)
	for _, m := range r.Members {
		switch {
		case m.Constant != nil:
			fmt.Fprintf(out, "body.add(%q, json.RawMessage(%q))\n", m.Name, string(m.Constant))
		case m.Required:
			fmt.Fprintf(out, "body.add(%q, r.%s)\n", m.Name, m.Field)
		default:
			if set, value := m.present(); set != "" {
				fmt.Fprintf(out, "if %s {\nbody.add(%q, %s)\n}\n", set, m.Name, value)
			}
		}
	}
	out.WriteString("return body.bytes()\n}\n")
	for _, m := range r.Members {
		if m.isDigitsOrText() {
			fmt.Fprintf(out, digitsOrText, m.Type)
		}
	}
	return nil
}

// isDigitsOrText reports whether the member is an integer if its value consists of digits, and a
// string otherwise.
func (m member) isDigitsOrText() bool {
	s := m.schema
	return m.Constant == nil && len(s.OneOf) == 2 &&
		(s.OneOf[0].kind() == "integer" && s.OneOf[1].kind() == "string" || s.OneOf[0].kind() == "string" && s.OneOf[1].kind() == "integer")
}

// kind returns the schema's type, which its parts may have.
func (s *schema) kind() string {
	for _, part := range s.AllOf {
		if kind := part.kind(); kind != "" {
			return kind
		}
	}
	if s.Type == "" && len(s.Properties) > 0 {
		return "object"
	}
	return s.Type
}

const digitsOrText = `
// %[1]sOf returns a number with the digits of text if text is a JSON integer, and a string
// otherwise.
func %[1]sOf(text string) %[1]s {
	if text != "" && strings.Trim(text, "0123456789") == "" && (text == "0" || text[0] != '0') {
		return %[1]s{union: json.RawMessage(text)}
	}
	quoted, err := marshal(text)
	if err != nil {
		return %[1]s{}
	}
	return %[1]s{union: quoted}
}
`

const jsonBody = `
// jsonBody is a JSON object whose members keep their order.
type jsonBody struct {
	text bytes.Buffer
	err  error
}

func (b *jsonBody) add(name string, value any) {
	text, err := marshal(value)
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("%s: %w", name, err)
	}
	if b.text.Len() > 0 {
		b.text.WriteByte(',')
	}
	fmt.Fprintf(&b.text, "%q:%s", name, text)
}

func (b *jsonBody) bytes() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	return append(append([]byte{'{'}, b.text.Bytes()...), '}'), nil
}

// marshal encodes value like json.Marshal, without the escapes for HTML.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSpace(out.Bytes()), err
}
`
