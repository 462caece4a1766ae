package dialect

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/auth"
)

// bodyToken finds credentials in an answer by the names they have there, also in one that is cut off, broken or a
// form instead of JSON.
var bodyToken = regexp.MustCompile(`(?i)\b(?:access_token|refresh_token|id_token|client_secret)["']?\s*[:=]\s*("(?:[^"\\]|\\.)*|'[^']*|[^\s&,<>{}\[\]"']+)`)

// mostTokens is how many credentials one answer may hold before nothing of it is shown at all.
const mostTokens = 16

// echo knows which secrets an answer may hold, and takes them out of whatever is shown of it.
type echo struct {
	secrets []string
	longest int
	blind   bool // show nothing
}

// newEcho takes the secrets of the request and finds those of the answer.
func newEcho(sent []auth.Secret, body []byte) echo {
	var e echo
	for _, s := range sent {
		e.add(s.Reveal())
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
	for _, s := range append(respellings(secret), secret) {
		e.secrets = append(e.secrets, s)
		e.longest = max(e.longest, 6*len(s)) // auth.Redact knows spellings of its own, up to \u00fc a byte
	}
}

// respellings lists forms in which servers of several languages write a text into JSON, HTML and URLs, beside those
// that auth.Redact knows.
func respellings(secret string) []string {
	quoted, _ := plainJSON(secret)
	inner := strings.TrimSuffix(strings.TrimPrefix(quoted, `"`), `"`)
	ascii := strings.TrimSuffix(strings.TrimPrefix(strconv.QuoteToASCII(secret), `"`), `"`)
	entities := html.EscapeString(secret)
	return []string{
		inner,
		strings.ReplaceAll(inner, "/", `\/`), // PHP
		ascii,
		strings.ReplaceAll(ascii, "/", `\/`),
		strings.NewReplacer("&#34;", "&quot;", "&#39;", "'").Replace(entities),
		strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(entities),
		strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;").Replace(entities),
		lowerHex(url.QueryEscape(secret)),
		lowerHex(url.PathEscape(secret)),
	}
}

// lowerHex turns %2F into %2f.
func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// text makes what the vendor said fit to show.
func (e echo) text(s string) string {
	if e.blind {
		return ""
	}
	return strings.TrimSpace(auth.Redact(s, e.secrets...))
}

// searched is how much of an answer is searched for secrets, of which auth.MaxErrorBody at most are shown.
const searched = 64 << 10

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
	cut := len(body) > searched
	if cut {
		body = body[:searched]
	}
	shown := auth.RedactBody(bytes.ToValidUTF8(body, []byte("\uFFFD")), e.secrets...)
	if cut && len(shown) < auth.MaxErrorBody-utf8.UTFMax {
		// Redacting has made it so short that its end is near where it was cut, maybe through a secret.
		shown = shown[:max(0, len(shown)-e.longest)]
	}
	return shown
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
