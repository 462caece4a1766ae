package sandbox

import (
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// WithoutDocument makes the token endpoints bare Keycloaks: they neither check requests against the
// vendors' documents nor add the members that only the documents have.
func WithoutDocument() Option { return option(func(s *settings) { s.noDocument = true }) }

// WithDocument plays a vendor by another document than the one of this version. The document is the
// JSON that `make generate` writes to gen/<vendor>/server/document.json. A vendor that the sandbox
// does not know is served by its document alone, below the URLs of [Server.URLs]. Its token
// endpoint issues the token of the document's example to the given clients, or to any client if
// none is given. Its API checks the token and the request and answers with the document's examples.
func WithDocument(text []byte, clients ...Client) Option {
	return option(func(s *settings) {
		d, err := openapi.Parse(text)
		if err != nil {
			s.fail("%w", err)
			return
		}
		v := Vendor(d.Vendor)
		if !accounts.IsRealmName(d.Vendor) || strings.HasPrefix(adminPath, "/"+d.Vendor) {
			s.fail("vendor %q is no segment of a path", v)
			return
		}
		if d.Tagged("token") == nil {
			s.fail("the document of %s has no token operation", v)
			return
		}
		s.documents[v] = d
		for _, c := range clients {
			s.clients[v] = append(s.clients[v], accounts.Client(c))
		}
	})
}

// document is a vendor's.
func (s *settings) document(v Vendor) *openapi.Document {
	if d := s.documents[v]; d != nil {
		return d
	}
	return documents.Of(v)
}

// judged are the members of a token request that the sandbox judges in the vendor's own words.
var judged = []string{"grant_type", "client_id", "client_secret", "username", "password", "refresh_token", "email_address"}

// undocumented returns how a token request differs from the document, apart from what the sandbox
// judges itself.
func (c *call) undocumented(grant string) []openapi.Problem {
	if c.op == nil || c.server.noDocument {
		return nil
	}
	problems := c.op.CheckParameters(c.request)
	for kind, m := range c.op.RequestBody.Content {
		s := m.Schema.Variant("grant_type", grant)
		switch {
		case s == nil:
			continue // a grant that the document does not have is Keycloak's business
		case kind == formbody.Type:
			problems = append(problems, openapi.Media{Schema: s}.CheckForm(c.form)...)
		default:
			problems = append(problems, s.Check(c.value)...)
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

// completed adds to a success the members that only the document knows, with the values of its
// example: to a token answer all of them, to an API's those that it requires.
func (c *call) completed(a answer.Answer) answer.Answer {
	if c.op == nil || c.server.noDocument || !a.OK() || a.Members == nil {
		return a
	}
	content := c.op.Responses[strconv.Itoa(a.Status)].Content
	m := content[openapi.JSON(content)]
	if m.Schema != nil {
		c.complete(&a.Members, m.Schema, m.Example())
	}
	return a
}

func (c *call) complete(o *object, s *openapi.Schema, example any) {
	if s == nil {
		return
	}
	members, _ := example.(map[string]any)
	for _, name := range s.Names() {
		property, shown := s.Properties[name], members[name]
		i := o.Index(name)
		if i < 0 {
			if slices.Contains(unsettled, name) || c.endpoint == APIEndpoint && !slices.Contains(s.Required, name) {
				continue
			}
			if shown == nil {
				shown = property.Make()
			}
			o.Set(name, shown)
			continue
		}
		switch value := (*o)[i].Value.(type) {
		case object:
			c.complete(&value, property, shown)
			(*o)[i].Value = value
		case []object:
			items, _ := shown.([]any)
			for j := range value {
				var item any
				if len(items) > 0 {
					item = items[0]
				}
				c.complete(&value[j], property.Items, item)
			}
		}
	}
}

// An api is what a vendor's resource API does beside what its document says.
type api struct {
	enter  func(*call) *answer.Answer // what stands before every call: the token, limits, the plan
	refuse func(c *call, status int, problems []openapi.Problem) answer.Answer
	calls  map[string]operation // by operationId
}

// serve answers a call of the resource API: it checks the call against the document, then answers
// by the operation's own code or, if there is none, by the document's example.
func (a api) serve(c *call) answer.Answer {
	if refusal := a.enter(c); refusal != nil {
		return *refusal
	}
	problems := c.op.CheckParameters(c.request)
	if body := c.op.RequestBody; body != nil && (body.Required || len(c.body) > 0) {
		m, ok := body.Content[c.contentType()]
		if !ok {
			return a.refuse(c, http.StatusUnsupportedMediaType, []openapi.Problem{{Text: "has to be " + openapi.JSON(body.Content)}})
		}
		problems = append(problems, c.unread...)
		if c.unread == nil {
			problems = append(problems, m.Schema.Check(c.value)...)
		}
	}
	if len(problems) > 0 {
		return a.refuse(c, http.StatusBadRequest, problems)
	}
	if a, ok := c.asked.success(c); ok {
		return a
	}
	if behave := a.calls[c.op.ID]; behave != nil {
		return c.completed(behave(c))
	}
	return example(c.op)
}

// example is the first success that the document shows of an operation.
func example(op *openapi.Operation) answer.Answer {
	text, r := op.Success()
	status, err := strconv.Atoi(text)
	if err != nil {
		status = http.StatusOK
	}
	kind := openapi.JSON(r.Content)
	if kind == "" {
		return answer.Text(status, "", "")
	}
	return answer.Value(status, r.Content[kind].Example()).With("Content-Type", kind)
}

// plain refuses a request as RFC 6749 does, for a vendor that documents no errors of its own.
func plain(_ *call, status int, problems []openapi.Problem) answer.Answer {
	code := "invalid_request"
	if status == http.StatusUnsupportedMediaType {
		code = "unsupported_media_type"
	}
	return answer.OAuthError(status, code, problems[0].String())
}
