package auth

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// shortest is how long a secret has to be for its spellings to be looked for. A shorter one would be found in
// whatever anybody writes; it is still found as it is.
const shortest = 4

// backslash is a run of backslashes, however they are written themselves.
const backslash = `(?:\\|%(?:25)*5[Cc]|&(?:amp;)*(?:#0*92|#[Xx]0*5[Cc]|bsol);)*`

// spelling matches a secret however a server has quoted it: percent-encoded, in JSON, in HTML, as a literal of some
// language, in capitals or small letters, once or several times over. Letters and digits look alike in all of them, so
// only what stands between can be written in several ways. It returns nil for a secret that is too short or too odd.
func spelling(secret string) *regexp.Regexp {
	runes := []rune(strings.TrimSpace(secret))
	if len(runes) < shortest {
		return nil
	}
	var b strings.Builder
	for _, r := range runes {
		if '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			b.WriteRune(r)
		} else {
			b.WriteString(quotings(r))
		}
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil // a secret of many thousand signs
	}
	return re
}

// quotings matches the ways to write one rune that is neither letter nor digit.
func quotings(r rune) string {
	forms := []string{
		regexp.QuoteMeta(string(r)),
		fmt.Sprintf(`(?i:u0*%04x|u\{0*%x\})`, r, r),
		fmt.Sprintf(`&(?:amp;)*(?:#0*%d|(?i:#x0*%x)|[A-Za-z][A-Za-z0-9]{1,30});`, r, r),
	}
	var octets strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&octets, `%s(?:%%(?:25)*|x)(?i:%02x)`, backslash, c)
	}
	forms = append(forms, octets.String())
	switch {
	case r == ' ':
		forms = append(forms, `\+`, `%(?:25)*2[Bb]`)
	case r < ' ':
		// \n and the like: what stands behind the backslash.
		if q := strconv.QuoteRune(r); len(q) == len(`'\n'`) {
			forms = append(forms, q[2:3])
		}
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		forms = append(forms, fmt.Sprintf(`(?i:u%04x)%s(?i:u%04x)`, high, backslash, low))
	}
	return backslash + "(?:" + strings.Join(forms, "|") + ")"
}

// quotation finds what the texts of net/http's errors quote of an answer that they do not understand: where no
// HTTP is expected to begin with a token, one may.
var quotation = regexp.MustCompile(`malformed [A-Za-z ]*[A-Za-z]:?\s+(.+)|"((?:[^"\\]|\\.){9,})"`)

func quotations(text string) []string {
	var found []string
	for _, m := range quotation.FindAllStringSubmatch(text, -1) {
		found = append(found, strings.Trim(m[1]+m[2], `" `))
	}
	return found
}
