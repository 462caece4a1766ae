package main

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// calls returns the operations of the resource API.
func (v *vendor) calls() (found []*operation) {
	for _, op := range v.document.Operations {
		if slices.Contains(op.Tags, "api") {
			found = append(found, op)
		}
	}
	return found
}

// checkCalls fails for operations that have no Go name of their own, and for calls of the resource
// API that no typed client can have.
func (v *vendor) checkCalls() error {
	names := make(map[string]string)
	for _, op := range v.document.Operations {
		name := goName(op.OperationID)
		if name == "" {
			return fmt.Errorf("%s %s: the operationId %q has no name in Go", op.Method, op.Path, op.OperationID)
		}
		if other, ok := names[name]; ok {
			return fmt.Errorf("operations %q and %q have the same name in Go, %s", other, op.OperationID, name)
		}
		names[name] = op.OperationID
	}
	for _, op := range v.calls() {
		if op.RequestBody != nil {
			body, ok := op.RequestBody.Content["application/json"]
			if !ok {
				return fmt.Errorf("%s: its request is %s, and the client sends application/json: name the call in x-not-covered instead", op.OperationID, strings.Join(op.bodies(), ", "))
			}
			if err := body.checkModel(); err != nil {
				return fmt.Errorf("%s: its request %w", op.OperationID, err)
			}
			if len(body.Examples) == 0 {
				return fmt.Errorf("%s: its request has no example", op.OperationID)
			}
		}
		for status, r := range op.Responses {
			for _, body := range r.Content {
				if err := body.checkModel(); err != nil {
					return fmt.Errorf("%s: its answer %s %w", op.OperationID, status, err)
				}
			}
		}
	}
	return nil
}

// checkModel fails for an object that is not among the components, and for members of objects that
// would have one name in Go.
func (m media) checkModel() error {
	if m.Schema == nil {
		return nil
	}
	for _, s := range []*schema{m.Schema, m.Schema.Items} {
		if s != nil && s.model == "" && len(s.Properties) > 0 {
			return errors.New("is an object without a name: put its schema among the components")
		}
	}
	return m.Schema.checkNames()
}

// checkNames fails where two members of an object have the same name in Go.
func (s *schema) checkNames() error {
	if s == nil {
		return nil
	}
	members, _, properties := s.members()
	taken := make(map[string]string)
	for _, member := range members {
		name := goName(member)
		if other, ok := taken[name]; ok && name != "" {
			return fmt.Errorf("has members %q and %q, which have the same name in Go, %s", other, member, name)
		}
		taken[name] = member
		if err := properties[member].checkNames(); err != nil {
			return err
		}
	}
	return s.Items.checkNames()
}

// withoutHeaders removes the header fields of responses, which callers read from the http.Response:
// the generated client would refuse an answer with a header field that it cannot parse.
func withoutHeaders(doc *openapi3.T) {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, ref := range op.Responses.Map() {
				ref.Value.Headers = nil
			}
		}
	}
}

