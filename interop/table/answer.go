package table

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// An Answer is the relevant part of a server's answer, without values that change from run to run.
type Answer struct {
	Case        string            `json:"case,omitempty"`
	Request     string            `json:"request,omitempty"`
	Before      []string          `json:"before,omitempty"`
	Event       string            `json:"event,omitempty"`
	Status      int               `json:"status"`
	Header      map[string]string `json:"header,omitempty"`
	Error       string            `json:"error,omitempty"`
	Description string            `json:"error_description,omitempty"`
	// Members are the names of a JSON answer with their types, nested ones by their path.
	Members map[string]string `json:"members,omitempty"`
	// Values are those that do not change from run to run.
	Values map[string]any `json:"values,omitempty"`
	// Text is the beginning of a body that is not a JSON object.
	Text   string          `json:"text,omitempty"`
	Tokens map[string]*JWT `json:"tokens,omitempty"`
	// Wire is the whole answer, with meaningless tokens in place of the real ones.
	Wire []byte `json:"-"`
}

// A JWT describes one token by the names and types in its two readable parts.
type JWT struct {
	Header map[string]string `json:"header"`
	Claims map[string]string `json:"claims"`
}

// SetCase sets the case that the answer belongs to.
func (a *Answer) SetCase(c Case) {
	a.Case, a.Request, a.Before, a.Event = c.Name, c.Request.String(), nil, c.Event
	for _, before := range c.Before {
		a.Before = append(a.Before, before.String())
	}
}

// Answers reports whether the answer belongs to the case in its present form.
func (a Answer) Answers(c Case) bool {
	var b Answer
	b.SetCase(c)
	return a.Case == b.Case && a.Request == b.Request && slices.Equal(a.Before, b.Before) && a.Event == b.Event
}

var (
	keptHeaders = []string{"Cache-Control", "Pragma", "Content-Type", "WWW-Authenticate", "Retry-After", "Allow", "Location",
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
		"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"}
	keptValues = []string{"token_type", "expires_in", "refresh_expires_in", "not-before-policy", "scope", "active",
		"mandator_name", "mandator_uuid", "is_test_mandator", "is_technical_user"}
	tokenMembers = []string{"access_token", "refresh_token", "id_token"}

	volatile = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	origin   = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	// base matches the URL up to /realms/, including a path in front.
	base = regexp.MustCompile(`http://127\.0\.0\.1:\d+/[a-z/]*realms/`)

	invisible = regexp.MustCompile(`(?s)<(script|style)\b.*?</(script|style)>|<[^>]*>`)
)

func observe(c Case, r *reply) Answer {
	a := Answer{Status: r.status, Header: map[string]string{}, Wire: tidy(r)}
	a.SetCase(c)
	for _, name := range keptHeaders {
		if value := r.header.Get(name); value != "" {
			a.Header[name] = steady(value)
			if isList(name) {
				a.Header[name] = sortList(a.Header[name])
			}
		}
	}
	object := r.object()
	if object == nil {
		text := string(r.body)
		if strings.HasPrefix(a.Header["Content-Type"], "text/html") {
			text = visible(text)
		}
		a.Text = shorten(steady(text))
		return a
	}
	a.Error, _ = object["error"].(string)
	if description, ok := object["error_description"].(string); ok {
		a.Description = shorten(steady(description))
	}
	a.Members = map[string]string{}
	describe(a.Members, "", object)
	a.Values = map[string]any{}
	for _, name := range keptValues {
		if value, ok := object[name]; ok {
			a.Values[name] = value
		}
	}
	if keys, ok := object["keys"].([]any); ok {
		a.Values["keys"] = uses(keys)
	}
	if object["issuer"] != nil {
		// Keep all values of a description of the realm.
		for name, value := range object {
			a.Values[name] = steadyValue(value)
		}
	}
	// The order of a scope's words changes with each start of a Keycloak.
	if scope, ok := a.Values["scope"].(string); ok {
		a.Values["scope"] = sortWords(scope)
	}
	a.Tokens = map[string]*JWT{}
	for _, name := range tokenMembers {
		if token, ok := object[name].(string); ok {
			a.Tokens[name] = parse(token)
		}
	}
	a.granted("expires_in", object["access_token"])
	a.granted("refresh_expires_in", object["refresh_token"])
	return a
}

