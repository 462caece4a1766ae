package journal

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An Exchange is a request to a vendor and the answer to it, without their secrets and tokens: of a
// request it shows what the sandbox knows to be harmless, such as the names of its own accounts. An
// account, scope or grant that it does not know stands as "[unknown]", anything else as
// "[redacted]".
type Exchange struct {
	// Seq counts the exchanges of a sandbox, from 1.
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"` // by the sandbox's clock
	// Duration is how long the answer took, by the real clock and with all delays, until it
	// goes out.
	Duration time.Duration `json:"duration_ns"`
	// Vendor is empty if the path belongs to no vendor.
	Vendor   vendors.Vendor   `json:"vendor"`
	Endpoint vendors.Endpoint `json:"endpoint"`
	Method   string           `json:"method"`
	Path     string           `json:"path"`
	Query    string           `json:"query,omitempty"`
	// Client and User are who asked, as far as that could be told.
	Client string `json:"client,omitempty"`
	User   string `json:"user,omitempty"`
	Grant  string `json:"grant,omitempty"`
	// Status is that of the answer, or 0 if a fault left the request without one.
	Status   int     `json:"status"`
	Request  Message `json:"request"`
	Response Message `json:"response"`
	// Fault is the name of the fault that hit the request.
	Fault string `json:"fault,omitempty"`
	// TokenID names the access token that was handed out, or accepted by an API.
	TokenID string `json:"token,omitempty"`
}

// A Message is one direction of an exchange. What might be secret stands as "[redacted]", and a
// long body is cut.
type Message struct {
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
}

const (
	redacted = "[redacted]"
	unknown  = "[unknown]"
)

// exchange makes a record fit to be shown.
func (v *veil) exchange(r *record) Exchange {
	x := Exchange{
		Seq:      r.seq,
		Time:     r.at,
		Duration: r.took,
		Vendor:   r.vendor,
		Endpoint: r.endpoint,
		Method:   v.atom(r.method, shownMethods[r.method], redacted),
		Path:     v.path(r.path.text),
		Query:    v.pairs(r.query),
		Client:   v.account(r.client),
		User:     v.account(r.user),
		Grant:    v.grant(r.grant),
		Fault:    r.label,
		TokenID:  r.tokenID,
		Request:  Message{Header: v.requestHeader(r.header), Body: v.requestBody(r)},
	}
	if !r.silent {
		v := v.over(r)
		x.Status = r.status
		x.Response = Message{Header: v.responseHeader(r.answerHeader), Body: v.responseBody(r)}
	}
	return x
}

// requestBody shows JSON as such, and anything else as what a form could be.
func (v *veil) requestBody(r *record) string {
	if len(r.body.text) == 0 {
		return ""
	}
	value, ok := decodeJSON(r.body)
	switch {
	case !ok:
		return v.pairs(r.body)
	case r.endpoint == vendors.API:
		return v.encode(value, view{name: only(v.Members, shownAPIMembers), value: v.apiMember})
	}
	return v.encode(value, view{name: only(shownParameters), value: v.parameter})
}

func (v *veil) responseBody(r *record) string {
	if len(r.answerBody.text) == 0 {
		return ""
	}
	if r.flood {
		return redacted // more may have been repeated than there are words to look for
	}
	good := r.status >= 200 && r.status < 300
	value, ok := decodeJSON(r.answerBody)
	switch {
	case !ok && good, r.answerBody.cut:
		return redacted // a token may stand anywhere in it
	case !ok:
		return cutBody(v.text(r.answerBody.text))
	case !good, r.endpoint == vendors.API, r.endpoint == vendors.Keys, r.endpoint == vendors.Discovery:
		return v.encode(value, view{name: v.text, value: func(name, text string) string {
			if secretName(name) {
				return redacted
			}
			return v.text(text)
		}})
	}
	return v.encode(value, view{name: v.text, value: func(name, text string) string {
		if !shownMembers[name] {
			return redacted
		}
		return v.text(text)
	}})
}

// view selects the parts of a JSON value that are shown.
type view struct {
	name  func(name string) string
	value func(name, text string) string
}

// only shows the names of these sets.
func only(sets ...map[string]bool) func(string) string {
	return func(name string) string {
		for _, names := range sets {
			if names[name] {
				return name
			}
		}
		return redacted
	}
}

// encode returns a JSON value as a view shows it. It always shows true, false and null.
func (v *veil) encode(value any, of view) string {
	shown, err := jsondoc.Encode(of.see("", value))
	if err != nil {
		return redacted
	}
	return cutBody(string(shown))
}

func (of view) see(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		members, hidden := map[string]any{}, 0
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inner, shown := value[name], of.name(name)
			if shown != name {
				// Each needs a name of its own.
				if hidden++; hidden > 1 {
					shown += " " + strconv.Itoa(hidden)
				}
			}
			members[shown] = of.see(name, inner)
		}
		return members
	case []any:
		list := make([]any, len(value))
		for i, inner := range value {
			list[i] = of.see(name, inner)
		}
		return list
	case string:
		return of.value(name, value)
	case json.Number:
		if shown := of.value(name, value.String()); shown != value.String() {
			return shown
		}
	}
	return value
}

// decodeJSON reads a body that is one JSON object or list; of one that was cut nothing.
func decodeJSON(body excerpt) (any, bool) {
	text := strings.TrimSpace(body.text)
	if body.cut || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil || dec.More() {
		return nil, false
	}
	return value, true
}

// cutBody shortens a body, and hides anything that looks like a token.
func cutBody(text string) string { return redact.New(nil).Text(text) }
