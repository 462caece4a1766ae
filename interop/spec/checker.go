package spec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// An Exchange is a request and its answer, as a document sees them.
type Exchange struct {
	Vendor    string
	Operation string      // operationId; empty where the document has no such operation
	Request   string      // method and path
	Status    int         // 0 where no answer was written
	Header    http.Header // of the answer
	Body      string
	// Unnamed says that the document names no such status for the operation; the answer was held
	// against "default".
	Unnamed bool
	// Broken says that the answer was cut off on purpose. It is not checked.
	Broken bool

	RequestErr error // why the request is not one that the document describes
	AnswerErr  error // why the answer is not
}

// String is the exchange in one line, for reports.
func (x Exchange) String() string {
	s := fmt.Sprintf("%s %s (%s): %d", x.Vendor, x.Request, x.Operation, x.Status)
	if x.RequestErr != nil {
		s += fmt.Sprintf("; request: %v", x.RequestErr)
	}
	if x.AnswerErr != nil {
		s += fmt.Sprintf("; answer: %v: %s", x.AnswerErr, x.Body)
	}
	return s
}

// common are the statuses that fall to a document's "default" and are known all the same: they tell
// of a request that no generated client can make, at every operation in the same way.
var common = []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}

// Problem says what is wrong with the answer; empty where the document knows it. Where no operation
// is served, only a redirect is wrong, because it could lead credentials away.
func (x Exchange) Problem() string {
	switch {
	case x.AnswerErr != nil:
		return "an answer that is not in the document"
	case x.Unnamed && !slices.Contains(common, x.Status):
		return "a status that the document does not name"
	case x.Operation == "" && x.Status/100 == 3:
		return "a redirect"
	}
	return ""
}

// A Checker holds traffic against documents.
type Checker struct {
	Documents []*Document
	// Report is told of every exchange with one of the documents' servers. It is called from
	// several goroutines.
	Report func(Exchange)
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken bool
}

// check compares one exchange with a document. The request's body has been read already and is
// given apart.
func (d *Document) check(r *http.Request, body []byte, a answer) Exchange {
	x := Exchange{Vendor: d.Vendor, Request: r.Method + " " + r.URL.Path, Status: a.status, Header: a.header, Body: string(a.body), Broken: a.broken}
	route, params := d.find(r)
	if route == nil {
		return x
	}
	x.Operation = route.Operation.OperationID
	r = r.Clone(context.WithoutCancel(r.Context())) // the caller may have gone already
	r.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      route,
		Options:    &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, AuthenticationFunc: bearer},
	}
	input.Options.WithCustomSchemaErrorFunc(brief)
	x.RequestErr = errors.Join(openapi3filter.ValidateRequest(r.Context(), input), checkNames(route, r, body))
	if a.broken || a.status == 0 {
		return x
	}
	x.Unnamed = !d.Names(r, a.status)
	x.AnswerErr = errors.Join(checkAnswer(r.Context(), input, a), checkEmpty(route, a))
	return x
}

func checkAnswer(ctx context.Context, input *openapi3filter.RequestValidationInput, a answer) error {
	// The validator lets every redirect pass, and none of the documents has one.
	if a.status/100 == 3 {
		return errors.New("a redirect, which no document has")
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 a.status,
		Header:                 a.header,
		Options:                &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	}
	output.Options.WithCustomSchemaErrorFunc(brief)
	output.SetBodyBytes(a.body)
	return openapi3filter.ValidateResponse(ctx, output)
}

// brief leaves out the schema, which the document has.
func brief(err *openapi3.SchemaError) string {
	return fmt.Sprintf("/%s: %s", strings.Join(err.JSONPointer(), "/"), err.Reason)
}

// checkEmpty finds a body in a success that is described without one. The validator does not look
// at it then, and an OpenAPI document cannot say "nothing" in another way, nor "nothing, or else an
// error", which is what a Keycloak answers to the revocation of a dead token. Failures without a
// description of a body may have any.
func checkEmpty(route *routers.Route, a answer) error {
	response := route.Operation.Responses.Status(a.status)
	if response == nil || response.Value == nil || a.status/100 != 2 || len(response.Value.Content) > 0 || len(a.body) == 0 {
		return nil
	}
	var failure any
	if json.Unmarshal(a.body, &failure) == nil && route.Spec.Components != nil {
		if schema := route.Spec.Components.Schemas["ErrorResponse"]; schema != nil && schema.Value.VisitJSON(failure) == nil {
			return nil
		}
	}
	return errors.New("a body where the document has none")
}

// bearer looks for the header only: whether the token is any good is for the server to say.
func bearer(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	const scheme = "Bearer "
	if h := input.RequestValidationInput.Request.Header.Get("Authorization"); len(h) > len(scheme) && h[:len(scheme)] == scheme {
		return nil
	}
	return errors.New("there is no Bearer token in the Authorization header")
}
