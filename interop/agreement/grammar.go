package agreement

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/finsdk/finsdk-go/interop/table"
	"github.com/finsdk/finsdk-go/sandbox"
)

// A form is one kind of token request that a vendor's document allows, with valid values.
type form struct {
	vendor      sandbox.Vendor
	method      string
	realm, path string
	contentType string
	fields      []field
	before      []table.Request // requests that make the values valid
}

// A field is a name and a value of a form.
type field struct{ name, value string }

const refreshToken = "${1.refresh_token}"

// right are the values that the realm files need where a document allows any.
var right = map[sandbox.Vendor]map[string]string{
	sandbox.Finventi:  {"client_id": "sti-client", "client_secret": "s3cr3t-sti"},
	sandbox.FinAPI:    {"username": "anna", "password": "pw-anna", "refresh_token": refreshToken},
	sandbox.OneFinOps: {"client_id": "ofin_test_abc", "client_secret": "s3cr3t-ofin-test"},
}

var realmOf = map[sandbox.Vendor]string{sandbox.Finventi: "sti-connector", sandbox.FinAPI: "customer", sandbox.OneFinOps: "onefinops"}

// forms reads the token operations of the documents in a directory.
func forms(directory string) ([]form, error) {
	var all []form
	for _, v := range []sandbox.Vendor{sandbox.Finventi, sandbox.FinAPI, sandbox.OneFinOps} {
		document, err := openapi3.NewLoader().LoadFromFile(filepath.Join(directory, string(v)+".yaml"))
		if err != nil {
			return nil, fmt.Errorf("agreement: %s: %w", v, err)
		}
		found := 0
		for _, path := range document.Paths.InMatchingOrder() {
			for method, operation := range document.Paths.Value(path).Operations() {
				if operation.OperationID != "IssueToken" {
					continue
				}
				found++
				of, err := formsOf(v, method, path, operation)
				if err != nil {
					return nil, err
				}
				all = append(all, of...)
			}
		}
		if found != 1 {
			return nil, fmt.Errorf("agreement: %s: %d operations IssueToken, want one", v, found)
		}
	}
	return all, nil
}

func formsOf(v sandbox.Vendor, method, path string, operation *openapi3.Operation) ([]form, error) {
	_, below, _ := strings.Cut(path, "/realms/")
	_, below, ok := strings.Cut(below, "/")
	if !ok || operation.RequestBody == nil || len(operation.RequestBody.Value.Content) != 1 {
		return nil, fmt.Errorf("agreement: %s: %s is no token operation", v, path)
	}
	var all []form
	for contentType, media := range operation.RequestBody.Value.Content {
		variants := openapi3.SchemaRefs{media.Schema}
		if of := media.Schema.Value.OneOf; len(of) > 0 {
			variants = of
		}
		for _, variant := range variants {
			f := form{vendor: v, method: method, realm: realmOf[v], path: "/" + below, contentType: contentType}
			for _, name := range variant.Value.Required {
				f.fields = append(f.fields, field{name, valueOf(v, name, variant.Value.Properties[name])})
			}
			if slices.ContainsFunc(f.fields, func(f field) bool { return f.value == refreshToken }) {
				f.before = []table.Request{all[0].request()}
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// valueOf returns the value that the realm files need, or else one of the document's.
func valueOf(v sandbox.Vendor, name string, property *openapi3.SchemaRef) string {
	if value := right[v][name]; value != "" {
		return value
	}
	if property != nil {
		for _, value := range append(slices.Clone(property.Value.Enum), property.Value.Default, property.Value.Example) {
			if value != nil {
				return fmt.Sprint(value)
			}
		}
	}
	return "x"
}

// request returns the valid request.
func (f form) request() table.Request {
	r := table.Request{Method: f.method, Realm: f.realm, Path: f.path}
	for _, x := range f.fields {
		r.Form = append(r.Form, x.name, x.value)
	}
	return r
}
