package call

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// judged are the members of a token request that the sandbox judges in the vendor's own words.
var judged = []string{"grant_type", "client_id", "client_secret", "username", "password", "refresh_token", "email_address"}

// Undocumented returns how a token request differs from the document, apart from what the sandbox
// judges itself.
func (c *Call) Undocumented(grant string) []openapi.Problem {
	if c.Op == nil || c.Bare {
		return nil
	}
	problems := c.Op.CheckParameters(c.Request)
	for kind, m := range c.Op.RequestBody.Content {
		s := m.Schema.Variant("grant_type", grant)
		switch {
		case s == nil:
			continue // a grant that the document does not have is Keycloak's business
		case kind == formbody.Type:
			problems = append(problems, openapi.Media{Schema: s}.CheckForm(c.Form)...)
		default:
			problems = append(problems, s.Check(c.Value)...)
		}
		problems = slices.DeleteFunc(problems, func(p openapi.Problem) bool {
			return slices.Contains(judged, p.Path) || p.Path == "scope" && len(s.Properties["scope"].Enum) == 0
		})
	}
	return problems
}

// unsettled are members of a token answer that the sandbox omits if they have no value, though the
// document has them.
var unsettled = []string{"refresh_token", "session_state", "id_token"}

// Completed adds to a success the members that only the document knows, with the values of its
// example: to a token answer all of them, to an API's those that it requires. The other members get
// the type that the document has for them.
func (c *Call) Completed(a answer.Answer) answer.Answer {
	if c.Op == nil || c.Bare || !a.OK() || a.Members == nil {
		return a
	}
	content := c.Op.Responses[strconv.Itoa(a.Status)].Content
	m := content[openapi.JSON(content)]
	if m.Schema != nil {
		c.complete(&a.Members, m.Schema, m.Example())
	}
	return a
}

func (c *Call) complete(o *jsondoc.Object, s *openapi.Schema, example any) {
	if s == nil {
		return
	}
	members, _ := example.(map[string]any)
	for _, name := range s.Names() {
		property, shown := s.Properties[name], members[name]
		i := o.Index(name)
		if i < 0 {
			if slices.Contains(unsettled, name) || c.Endpoint == vendors.API && !slices.Contains(s.Required, name) {
				continue
			}
			if shown == nil {
				shown = property.Make()
			}
			o.Set(name, shown)
			continue
		}
		switch value := (*o)[i].Value.(type) {
		case jsondoc.Object:
			c.complete(&value, property, shown)
			(*o)[i].Value = value
		case []jsondoc.Object:
			items, _ := shown.([]any)
			for j := range value {
				var item any
				if len(items) > 0 {
					item = items[0]
				}
				c.complete(&value[j], property.Items, item)
			}
		default:
			(*o)[i].Value = property.As(value)
		}
	}
}

// An API is what a vendor's resource API does beside what its document says.
type API struct {
	Enter  func(*Call) *answer.Answer // refuses a call before it is read: by token, limit or plan
	Refuse func(op *openapi.Operation, status int, problems []openapi.Problem) answer.Answer
	Calls  map[string]Operation // by operationId
}

// Bind makes operations of what a vendor does with a call and its own things, an E.
func Bind[E any](with func(*Call) E, ops map[string]func(E) answer.Answer) map[string]Operation {
	bound := map[string]Operation{}
	for id, op := range ops {
		bound[id] = func(c *Call) answer.Answer { return op(with(c)) }
	}
	return bound
}

// Serve answers a call of the resource API: it checks the call against the document, then answers
// by the operation's own code or, if there is none, by the document's example.
func (a API) Serve(c *Call) answer.Answer {
	if refusal := a.Enter(c); refusal != nil {
		return *refusal
	}
	problems := c.Op.CheckParameters(c.Request)
	if body := c.Op.RequestBody; body != nil && (body.Required || len(c.Body) > 0) {
		m, ok := body.Content[c.ContentType()]
		if !ok {
			return a.Refuse(c.Op, http.StatusUnsupportedMediaType, []openapi.Problem{{Text: "has to be " + openapi.JSON(body.Content)}})
		}
		problems = append(problems, c.unread...)
		if c.unread == nil {
			problems = append(problems, m.Schema.Check(c.Value)...)
		}
	}
	if len(problems) > 0 {
		return a.Refuse(c.Op, http.StatusBadRequest, problems)
	}
	if a, ok := c.Asked.success(c); ok {
		return a
	}
	if behave := a.Calls[c.Op.ID]; behave != nil {
		return c.Completed(behave(c))
	}
	return Example(c.Op)
}

// Example is the first success that the document shows of an operation.
func Example(op *openapi.Operation) answer.Answer {
	text, r := op.Success()
	status, err := strconv.Atoi(text)
	if err != nil {
		status = http.StatusOK
	}
	return exampleOf(status, r)
}

// exampleOf answers with the example of a response: JSON if it has that, or else any text.
func exampleOf(status int, r openapi.Response) answer.Answer {
	if kind := openapi.JSON(r.Content); kind != "" {
		return answer.Value(status, r.Content[kind].Example()).With("Content-Type", kind)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
		text, _ := r.Content[kind].Example().(string)
		return answer.Text(status, kind, text)
	}
	return answer.Text(status, "", "")
}

// Plain refuses a request as RFC 6749 does, for a vendor that documents no errors of its own.
func Plain(_ *openapi.Operation, status int, problems []openapi.Problem) answer.Answer {
	code := "invalid_request"
	if status == http.StatusUnsupportedMediaType {
		code = "unsupported_media_type"
	}
	return answer.OAuthError(status, code, problems[0].String())
}
