package apicall

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/retryafter"
)

// Err returns nil if an answer is the documented success, and otherwise a *finsdk.APIError. typed
// reports whether body was decoded into the type of a success; decoding is the error of doing so.
func (op *Operation) Err(resp *http.Response, body []byte, typed bool, decoding error) error {
	e := &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID}
	if resp == nil {
		e.Err = errors.New("there is no answer")
		return e
	}
	e.StatusCode, e.IdempotencyKey = resp.StatusCode, Key(resp)
	var early, cause error
	sentence := redact.New(nil).Sentence
	if a, ok := resp.Body.(*answer); ok {
		early, cause = a.err, a.cause
		if a.redact != nil {
			sentence = func(text string) string { return redact.New(nil).Sentence(a.redact(text)) }
		}
	}
	documented := op.answer(resp.StatusCode)
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		e.Err = cmp.Or(early, errortext.Retell(op.unlike(documented, resp, body, typed, decoding), sentence))
		if e.Err == nil {
			return nil
		}
		if method(resp) != http.MethodGet {
			e.Hint = lookFirst
		}
		op.explain(e, documented, membersOf(body), sentence)
		return e
	case resp.StatusCode < 400:
		e.Err = errors.New("that is no answer of an API")
		e.Hint = notAnAPI
		return e
	}
	e.RetryAfter = retryafter.Parse(resp.Header, time.Now())
	e.Hint = cmp.Or(documented.Hint, usualHint(resp.StatusCode, method(resp)))
	e.RequestID = sentence(resp.Header.Get("X-Request-Id"))
	if cause != nil {
		e.Hint = "" // the cause has one
	}
	members := membersOf(body)
	if members == nil {
		e.Err = cmp.Or(cause, early, shape(body))
		e.Message = sentence(prose(resp, body))
		return e
	}
	e.Err = cmp.Or(cause, early)
	op.explain(e, documented, members, sentence)
	return e
}

// membersOf returns the members of a JSON object, or nil.
func membersOf(body []byte) (members map[string]any) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&members) != nil {
		return nil
	}
	return members
}

// explain sets the parts of e that a failure's body has, in the documented or else in the usual
// places.
func (op *Operation) explain(e *finsdk.APIError, documented Answer, members map[string]any, sentence func(string) string) {
	p := op.parts(documented)
	e.Code = sentence(text(at(members, p.Code)))
	e.Message = sentence(text(at(members, p.Message)))
	if e.Code == "" && e.Message == "" {
		code, said := usual(members, 2)
		e.Code, e.Message = sentence(code), sentence(said)
	}
	e.RequestID = cmp.Or(sentence(text(at(members, p.RequestID))), e.RequestID)
	for _, place := range []string{p.Fields, "errors", "violations", "details"} {
		if e.Fields = fieldErrors(at(members, place), sentence); e.Fields != nil {
			break
		}
	}
	e.Fields = slices.DeleteFunc(e.Fields, func(f finsdk.FieldError) bool { return f == finsdk.FieldError{Code: e.Code, Message: e.Message} })
	if u, ok := at(members, p.Upstream).(map[string]any); ok {
		e.Upstream = &finsdk.Upstream{Provider: sentence(text(u["provider"])), Code: sentence(text(u["code"])), Message: sentence(text(u["message"]))}
	}
}

// answer returns what the document says about a status: about any success, where it has one alone.
// It returns a zero Answer for a status that the document does not name.
func (op *Operation) answer(status int) Answer {
	for _, name := range []string{strconv.Itoa(status), strconv.Itoa(status/100) + "XX"} {
		if i := slices.IndexFunc(op.Answers, func(a Answer) bool { return a.Status == name }); i >= 0 {
			return op.Answers[i]
		}
	}
	var found []Answer
	for _, a := range op.Answers {
		if status/100 == 2 && a.Status[0] == '2' || status/100 != 2 && a.Status == "default" {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		return Answer{}
	}
	return found[0]
}

// parts returns where a failure has its parts: as the document says for the status or, failing
// that, for another status.
func (op *Operation) parts(a Answer) Parts {
	if a.Parts == (Parts{}) {
		for _, other := range op.Answers {
			if other.Parts != (Parts{}) {
				return other.Parts
			}
		}
	}
	return a.Parts
}

// unlike returns how a success differs from its document, or nil.
func (op *Operation) unlike(documented Answer, resp *http.Response, body []byte, typed bool, decoding error) error {
	switch {
	case decoding != nil:
		return undecoded(body, decoding)
	case !strings.HasPrefix(documented.Status, "2"):
		if !slices.ContainsFunc(op.Answers, func(a Answer) bool { return strings.HasPrefix(a.Status, "2") && a.JSON }) {
			return nil
		}
		return errors.New("the vendor does not document this status")
	case !documented.JSON:
		return nil
	case !typed:
		return shape(body)
	case string(bytes.TrimSpace(body)) == "null":
		return errors.New("the body is null")
	}
	if len(documented.Required)+len(documented.Constants) == 0 {
		p, members := op.parts(documented), membersOf(body)
		if text(at(members, p.Code)) != "" && text(at(members, p.Message)) != "" {
			return errors.New("the body reports a failure")
		}
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	for _, name := range documented.Required {
		if value, ok := members[name]; !ok || string(value) == "null" {
			return fmt.Errorf("the body has no member %s", name)
		}
	}
	for name, value := range documented.Constants {
		if got, ok := members[name]; ok && string(got) != value {
			return fmt.Errorf("the body's member %s is not %s", name, value)
		}
	}
	return nil
}

// undecoded returns why a body could not be decoded, without the names of Go types.
func undecoded(body []byte, err error) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return shape(body)
	}
	const undocumented = "the body is not what the vendor documents: "
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := "it"
		if kind.Field != "" {
			what = "member " + kind.Field
		}
		return fmt.Errorf("%s%s is a JSON %s", undocumented, what, kind.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the body is JSON that ends early")
	}
	return fmt.Errorf("%s%w", undocumented, err)
}

