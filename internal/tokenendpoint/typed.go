package tokenendpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// A Member is a member of a successful answer in the vendor's document.
type Member struct {
	Name     string
	Kind     string // its JSON Schema type, or "" for any
	Required bool
}

// Names returns the members' names.
func Names(members []Member) []string {
	names := make([]string, 0, len(members))
	for _, m := range members {
		names = append(names, m.Name)
	}
	return names
}

// A Reader reads the members that came with a token. It returns the zero value for an absent
// member, and for a member of another kind than the document's, which [Reader.Err] reports.
type Reader struct {
	vendor string
	help   string
	token  *oauth2.Token
	wrong  []error
}

// Read returns a Reader of t's members. The vendor and help are those of its error.
func Read(vendor, help string, t *oauth2.Token) *Reader {
	r := &Reader{vendor: vendor, help: help, token: t}
	if t == nil {
		r.token = &oauth2.Token{}
		r.wrong = append(r.wrong, errors.New("there is no token"))
	}
	return r
}

// Err returns nil, or an *auth.Error that names the members of the wrong kind. It quotes no value.
func (r *Reader) Err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	return &auth.Error{
		Vendor: r.vendor,
		Help:   r.help,
		Op:     "read the token's members",
		Kind:   auth.ErrMalformedResponse,
		Err:    errors.Join(r.wrong...),
		Hint:   "the token itself is good; the vendor's answer is not as its document has it",
	}
}

func (r *Reader) fail(name, want string) {
	r.wrong = append(r.wrong, fmt.Errorf("%s is not %s", name, want))
}

// Access returns the access token.
func (r *Reader) Access() auth.Secret { return auth.NewSecret(r.token.AccessToken) }

// Refresh returns the refresh token.
func (r *Reader) Refresh() auth.Secret { return auth.NewSecret(r.token.RefreshToken) }

// Secret reads a member that is a token or another secret.
func (r *Reader) Secret(name string) auth.Secret { return auth.NewSecret(r.Text(name)) }

// Text reads a string.
func (r *Reader) Text(name string) string {
	v := r.token.Extra(name)
	s, ok := v.(string)
	if v != nil && !ok {
		r.fail(name, "text")
	}
	return s
}

// Bool reads a boolean. Some vendors send it as a string.
func (r *Reader) Bool(name string) bool {
	switch v := r.token.Extra(name).(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true
		case "false", "":
			return false
		}
	}
	r.fail(name, "true or false")
	return false
}

// Number reads a number, or a string with a number.
func (r *Reader) Number(name string) float64 {
	v := r.token.Extra(name)
	if v == nil {
		return 0
	}
	text, err := json.Marshal(v)
	if err == nil {
		text = []byte(strings.Trim(string(text), `" `))
		var f float64
		if json.Unmarshal(text, &f) == nil {
			return f
		}
	}
	r.fail(name, "a number")
	return 0
}

// Integer reads a whole number, or a string with one.
func (r *Reader) Integer(name string) int64 {
	before := len(r.wrong)
	f := r.Number(name)
	if len(r.wrong) == before && (f != math.Trunc(f) || math.Abs(f) >= 1<<63) {
		r.fail(name, "a whole number")
		return 0
	}
	return int64(f)
}

// Time reads a date-time (RFC 3339).
func (r *Reader) Time(name string) time.Time {
	v := r.token.Extra(name)
	if v == nil {
		return time.Time{}
	}
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t
		}
	}
	r.fail(name, "a date-time")
	return time.Time{}
}

// Words reads a list of words: a string with spaces between them, or an array of strings.
func (r *Reader) Words(name string) []string {
	v := r.token.Extra(name)
	words := Words(v)
	if _, isText := v.(string); v != nil && !isText && words == nil {
		if list, ok := v.([]any); !ok || len(list) > 0 {
			r.fail(name, "text or a list of texts")
		}
	}
	return words
}

// Into decodes a member into *v, as a whole or not at all.
func Into[T any](r *Reader, name string) (v T) {
	member := r.token.Extra(name)
	if member == nil {
		return v
	}
	text, err := json.Marshal(member)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		var zero T
		r.fail(name, "as its document has it")
		return zero
	}
	return v
}

// Expiry returns when the access token expires.
func (r *Reader) Expiry() time.Time { return r.token.Expiry }

// RefreshExpiry returns when the refresh token expires, like the function of this name.
func (r *Reader) RefreshExpiry() time.Time {
	r.Number("refresh_expires_in")
	return RefreshExpiry(r.token)
}

// A Flag is a boolean inside an object member. Some vendors send it as a string.
type Flag bool

// UnmarshalJSON reads true or false, also as a string.
func (f *Flag) UnmarshalJSON(text []byte) error {
	return json.Unmarshal([]byte(strings.ToLower(strings.Trim(string(text), `" `))), (*bool)(f))
}