// sendCalls makes the resource API's client send its requests by package apicall. If the body of an
// answer is invalid, the client keeps the error for Err and returns the answer.
func (v *vendor) sendCalls(text string) (string, error) {
	for _, op := range v.calls() {
		name := goName(op.OperationID)
		sent, parsed := 0, 0
		parts := strings.Split(text, "\nfunc ")
		for i, part := range parts {
			switch {
			case strings.HasPrefix(part, "(c *Client) "+name+"("), strings.HasPrefix(part, "(c *Client) "+name+"WithBody("):
				sent += strings.Count(part, "return c.Client.Do(req)")
				part = strings.Replace(part, "return nil, err\n", "return nil, "+op.variable()+".Invalid(err)\n", 1) // of the request's builder
				part = strings.Replace(part, "return nil, err\n", "return nil, "+op.variable()+".Unsent(err)\n", 1)  // of an editor
				parts[i] = strings.Replace(part, "return c.Client.Do(req)", "return apicall.Do(c.Client, req, "+op.variable()+")", 1)
			case strings.HasPrefix(part, "Parse"+name+"Response("):
				parsed++
				part = strings.ReplaceAll(part, "if err := json.Unmarshal(bodyBytes, &dest); err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tresponse.",
					"if response.decoding = apicall.Decode(bodyBytes, &dest); response.decoding != nil {\n\t\t\tbreak\n\t\t}\n\t\tresponse.")
				part = strings.ReplaceAll(part, `strings.Contains(rsp.Header.Get("Content-Type"), "json")`, "apicall.IsJSON(rsp, bodyBytes)")
				if all := op.successes(); len(all) == 1 { // the vendor may choose another status of success
					part = strings.Replace(part, "rsp.StatusCode == "+strings.TrimPrefix(all[0], "JSON")+":", "rsp.StatusCode/100 == 2:", 1)
				}
				parts[i] = part
			}
		}
		text = strings.Join(parts, "\nfunc ")
		fields := "type " + name + "Response struct {\n\tBody         []byte\n\tHTTPResponse *http.Response\n"
		if want := 1 + min(len(op.bodies()), 1); sent != want || parsed != 1 || !strings.Contains(text, fields) {
			return "", fmt.Errorf("%s: oapi-codegen writes calls differently than the known version: adapt sendCalls", op.OperationID)
		}
		text = strings.Replace(text, fields, fields+"\tdecoding     error // of the body\n", 1)
	}
	return text, nil
}

// bodies returns the media types of the request for which the client has a type.
func (op *operation) bodies() []string {
	if op.RequestBody == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(op.RequestBody.Content))
}

// variable returns the name of the variable that describes an operation to package apicall.
func (op *operation) variable() string { return "call" + goName(op.OperationID) }

// idempotencyKey returns the operation's parameter for an idempotency key, or nil.
func (op *operation) idempotencyKey() *parameter {
	i := slices.IndexFunc(op.Parameters, func(p parameter) bool { return p.In == "header" && strings.EqualFold(p.Name, "Idempotency-Key") })
	if i < 0 {
		return nil
	}
	return &op.Parameters[i]
}

// required returns the names of the required parameters in a place, without the idempotency key,
// which the client can make.
func (op *operation) required(place string) (names []string) {
	for i := range op.Parameters {
		if p := &op.Parameters[i]; p.In == place && p.Required && p != op.idempotencyKey() {
			names = append(names, p.Name)
		}
	}
	return names
}

// writeCalls adds the Err methods of the resource API's responses, and what the document says about
// their outcomes.
func (v *vendor) writeCalls(files map[string][]byte) error {
	if len(v.calls()) == 0 {
		return nil
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\npackage %sapi\n\nimport (\n\"cmp\"\n\"context\"\n\"iter\"\n\n%q\n)\n", v.notice(""), v.name, module+"/internal/apicall")
	for _, op := range v.calls() {
		name := goName(op.OperationID)
		fmt.Fprintf(&out, "\nvar %s = &apicall.Operation{\nVendor: %q,\nID: %q,\n", op.variable(), v.name, name)
		if op.Product != "" {
			fmt.Fprintf(&out, "Product: %q,\n", product{Name: op.Product}.Value())
		}
		if key := op.idempotencyKey(); key != nil && key.Required {
			out.WriteString("NeedsKey: true,\n")
		}
		for _, place := range []string{"Header", "Query"} {
			if names := op.required(strings.ToLower(place)); len(names) > 0 {
				fmt.Fprintf(&out, "%s: []string{%s},\n", place, quoted(names))
			}
		}
		out.WriteString("Answers: []apicall.Answer{\n")
		var typed []string
		for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
			answer, field := op.Responses[status].answer(status)
			out.WriteString(answer)
			if field != "" {
				typed = append(typed, "r."+field+" != nil")
			}
		}
		out.WriteString("},\n}\n")
		if len(typed) == 0 {
			typed = []string{"false"}
		}
		out.WriteString("\n" + wrapComment("Err returns nil if the API answered with the documented success. Otherwise it returns a *finsdk.APIError. "+
			"It is also one if a success has a body of another type, which leaves the typed fields nil."))
		fmt.Fprintf(&out, "func (r %sResponse) Err() error { return %s.Err(r.HTTPResponse, r.Body, %s, r.decoding) }\n", name, op.variable(), strings.Join(typed, " || "))
		if op.idempotencyKey() != nil {
			out.WriteString("\n" + wrapComment("IdempotencyKey returns the key that the request was sent with, which may have been made for it. "+
				"Send it again to repeat the call without repeating its effect."))
			fmt.Fprintf(&out, "func (r %sResponse) IdempotencyKey() string { return apicall.Key(r.HTTPResponse) }\n", name)
		}
	}
	p, err := readAPI(files[path.Join(v.gen(), "api", "api.gen.go")])
	if err != nil {
		return err
	}
	if err := v.writePages(&out, p); err != nil {
		return err
	}
	text, err := tidy(out.String())
	files[path.Join(v.gen(), "api", "calls.gen.go")] = text
	return err
}