// busy is more than the longest observed time in seconds between a loaded server's making a token
// and its answer.
const busy = 30

// granted replaces a token's remaining lifetime in the answer by its whole lifetime: Keycloak sets
// exp when it makes the token, and counts expires_in when it answers.
func (a Answer) granted(member string, token any) {
	left, ok := a.Values[member].(float64)
	if !ok {
		return
	}
	text, _ := token.(string)
	_, claims, ok := parts(text)
	if !ok {
		return
	}
	exp, eok := claims["exp"].(float64)
	iat, iok := claims["iat"].(float64)
	if whole := exp - iat; eok && iok && left <= whole && whole <= left+busy {
		a.Values[member] = whole
	}
}

// isList reports whether a header's value is a list whose order changes with each start of a
// Keycloak.
func isList(header string) bool {
	return header == "Access-Control-Allow-Headers" || header == "Access-Control-Allow-Methods" || header == "Access-Control-Expose-Headers"
}

func sortList(s string) string {
	words := strings.Split(s, ", ")
	sort.Strings(words)
	return strings.Join(words, ", ")
}

// visible returns the text of a page that a person reads.
func visible(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(invisible.ReplaceAllString(page, " "))), " ")
}

// uses returns the use of each key of a set, in their order.
func uses(keys []any) []any {
	list := []any{}
	for _, key := range keys {
		key, _ := key.(map[string]any)
		list = append(list, fmt.Sprintf("%v %v %v", key["use"], key["kty"], key["alg"]))
	}
	return list
}

// steadyValue removes from a value the parts that differ between runs. It sorts lists.
func steadyValue(value any) any {
	switch value := value.(type) {
	case string:
		return steady(value)
	case []any:
		list := slices.Clone(value)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return list
	case map[string]any:
		members := map[string]any{}
		for name, inner := range value {
			members[name] = steadyValue(inner)
		}
		return members
	}
	return value
}

// steady removes the parts that differ between runs.
func steady(s string) string {
	s = base.ReplaceAllString(s, "http://keycloak/realms/")
	return volatile.ReplaceAllString(origin.ReplaceAllString(s, "http://keycloak"), "<uuid>")
}

func sortWords(s string) string {
	words := strings.Fields(s)
	sort.Strings(words)
	return strings.Join(words, " ")
}

// describe records the type of each member, including those of nested objects and of the objects in
// arrays.
func describe(into map[string]string, prefix string, object map[string]any) {
	for name, value := range object {
		name = prefix + name
		into[name] = kind(value)
		switch value := value.(type) {
		case map[string]any:
			describe(into, name+".", value)
		case []any:
			for _, element := range value {
				if element, ok := element.(map[string]any); ok {
					describe(into, name+"[].", element)
				}
			}
		}
	}
}

func kind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", value)
}

// parse reads a JWT without checking it. It returns nil for anything else.
func parse(token string) *JWT {
	header, claims, ok := parts(token)
	if !ok {
		return nil
	}
	c := &JWT{Header: map[string]string{}, Claims: map[string]string{}}
	for name, value := range header {
		c.Header[name] = kind(value)
		if name == "alg" || name == "typ" {
			c.Header[name] = fmt.Sprint(value)
		}
	}
	describe(c.Claims, "", claims)
	return c
}

func parts(token string) (header, claims map[string]any, ok bool) {
	encoded := strings.Split(token, ".")
	if len(encoded) != 3 {
		return nil, nil, false
	}
	for i, into := range []*map[string]any{&header, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(encoded[i])
		if err != nil || json.Unmarshal(data, into) != nil {
			return nil, nil, false
		}
	}
	return header, claims, true
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
