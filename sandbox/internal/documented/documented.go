// Package documented answers for a vendor of which nothing is known but its document.
package documented

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// Operations returns what the authorization server of a document does, by operationId.
func Operations(g *gate.Gate, d *openapi.Document) map[string]call.Operation {
	return map[string]call.Operation{d.Tagged("token").ID: func(c *call.Call) answer.Answer { return issue(g, c) }}
}

// API returns what the API of a document does beside what the document says.
func API(g *gate.Gate) call.API {
	return call.API{Enter: func(c *call.Call) *answer.Answer { return g.Enter(c, nil) }, Refuse: refuse}
}

// issue is a token endpoint that knows only its document. A client that authenticates by
// HTTP Basic, or by client_id and client_secret, gets the token answer of the document with a new
// token.
func issue(g *gate.Gate, c *call.Call) answer.Answer {
	id, secret, err := c.Basic()
	members := c.Members()
	read := func(name, otherwise string) string { return cmp.Or(members[name], c.Form.Get(name), otherwise) }
	id, secret = read("client_id", id), read("client_secret", secret)
	problems := c.Op.CheckParameters(c.Request)
	m, ok := c.Op.RequestBody.Content[c.ContentType()]
	switch {
	case !ok:
		problems = append(problems, openapi.Problem{Text: "has another media type than the document"})
	case c.Value != nil:
		problems = append(problems, m.Schema.Check(c.Value)...)
	default:
		problems = append(problems, m.CheckForm(c.Form)...)
	}
	rm := g.Accounts.Realm(c.Vendor, "")
	if len(problems) > 0 {
		return refuse(c.Op, http.StatusBadRequest, problems)
	}
	by := clientOf(g.Accounts, rm, id, secret, c.Now)
	if by == nil || err != nil {
		a := refuse(c.Op, http.StatusUnauthorized, []openapi.Problem{{Text: "names no client, or a wrong secret"}})
		if c.Request.Header.Get("Authorization") != "" { // RFC 6749 section 5.2
			a.With("WWW-Authenticate", fmt.Sprintf("Basic realm=%q", c.Vendor))
		}
		return a
	}
	c.Client = by.ID
	life := c.AccessLife(rm, by)
	token, id := accounts.OpaqueToken()
	c.Record(g.Accounts, rm, by, nil, nil, id, c.Now.Add(life))
	_, r := c.Op.Success()
	body, _ := r.Content[openapi.JSON(r.Content)].Example().(map[string]any)
	return answer.JSON(http.StatusOK, withToken(body, token, life.Seconds())).Unstored()
}

// clientOf returns the client with an id and a secret, or nil. If no client was named, any
// credentials make one.
func clientOf(b *accounts.Book, rm *accounts.Realm, id, secret string, now time.Time) *accounts.LiveClient {
	if rm == nil || id == "" || secret == "" {
		return nil
	}
	if any := b.AnyClient(rm, id); any != nil {
		return any
	}
	if by, right := b.Authenticate(rm, id, secret, now); right {
		return by
	}
	return nil
}

// withToken is an example with another token and lifetime in it, however deep they stand.
func withToken(example map[string]any, token string, life float64) jsondoc.Object {
	var o jsondoc.Object
	for _, name := range slices.Sorted(maps.Keys(example)) {
		value := example[name]
		switch inner, isObject := value.(map[string]any); {
		case isObject:
			value = withToken(inner, token, life)
		case name == "access_token":
			value = token
		case name == "expires_in":
			if _, text := value.(string); text {
				value = strconv.Itoa(int(life))
			} else {
				value = int(life)
			}
		}
		o.Set(name, value)
	}
	return o
}

// refuse is the example that the document has for a status, or a plain refusal.
func refuse(op *openapi.Operation, status int, problems []openapi.Problem) answer.Answer {
	text := strconv.Itoa(status)
	for _, key := range []string{text, text[:1] + "XX", "default"} {
		content := op.Responses[key].Content
		if m := content[openapi.JSON(content)]; len(m.Examples) > 0 {
			if members, ok := m.Example().(map[string]any); ok {
				return answer.JSON(status, withToken(members, "", 0))
			}
		}
	}
	if status == http.StatusUnauthorized {
		return answer.OAuthError(status, "invalid_client", strings.TrimPrefix(problems[0].String(), "The body "))
	}
	return call.Plain(op, status, problems)
}
