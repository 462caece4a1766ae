package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// documents are the vendors' own, each read when it is first needed.
var documents = map[Vendor]func() *openapi.Document{
	Finventi:  document(finventiserver.Document),
	FinAPI:    document(finapiserver.Document),
	OneFinOps: document(onefinopsserver.Document),
	FinCalc:   document(fincalcserver.Document),
}

func document(text []byte) func() *openapi.Document {
	return sync.OnceValue(func() *openapi.Document {
		d, err := openapi.Parse(text)
		if err != nil {
			panic(err) // it is generated
		}
		return d
	})
}

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
		if !isRealmName(d.Vendor) || strings.HasPrefix(adminPath, "/"+d.Vendor) {
			s.fail("vendor %q is no segment of a path", v)
			return
		}
		if d.Tagged("token") == nil {
			s.fail("the document of %s has no token operation", v)
			return
		}
		s.documents[v] = d
		s.clients[v] = append(s.clients[v], clients...)
	})
}

// document is a vendor's.
func (s *settings) document(v Vendor) *openapi.Document {
	if d := s.documents[v]; d != nil {
		return d
	}
	return documents[v]()
}

// tokenExample is the token answer that a document shows, without its envelope.
func tokenExample(d *openapi.Document) map[string]any {
	_, r := d.Tagged("token").Success()
	members, _ := r.Content[openapi.JSON(r.Content)].Example().(map[string]any)
	return withinEnvelope(members)
}

// withinEnvelope returns the object that holds the access token, at any depth, or nil.
func withinEnvelope(members map[string]any) map[string]any {
	if _, ok := members["access_token"]; ok {
		return members
	}
	for _, value := range members {
		if inner, ok := value.(map[string]any); ok {
			if found := withinEnvelope(inner); found != nil {
				return found
			}
		}
	}
	return nil
}

// tokenScopes are the words of the scope in a document's token answer.
func tokenScopes(d *openapi.Document) []string {
	scope, _ := tokenExample(d)["scope"].(string)
	return strings.Fields(scope)
}

// constantScopes are the words of a scope that every request has to name.
func constantScopes(d *openapi.Document) []string {
	for _, m := range d.Tagged("token").RequestBody.Content {
		for _, s := range m.Schema.Variants() {
			if p := s.Properties["scope"]; p != nil && len(p.Enum) == 1 {
				scope, _ := p.Enum[0].(string)
				return strings.Fields(scope)
			}
		}
	}
	return nil
}

// documented returns the lifetimes in a document's token answer. The document does not have the
// longest lifetime of a finAPI session: that is Keycloak's default.
func documented(d *openapi.Document) Lifetimes {
	l := Lifetimes{Access: tokenSeconds(d, "expires_in"), SessionIdle: tokenSeconds(d, "refresh_expires_in")}
	if l.SessionIdle > 0 {
		l.SessionMax = 10 * time.Hour
	}
	return l
}

// tokenSeconds is a member of the token answer, a number or a text.
func tokenSeconds(d *openapi.Document, member string) time.Duration {
	n, _ := strconv.ParseInt(fmt.Sprint(tokenExample(d)[member]), 10, 64)
	return time.Duration(n) * time.Second
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
