// Package table is the list of requests that a Keycloak-like token endpoint can meet, as data, and
// the means to send them to any server and to compare what it answers.
package table

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Request is one HTTP request to a realm's endpoint. A value may refer to an earlier answer of
// the same case: ${1.refresh_token} is the refresh_token of the case's first answer. In a header
// ${origin} is the server's own origin.
type Request struct {
	Method string            `json:"method,omitempty"` // POST where empty
	Realm  string            `json:"realm"`            // below /realms/
	Path   string            `json:"path,omitempty"`   // below the realm; the token endpoint where empty
	Query  string            `json:"query,omitempty"`  // without the question mark
	Header map[string]string `json:"header,omitzero"`  // Content-Type is set for a Form
	Form   []string          `json:"form,omitzero"`    // names and values in turn, in the order they are sent
	Body   string            `json:"body,omitempty"`   // sent unchanged if there is no Form
	Wait   time.Duration     `json:"wait,omitempty"`   // before the request is sent
}

// A Case is a request whose answer is of interest, and the steps before it.
type Case struct {
	Name   string    `json:"name"`
	Before []Request `json:"before,omitempty"` // sent first, in this order
	// Event is an administrator's action between Before and the request, and Undo reverts it. A
	// server without an administrator omits such cases.
	Event string `json:"event,omitempty"`
	Undo  string `json:"undo,omitempty"`
	Request
	Said Said `json:"-"`
}

// Said is the answer to a case in the project's own description of Keycloak. The zero value means
// that it has none.
type Said struct {
	Status      []int // any of these
	Error       string
	Description string // a part of it
}

// The endpoints below a realm.
const (
	Token      = "/protocol/openid-connect/token"
	Revoke     = "/protocol/openid-connect/revoke"
	Logout     = "/protocol/openid-connect/logout"
	Introspect = "/protocol/openid-connect/token/introspect"
	Certs      = "/protocol/openid-connect/certs"
	Userinfo   = "/protocol/openid-connect/userinfo"
	Discovery  = "/.well-known/openid-configuration"
)

func (r Request) method() string {
	if r.Method == "" {
		return http.MethodPost
	}
	return r.Method
}

func (r Request) path() string {
	if r.Path == "" {
		return Token
	}
	return r.Path
}

// String describes the request, and shortens long values.
func (r Request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s /realms/%s%s", r.method(), r.Realm, r.path())
	if r.Query != "" {
		b.WriteString("?" + shorten(r.Query))
	}
	for _, name := range sortedKeys(r.Header) {
		fmt.Fprintf(&b, " | %s: %s", name, shorten(r.Header[name]))
	}
	if body := r.body(nil); body != "" {
		b.WriteString(" | " + shorten(body))
	}
	if r.Wait > 0 {
		fmt.Fprintf(&b, " | after %v", r.Wait)
	}
	return b.String()
}

func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:60], len(s))
}

// body returns the request's body, with the placeholders filled from the answers so far.
func (r Request) body(answers []*reply) string {
	if r.Form == nil {
		return fill(r.Body, answers)
	}
	var b strings.Builder
	for i := 0; i+1 < len(r.Form); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(r.Form[i]))
		b.WriteByte('=')
		value := fill(r.Form[i+1], answers)
		if answers == nil && placeholder.MatchString(value) {
			b.WriteString(value) // for reading, not for sending
			continue
		}
		b.WriteString(url.QueryEscape(value))
	}
	return b.String()
}

var placeholder = regexp.MustCompile(`\$\{(\d+)\.([a-z_]+)\}`)

// fill replaces the placeholders. It keeps an unknown one, which the server's answer then shows.
func fill(s string, answers []*reply) string {
	return placeholder.ReplaceAllStringFunc(s, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		n, err := strconv.Atoi(parts[1])
		if err != nil || n < 1 || n > len(answers) {
			return found
		}
		if value, ok := answers[n-1].object()[parts[2]].(string); ok {
			return value
		}
		return found
	})
}
