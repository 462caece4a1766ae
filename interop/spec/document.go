// Package spec compares HTTP traffic with the project's OpenAPI documents: whatever passes a
// [Checker.Handler] is compared with the operation it belongs to, the request and the answer alike.
package spec

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// A Document is one vendor's OpenAPI document, with its servers moved to paths of one handler.
type Document struct {
	Vendor string
	mounts []string // the paths, without a slash at the end
	router routers.Router
}

// Load reads a document. mounts says, for each server URL in it, below which path of the handler
// that server is found. Every server of the document must be named, so that the checker misses
// none.
func Load(vendor, file string, mounts map[string]string) (*Document, error) {
	registerHTML()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("spec: %s: %w", vendor, err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("spec: %s: %w", vendor, err)
	}
	d := &Document{Vendor: vendor}
	if doc.Servers, err = d.move(doc.Servers, mounts); err != nil {
		return nil, err
	}
	for _, path := range doc.Paths.Keys() {
		item := doc.Paths.Value(path)
		if len(item.Servers) == 0 {
			continue
		}
		if item.Servers, err = d.move(item.Servers, mounts); err != nil {
			return nil, err
		}
	}
	if d.router, err = gorillamux.NewRouter(doc); err != nil {
		return nil, fmt.Errorf("spec: %s: %w", vendor, err)
	}
	return d, nil
}

func (d *Document) move(servers openapi3.Servers, mounts map[string]string) (openapi3.Servers, error) {
	var moved openapi3.Servers
	for _, server := range servers {
		path, known := mounts[server.URL]
		if !known { // the constants of the generated code have the defaults of variables
			url := server.URL
			for name, variable := range server.Variables {
				url = strings.ReplaceAll(url, "{"+name+"}", variable.Default)
			}
			path, known = mounts[url]
		}
		if !known {
			return nil, fmt.Errorf("spec: %s: the place of server %s is unknown: name it in ForSandbox", d.Vendor, server.URL)
		}
		path = strings.TrimSuffix(path, "/")
		d.mounts = append(d.mounts, path)
		moved = append(moved, &openapi3.Server{URL: path + "/"})
	}
	return moved, nil
}

// serves reports whether a path belongs to one of the document's servers.
func (d *Document) serves(path string) bool {
	for _, mount := range d.mounts {
		if path == mount || strings.HasPrefix(path, mount+"/") {
			return true
		}
	}
	return false
}

// find returns the operation that a request is for, or nil where the document has none.
func (d *Document) find(r *http.Request) (*routers.Route, map[string]string) {
	route, params, err := d.router.FindRoute(r)
	if err != nil || route.Operation == nil {
		return nil, nil
	}
	return route, params
}

// Names reports whether the document has a status, or a range that it is in, for the operation that
// a request is for.
func (d *Document) Names(r *http.Request, status int) bool {
	route, _ := d.find(r)
	if route == nil {
		return false
	}
	named := route.Operation.Responses.Status(status)
	return named != nil && named != route.Operation.Responses.Default()
}

// registerHTML makes the validator read a page as text. It knows no media type but the common ones
// for data.
var registerHTML = sync.OnceFunc(func() {
	openapi3filter.RegisterBodyDecoder("text/html", func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		text, err := io.ReadAll(body)
		return string(text), err
	})
})
