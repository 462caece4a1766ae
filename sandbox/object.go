package sandbox

import "github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"

// object is a JSON object whose members keep their order, and member is one of them.
type (
	object = jsondoc.Object
	member = jsondoc.Member
)
