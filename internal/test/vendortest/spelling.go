package vendortest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Unheld are the spellings that nobody uses by accident. They are not recognized.
var Unheld = []string{"Base32", "reversed"}

// Spellings returns the ways in which a server may write a secret that it echoes.
func Spellings(secret string) map[string]string {
	each := func(format string, units []uint16) string {
		var b strings.Builder
		for _, u := range units {
			fmt.Fprintf(&b, format, u)
		}
		return b.String()
	}
	octets := func(format, s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
	runes := func(format string) string {
		var b strings.Builder
		for _, r := range secret {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
	inJSON := func(s string) string {
		quoted, _ := json.Marshal(s)
		return string(quoted[1 : len(quoted)-1])
	}
	reversed := []rune(secret)
	slices.Reverse(reversed)
	units := utf16.Encode([]rune(secret))
	ascii := strconv.QuoteToASCII(secret)
	form := "grant_type=client_credentials&client_id=a-client&client_secret=" + url.QueryEscape(secret)
	object := `{"grant_type":"client_credentials","client_id":"a-client","client_secret":"` + inJSON(secret) + `"}`
	encoded := base64.StdEncoding.EncodeToString([]byte("a-client:" + secret))
	return map[string]string{
		"as it is":                    secret,
		"in a form":                   url.QueryEscape(secret),
		"in a path":                   url.PathEscape(secret),
		"percent, small digits":       strings.ReplaceAll(strings.ToLower(url.QueryEscape(strings.ToLower(secret))), "+", "%20"),
		"percent, every byte":         octets("%%%02X", secret),
		"percent, twice":              url.QueryEscape(url.QueryEscape(secret)),
		"percent, four times":         url.QueryEscape(url.QueryEscape(url.QueryEscape(url.QueryEscape(secret)))),
		"JavaScript's escape":         each("%%u%04X", units),
		"in JSON":                     inJSON(secret),
		"in PHP's JSON":               strings.ReplaceAll(inJSON(secret), "/", `\/`),
		"in ASCII JSON":               ascii[1 : len(ascii)-1],
		"JSON, every character":       each(`\u%04x`, units),
		"JSON, capitals":              each(`\u%04X`, units),
		"JSON in JSON":                inJSON(inJSON(secret)),
		"JSON in a form":              url.QueryEscape(inJSON(secret)),
		"code points in braces":       runes(`\u{%x}`),
		"bytes as in C":               octets(`\x%02x`, secret),
		"Go's quotes":                 strconv.Quote(secret),
		"in HTML":                     html.EscapeString(secret),
		"in HTML, twice":              html.EscapeString(html.EscapeString(secret)),
		"HTML, decimal":               runes("&#%d;"),
		"HTML, hexadecimal":           runes("&#x%X;"),
		"HTML in a form":              url.QueryEscape(html.EscapeString(secret)),
		"capitals":                    strings.ToUpper(secret),
		"small letters":               strings.ToLower(secret),
		"hexadecimal":                 hex.EncodeToString([]byte(secret)),
		"hexadecimal, capitals":       strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"hexadecimal with colons":     strings.Trim(octets("%02x:", secret), ":"),
		"Base64":                      base64.StdEncoding.EncodeToString([]byte(secret)),
		"Base64 for URLs":             base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"Base64 in a form":            url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(secret))),
		"Base64 of a form":            base64.StdEncoding.EncodeToString([]byte(form)),
		"Base64 of JSON":              base64.RawStdEncoding.EncodeToString([]byte(object)),
		"Basic's value":               encoded,
		"cut off before character 64": string([]rune(secret)[:min(63, len(reversed)*2/3)]),
		"its end":                     string([]rune(secret)[len(reversed)/2:]),
		"behind its name":             "client_secret=" + url.QueryEscape(secret) + "&scope=a",
		"Base32":                      base32.StdEncoding.EncodeToString([]byte(secret)),
		"reversed":                    string(reversed),
	}
}
