package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// checkNames finds names in a request that the document does not have. The validator allows unknown
// parameters and members, as servers do, but the SDK must not send them. OneFinOps, for example,
// has no scope.
func checkNames(route *routers.Route, r *http.Request, body []byte) error {
	var problems []error
	for _, name := range sorted(r.URL.Query()) {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			problems = append(problems, fmt.Errorf("query parameter %q is not in the document", name))
		}
	}
	if len(body) == 0 {
		return errors.Join(problems...)
	}
	if route.Operation.RequestBody == nil {
		return errors.Join(append(problems, errors.New("a body where the document has none"))...)
	}
	content := route.Operation.RequestBody.Value.Content.Get(r.Header.Get("Content-Type"))
	if content == nil {
		return errors.Join(problems...) // the validator reports it
	}
	known := map[string]bool{}
	if properties(known, content.Schema) {
		return errors.Join(problems...) // the document allows others
	}
	for _, name := range members(r.Header.Get("Content-Type"), body) {
		if !known[name] {
			problems = append(problems, fmt.Errorf("member %q is not in the document", name))
		}
	}
	return errors.Join(problems...)
}

// members returns the names in a form or a JSON object, or none for another body.
func members(contentType string, body []byte) []string {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	if mediaType == "application/x-www-form-urlencoded" {
		form, _ := url.ParseQuery(string(body))
		return sorted(form)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	return sorted(object)
}

// properties adds the names of a schema's properties. It reports whether the schema allows others.
func properties(into map[string]bool, schema *openapi3.SchemaRef) (others bool) {
	if schema == nil || schema.Value == nil {
		return false
	}
	others = schema.Value.AdditionalProperties.Has != nil && *schema.Value.AdditionalProperties.Has
	for name := range schema.Value.Properties {
		into[name] = true
	}
	for _, parts := range []openapi3.SchemaRefs{schema.Value.OneOf, schema.Value.AnyOf, schema.Value.AllOf} {
		for _, part := range parts {
			others = properties(into, part) || others
		}
	}
	return others
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