// shape describes a body that is not a JSON object.
func shape(body []byte) error {
	start := bytes.TrimSpace(body)
	switch {
	case len(start) == 0:
		return errors.New("the body is empty")
	case start[0] == '<':
		return errors.New("the body is an HTML page")
	case json.Valid(body):
		return errors.New("the body is JSON of another kind")
	}
	return errors.New("the body is not JSON")
}

var htmlTitle = regexp.MustCompile(`(?i)<title[^>]*>([^<]*)`)

// prose returns the title of a page, or the first line of a text.
func prose(resp *http.Response, body []byte) string {
	start := string(body[:min(len(body), 4<<10)])
	if title := htmlTitle.FindStringSubmatch(start); title != nil {
		return html.UnescapeString(title[1])
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "text/plain" {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(start), "\n")
	return line
}

func method(resp *http.Response) string {
	if resp.Request == nil {
		return ""
	}
	return resp.Request.Method
}

// at returns the member at a path, or nil.
func at(members map[string]any, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return members[name]
	}
	inner, _ := members[name].(map[string]any)
	return at(inner, rest)
}

// usual finds the code and the explanation where gateways and most APIs have them: in an object or
// the objects inside it, down to the given number of levels. It ignores case, _ and - in names.
func usual(members map[string]any, levels int) (code, said string) {
	plain := make(map[string]any, len(members))
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(members))) {
		if _, ok := members[name].(bool); !ok { // "error": true is no code
			plain[strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))] = members[name]
		}
	}
	first := func(names ...string) string {
		for _, name := range names {
			if found := strings.TrimSpace(text(plain[name])); found != "" {
				return found
			}
		}
		return ""
	}
	code = first("code", "errorcode", "error")
	said = first("errordescription", "message", "detail", "msg", "errormessage", "description", "reason", "faultstring", "title")
	if code != "" && !codeLike.MatchString(code) {
		code, said = "", cmp.Or(said, code)
	}
	for _, name := range []string{"error", "errors", "fault", "message"} {
		inner := plain[name]
		if list, ok := inner.([]any); ok && len(list) > 0 {
			inner = list[0]
		}
		if o, ok := inner.(map[string]any); ok && levels > 0 && code == "" && said == "" {
			code, said = usual(o, levels-1)
		}
	}
	return code, said
}

// codeLike matches an error code, but no prose.
var codeLike = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// text returns a text, number or boolean as text, and "" for everything else.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// maxFields is the most fields that an error lists.
const maxFields = 100

func fieldErrors(v any, sentence func(string) string) (found []finsdk.FieldError) {
	add := func(field, code, message string) {
		if field+code+message != "" && len(found) < maxFields {
			found = append(found, finsdk.FieldError{Field: sentence(field), Code: sentence(code), Message: sentence(message)})
		}
	}
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			if f, ok := one.(map[string]any); ok {
				code, said := usual(f, 0)
				add(text(f["field"]), cmp.Or(text(f["code"]), code), cmp.Or(text(f["message"]), said))
			} else {
				add("", "", text(one))
			}
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			messages, ok := v[name].([]any)
			if !ok {
				messages = []any{v[name]}
			}
			for _, message := range messages {
				add(name, "", text(message))
			}
		}
	}
	return found
}

// usualHint returns the hint for a status, the same for every vendor.
func usualHint(status int, method string) string {
	switch status {
	case http.StatusUnauthorized:
		return "the API does not accept a token that the vendor has just issued: check that APIURL and the client belong to the same environment and product"
	case http.StatusForbidden:
		return "the token is valid, but may not do this: ask the vendor which product, scope or role the client lacks"
	case http.StatusUnprocessableEntity:
		return "correct the fields that the vendor names; the same request fails again"
	case http.StatusTooManyRequests:
		return "call less often, or let auth.WithRetry wait"
	}
	if status >= 500 && method != http.MethodGet {
		return lookFirst
	}
	return ""
}
