package faults

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Every secret and token of these tests begins and ends with a mark, so that it is found without
// knowing how it was spelled, and also when only one end of it is left.
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

// marks is what to look for in lower case, exact what to look for as it is.
var marks, exact = func() (marks, exact []string) {
	for _, m := range []string{head[:5], tail[3:]} {
		marks = append(marks, strings.ToLower(m), hex.EncodeToString([]byte(m)))
	}
	// Base64 looks different for each place that a text may have among the three bytes of a group.
	// The characters that depend on what stands around it are cut off.
	for _, m := range []string{head, tail} {
		for before := range 3 {
			s := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + m))
			exact = append(exact, s[(8*before+5)/6:8*(before+len(m))/6])
		}
	}
	return marks, exact
}()

// Leak returns the mark that text shows, or "".
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
