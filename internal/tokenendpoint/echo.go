package tokenendpoint

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// bodyToken finds credentials in an answer by the names they have there, also in one that is cut off, broken or a
// form instead of JSON.
var bodyToken = regexp.MustCompile(`(?i)\b(?:access_token|refresh_token|id_token|client_secret)["']?\s*[:=]\s*("(?:[^"\\]|\\.)*|'[^']*|[^\s&,<>{}\[\]"']+)`)

// mayNameToken reports whether bodyToken is worth trying, which is slow on a page: all its names go on with _t or _s. Its
// case folding knows a third s, which starts with the last byte here.
func mayNameToken(body []byte) bool {
	for {
		i := bytes.IndexByte(body, '_')
		if i < 0 || i+1 == len(body) {
			return false
		}
		if body = body[i+1:]; bytes.IndexByte([]byte("tTsS\xc5"), body[0]) >= 0 {
			return true
		}
	}
}

// An answer that is larger than maxShown, or holds more credentials than mostTokens, is not one to be searched at
// leisure: nothing of it is shown but its code.
const (
	maxShown   = 64 << 10
	mostTokens = 16
)

// echo knows which secrets an answer may hold, and takes them out of whatever is shown of it.
type echo struct {
	secrets []string
	blind   bool // show nothing
}

// newEcho takes the secrets of the request and finds those of the answer.
func newEcho(sent []auth.Secret, body []byte) echo {
	var e echo
	for _, s := range sent {
		e.add(s.Reveal())
	}
	if e.blind = len(body) > maxShown; e.blind {
		return e
	}
	if !mayNameToken(body) {
		return e
	}
	found := bodyToken.FindAllSubmatch(body, mostTokens+1)
	e.blind = len(found) > mostTokens
	for _, match := range found {
		value := string(match[1])
		var text string
		if value[0] == '"' && json.Unmarshal([]byte(value+`"`), &text) == nil {
			e.add(text)
		}
		e.add(strings.Trim(value, `"'`))
	}
	return e
}

func (e *echo) add(secret string) {
	if strings.TrimSpace(secret) == "" || secret == "null" {
		return
	}
	e.secrets = append(e.secrets, secret)
}

// err makes an error fit to show whose text may hold what a server sent.
func (e echo) err(err error) error { return auth.RedactError(err, e.secrets...) }

// text makes what the vendor said fit to show.
func (e echo) text(s string) string {
	if e.blind {
		return ""
	}
	return strings.TrimSpace(auth.Redact(s, e.secrets...))
}

// body makes the start of an answer fit to show. A JSON document is written anew first, so that no unusual way of
// escaping hides a secret in it.
func (e echo) body(body []byte) []byte {
	if e.blind {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, utf8BOM)))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) == nil && !dec.More() {
		if text, ok := plainJSON(doc); ok {
			body = []byte(text)
		}
	}
	return auth.RedactBody(bytes.ToValidUTF8(body, []byte("\uFFFD")), e.secrets...)
}

// plainJSON encodes v without the escapes that encoding/json adds for HTML.
func plainJSON(v any) (string, bool) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

// shownHeaders are the only header fields of an answer that an error keeps.
var shownHeaders = []string{"Content-Type", "Date", "Retry-After", "Server", "Www-Authenticate", "X-Request-Id"}

func (e echo) header(h http.Header) http.Header {
	shown := http.Header{}
	for _, name := range shownHeaders {
		if v := h.Get(name); v != "" {
			shown.Set(name, e.text(v))
		}
	}
	return shown
}
