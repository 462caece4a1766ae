// Command examples writes the examples of each OpenAPI document it is given as JSON, so that tests in the root module
// can read them without a YAML parser among its dependencies: specs/V.yaml becomes gen/V/testdata/examples.json.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is what a test gets to see of an OpenAPI document.
type document struct {
	Curls    []curl    `json:"curls"`
	Examples []example `json:"examples"`
}

// curl is a request as a vendor's page shows it.
type curl struct {
	Operation string `json:"operation"`
	Source    string `json:"source"`
}

// example is the body of a request, where Status is empty, or of a response.
type example struct {
	Operation string `json:"operation"`
	Status    string `json:"status,omitempty"`
	Name      string `json:"name"`
	Schema    string `json:"schema"`
	Value     any    `json:"value"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("examples: ")
	if len(os.Args) < 3 {
		log.Fatal("usage: examples GEN_DIRECTORY DOCUMENT...")
	}
	for _, file := range os.Args[2:] {
		if err := write(os.Args[1], file); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
}

func write(gen, file string) error {
	loaded, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return err
	}
	doc, err := read(loaded)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	vendor := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	dir := filepath.Join(gen, vendor, "testdata")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "examples.json"), buf.Bytes(), 0o644)
}

func read(loaded *openapi3.T) (doc document, err error) {
	for _, item := range loaded.Paths.InMatchingOrder() {
		operations := loaded.Paths.Value(item).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			op := operations[method]
			curls, err := readCurls(op)
			if err != nil {
				return doc, err
			}
			doc.Curls = append(doc.Curls, curls...)
			if op.RequestBody != nil {
				doc.Examples = append(doc.Examples, readContent(op.OperationID, "", op.RequestBody.Value.Content)...)
			}
			responses := op.Responses.Map()
			for _, status := range slices.Sorted(maps.Keys(responses)) {
				doc.Examples = append(doc.Examples, readContent(op.OperationID, status, responses[status].Value.Content)...)
			}
		}
	}
	return doc, nil
}

func readContent(operation, status string, content openapi3.Content) (found []example) {
	for _, mediaType := range slices.Sorted(maps.Keys(content)) {
		body := content[mediaType]
		for _, name := range slices.Sorted(maps.Keys(body.Examples)) {
			found = append(found, example{
				Operation: operation,
				Status:    status,
				Name:      name,
				Schema:    path.Base(body.Schema.Ref),
				Value:     body.Examples[name].Value.Value,
			})
		}
	}
	return found
}

func readCurls(op *openapi3.Operation) (found []curl, err error) {
	samples, ok := op.Extensions["x-codeSamples"]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(samples)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("%s: x-codeSamples: %w", op.OperationID, err)
	}
	for i := range found {
		found[i].Operation = op.OperationID
	}
	return found, nil
}