// answer returns the Go value for the answers with a status, and the response's field for a
// success.
func (r *response) answer(status string) (text, field string) {
	var out strings.Builder
	fmt.Fprintf(&out, "{Status: %q", status)
	for _, mediaType := range slices.Sorted(maps.Keys(r.Content)) {
		if !strings.Contains(mediaType, "json") {
			continue
		}
		body := r.Content[mediaType]
		success := strings.HasPrefix(status, "2")
		if success {
			field = "JSON" + status
			out.WriteString(", JSON: true")
		}
		if body.Schema != nil && success {
			names, required, properties := body.Schema.members()
			names = slices.DeleteFunc(names, func(name string) bool { return !required[name] || properties[name].Nullable })
			if len(names) > 0 {
				fmt.Fprintf(&out, ", Required: []string{%s}", quoted(names))
			}
			if constants := constantMembers(properties); constants != "" {
				out.WriteString(", Constants: map[string]string{" + constants + "}")
			}
		}
		if p := body.Error; p != nil {
			out.WriteString(", Parts: apicall.Parts{")
			for _, one := range [][2]string{{"Code", p.Code}, {"Message", p.Message}, {"RequestID", p.RequestID}, {"Fields", p.Fields}, {"Upstream", p.Upstream}} {
				if one[1] != "" {
					fmt.Fprintf(&out, "%s: %q, ", one[0], one[1])
				}
			}
			out.WriteString("}")
		}
		break
	}
	if hint := r.hint(); hint != "" {
		fmt.Fprintf(&out, ", Hint: %q", hint)
	}
	out.WriteString("},\n")
	return out.String(), field
}

// constantMembers returns the members that can have only one value, as the entries of a Go map.
func constantMembers(properties map[string]*schema) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if value, ok, err := properties[name].constant(); ok && err == nil {
			out = append(out, fmt.Sprintf("%q: %q", name, value))
		}
	}
	return strings.Join(out, ", ")
}

// hint returns the response's hint as a part of an error: in lower case at its start, and without a
// full stop.
func (r *response) hint() string {
	return lowerFirst(strings.TrimSuffix(strings.TrimSpace(r.Hint), "."))
}

// lowerFirst returns text with its first letter in lower case, unless an initialism begins there.
func lowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if second, _ := utf8.DecodeRuneInString(text[size:]); size > 0 && !unicode.IsUpper(second) && !unicode.IsDigit(second) {
		text = string(unicode.ToLower(first)) + text[size:]
	}
	return text
}

func quoted(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%q", name))
	}
	return strings.Join(out, ", ")
}
