package faults

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The words that a script may have in <<…>>:
//
//	token, refresh      the issued tokens, each with a mark that must not show anywhere
//	jwt, stale-jwt      a token that tells its expiry itself, in 15 minutes or long ago
//	secret              the secret, password or refresh token that the client has just sent
//	request, body       all of the client's request, or its body
//	date:±1h30m         a time from now, as in HTTP headers
//	elsewhere, self     the base URL of another server, and of this one
//
// A word may be followed by a spelling, as in <<secret:url>>: how the servers of this world quote
// what they echo.

// say fills in the words of a text.
func (x *exchange) say(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "<<")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, ">>")
		if !ok {
			panic("faults: no end of <<" + rest)
		}
		text = after
		word, spelling, _ := strings.Cut(name, ":")
		if word == "date" {
			d, err := time.ParseDuration(spelling)
			if err != nil {
				panic("faults: " + name)
			}
			b.WriteString(time.Now().Add(d).UTC().Format(http.TimeFormat))
			continue
		}
		value := x.word(word)
		if spelling != "" {
			spell, ok := spellings[spelling]
			if !ok {
				panic("faults: no spelling " + name)
			}
			value = spell(value)
		}
		b.WriteString(value)
	}
}

func (x *exchange) word(word string) string {
	switch word {
	case "token":
		return AccessToken
	case "refresh":
		return RefreshToken
	case "jwt":
		return jwt(time.Now().Add(15 * time.Minute))
	case "stale-jwt":
		return jwt(time.Now().Add(-time.Hour))
	case "secret":
		return x.credential()
	case "body":
		return string(x.request.Body)
	case "request":
		return string(x.head) + string(x.request.Body)
	case "self":
		return x.server.URL()
	}
	value, ok := x.server.plan.Words[word]
	if !ok {
		panic("faults: no word " + word)
	}
	return value
}

// credential returns the secret in the request, of any grant.
func (x *exchange) credential() string {
	if x.request == nil {
		return ""
	}
	var members map[string]any
	if json.Unmarshal(x.request.Body, &members) == nil {
		s, _ := members["client_secret"].(string)
		return s
	}
	form, _ := url.ParseQuery(string(x.request.Body))
	for _, name := range []string{"client_secret", "password", "refresh_token"} {
		if form.Has(name) {
			return form.Get(name)
		}
	}
	return ""
}

var spellings = map[string]func(string) string{
	"url":       url.QueryEscape,
	"percent":   func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }, // encodeURIComponent
	"lower-url": lowerEscapes,
	"json":      jsonText,  // Go: & < > as \u0026 …
	"plainjson": plainJSON, // only what must be escaped
	"php":       func(s string) string { return strings.ReplaceAll(asciiJSON(s), "/", `\/`) },
	"python":    asciiJSON,
	"html":      html.EscapeString,
	"entities":  strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#039;", "<", "&lt;", ">", "&gt;").Replace, // PHP
	"base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"basic": func(s string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("client:"+url.QueryEscape(s)))
	},
	"quoted":     strconv.Quote,
	"html-json":  func(s string) string { return html.EscapeString(jsonText(s)) },
	"named":      strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&apos;", "/", "&sol;", "<", "&lt;", "ü", "&uuml;", "+", "&plus;", "\\", "&bsol;").Replace,
	"numbered":   numberedEntities,
	"javascript": func(s string) string { return strings.ReplaceAll(asciiJSON(s), "'", `\x27`) },
	"url-twice":  func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"after-480":  func(s string) string { return strings.Repeat("x", 480) + " " + s },
	"after-505":  func(s string) string { return strings.Repeat("x", 505) + " " + s },
	"after-4085": func(s string) string { return strings.Repeat("x", 4085) + " " + s },
}

var escape = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerEscapes(s string) string {
	return escape.ReplaceAllStringFunc(url.QueryEscape(s), strings.ToLower)
}

func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}

func plainJSON(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s)
}

// numberedEntities writes all characters except letters and digits as &#x…;.
func numberedEntities(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) && r < 0x80 || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#x%X;", r)
		}
	}
	return b.String()
}

func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range plainJSON(s) {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// jwt returns an unsigned token, with the mark in its payload and as its signature.
func jwt(expiry time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	payload := fmt.Sprintf(`{"exp":%d,"jti":%q}`, expiry.Unix(), mark("jwt"))
	return encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(payload)) + "." + mark("sig")
}
