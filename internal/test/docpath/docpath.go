// Package docpath tells tests the paths of a vendor's operations, which its document decides.
package docpath

import (
	"encoding/json"
	"fmt"
	"regexp"
)

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// Of returns the path of an operation in a document.json. The values replace the parameters of the
// path, in their order; values for which there is no parameter are not used.
func Of(document []byte, operationID string, values ...string) string {
	var d struct {
		Operations []struct{ OperationID, Path string }
	}
	if err := json.Unmarshal(document, &d); err != nil {
		panic(err) // it is generated
	}
	for _, op := range d.Operations {
		if op.OperationID == operationID {
			return parameter.ReplaceAllStringFunc(op.Path, func(name string) string {
				if len(values) == 0 {
					return name
				}
				value := values[0]
				values = values[1:]
				return value
			})
		}
	}
	panic(fmt.Sprintf("the document has no operation %s", operationID))
}
