package faults

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Every secret and token of these tests begins and ends with a mark. So a test finds it in any
// spelling, even if only one end of it is left.
const (
	head = "Zq7Vx9Kw"
	tail = "2Lm4Np8R"
)

// mark makes a marked secret.
func mark(middle string) string { return head + middle + tail }

// The secrets.
var (
	PlainSecret  = mark("-plain-")
	NastySecret  = mark("&=+% ü\"'/\\<>\u2028;,")
	AccessToken  = mark("~access.token~")
	RefreshToken = mark("~refresh/token+~")
)

// marks are searched in any case, exact in the given case.
var marks, exact = func() (marks, exact []string) {
	for _, m := range []string{head[:5], tail[3:]} {
		marks = append(marks, strings.ToLower(m), hex.EncodeToString([]byte(m)))
	}
	// Base64 of a text depends on its position in the groups of three bytes. The characters that
	// depend on its neighbours are cut off.
	for _, m := range []string{head, tail} {
		for before := range 3 {
			s := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + m))
			exact = append(exact, s[(8*before+5)/6:8*(before+len(m))/6])
		}
	}
	return marks, exact
}()

// Leak returns a mark that text contains, or "".
func Leak(text string) string {
	lower := strings.ToLower(text)
	for _, m := range marks {
		if strings.Contains(lower, m) {
			return m
		}
	}
	for _, m := range exact {
		if strings.Contains(text, m) {
			return m
		}
	}
	return ""
}
