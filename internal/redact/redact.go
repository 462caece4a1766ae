// Package redact hides secrets in text from elsewhere. A run of letters and digits that text and
// secret have in common, in one case and under escapes or encodings, is evidence of the secret.
package redact

import (
	"bytes"
	_ "embed"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	Redacted    = "[redacted]" // replaces a secret
	maxSentence = 200          // bytes of a server's text
	maxText     = 4 << 10      // bytes of an error
	shortest    = 6            // letters and digits of a secret that is recognized by a part
	telling     = 3            // letters and digits of such a part outside known words
)

// A Redactor hides the secrets of one request.
type Redactor struct {
	short   []*regexp.Regexp // match short secrets that stand alone
	reduced [][]byte         // the other secrets
	known   map[string]bool  // words that are no evidence, besides everybodys
}

// everybodys are the words that every token endpoint sends.
var everybodys = wordsOf(words)

//go:embed words.txt
var words string

// New returns a Redactor for secrets. The words of known, such as the client id and the host, are
// shown even if a secret contains them.
func New(secrets []string, known ...string) *Redactor {
	r := &Redactor{known: wordsOf(strings.Join(known, " "))}
	for _, s := range secrets {
		s = strings.ToValidUTF8(strings.TrimSpace(s), "")
		if reduced := reduce(s); len(reduced) >= shortest {
			r.reduced = append(r.reduced, reduced)
		} else if s != "" {
			r.short = append(r.short, regexp.MustCompile(`(?:^|[^\pL\pN])`+regexp.QuoteMeta(s)+`(?:$|[^\pL\pN])`))
		}
	}
	return r
}

func wordsOf(text string) map[string]bool {
	found := map[string]bool{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), isNoLetter) {
		found[word] = true
	}
	return found
}

func isNoLetter(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }

// reduce returns the letters and digits of s in one case.
func reduce(s string) []byte {
	reduced := make([]byte, 0, len(s))
	for _, c := range s {
		if c = unicode.ToLower(c); !isNoLetter(c) {
			reduced = utf8.AppendRune(reduced, c)
		}
	}
	return reduced
}

// Sentence returns a server's text on one line, at most its first 200 bytes.
func (r *Redactor) Sentence(text string) string {
	isSpace := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }
	text = strings.Join(strings.FieldsFunc(text[:min(len(text), maxText)], isSpace), " ")
	if len(text) > maxSentence {
		// Half a word may be half a secret.
		text = text[:max(strings.LastIndexByte(text[:maxSentence-len(" …")], ' '), 0)] + " …"
	}
	return r.Text(text)
}

var (
	// named matches a secret after its name in forms and JSON.
	named = regexp.MustCompile(`(?i)((?:password|passwd|secret|assertion|(?:access|refresh|id)_token)(?:=|\\?["']\s*:\s*)` +
		`(?:\\?["'])?)[^\s&,;<>{}"'\\]+|((?:_secret|_token): *)\S*[0-9]\S*`)
	// tokenLike matches JWTs, even if cut off, and the values of Bearer and Basic.
	tokenLike = regexp.MustCompile(`(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}|` +
		`\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*`)
	word = regexp.MustCompile(`\S+`)
)

// Text returns text without secrets, values that look like a token, and values named like a secret.
func (r *Redactor) Text(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
	if strings.ContainsAny(text, "=:") {
		text = named.ReplaceAllString(text, "${1}${2}"+Redacted)
	}
	if lower := strings.ToLower(text); strings.Contains(lower, "eyj") || strings.Contains(lower, "bearer") || strings.Contains(lower, "basic") {
		text = tokenLike.ReplaceAllStringFunc(text, func(found string) string {
			words := strings.Fields(strings.ToLower(found))
			if everybodys[strings.TrimSuffix(words[len(words)-1], ".")] { // "Basic authentication"
				return found
			}
			return Redacted
		})
	}
	hide := func(part string) string {
		if r.evident(part) {
			return Redacted
		}
		return part
	}
	if len(r.short)+len(r.reduced) == 0 || hide(text) == text {
		return text
	}
	return hide(word.ReplaceAllStringFunc(text, hide))
}

// evident reports whether text gives evidence of a secret.
func (r *Redactor) evident(text string) bool {
	var t reduction
	for _, reading := range read(text) {
		if slices.ContainsFunc(r.short, func(s *regexp.Regexp) bool { return s.MatchString(reading) }) {
			return true
		}
		t.add(reading, r.known)
	}
	return slices.ContainsFunc(r.reduced, t.holds)
}

// A reduction is the letters and digits of texts in one case, with a 0 after each text.
type reduction struct {
	letters []byte
	unknown []byte // 1, or 0 for a letter in a known word
}

func (t *reduction) add(text string, known map[string]bool) {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), isNoLetter) {
		unknown := byte(1)
		if everybodys[word] || known[word] {
			unknown = 0
		}
		t.letters = append(t.letters, word...)
		t.unknown = append(t.unknown, bytes.Repeat([]byte{unknown}, len(word))...)
	}
	t.letters, t.unknown = append(t.letters, 0), append(t.unknown, 0)
}

// holds reports whether text and secret have a run of characters in common that is evidence.
func (t *reduction) holds(secret []byte) bool {
	run := min(32, max(shortest, len(secret)/4), len(secret)-1)
	step := (run + 1) / 2 // so that each run contains a whole sample
	for at := 0; at+step <= len(t.letters); at += step {
		for from := 0; ; from++ {
			i := bytes.Index(secret[from:], t.letters[at:at+step])
			if i < 0 {
				break
			}
			from += i
			start, end := at, at+step
			for n := from; n > 0 && start > 0 && t.letters[start-1] == secret[n-1]; n-- {
				start--
			}
			for n := from + step; n < len(secret) && t.letters[end] == secret[n]; n++ {
				end++
			}
			unknown := bytes.Count(t.unknown[start:end], []byte{1})
			if unknown >= telling && end-start >= run || unknown > 0 && end-start == len(secret) {
				return true
			}
		}
	}
	return false
}

var (
	base64Digits = digitsOf(64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"+"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
	hexDigits    = digitsOf(16, "0123456789abcdef"+"0123456789ABCDEF")
	hexText      = strings.NewReplacer(" ", "", ":", "", "-", "", ",", "")
	escape       = regexp.MustCompile(`[%\\](?:u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]+\}|U[0-9a-fA-F]{8}|x?[0-9a-fA-F]{2})|\\.`)
)

// read returns text unchanged, without up to four layers of escapes, and decoded (Base64, hex).
func read(text string) []string {
	readings := layers(nil, text)
	for _, reading := range readings {
		readings = layers(readings, decode(reading, base64Digits, 6, 4))
		readings = layers(readings, decode(hexText.Replace(reading), hexDigits, 4, 2))
	}
	return readings
}

func layers(readings []string, text string) []string {
	for range 1 + 4 {
		readings = append(readings, text)
		if text = html.UnescapeString(text); strings.ContainsAny(text, `%\`) {
			text = escape.ReplaceAllStringFunc(text, unescape)
		}
		if text == readings[len(readings)-1] {
			break
		}
	}
	return readings
}

func unescape(e string) string {
	digits := strings.Trim(e, `%\uUx{}`)
	n, err := strconv.ParseUint(digits, 16, 32)
	switch {
	case err == nil && len(digits) == 2:
		return string([]byte{byte(n)})
	case err == nil:
		return string(rune(n))
	case unicode.IsLower(rune(e[1])): // \n and the like
		return " "
	}
	return e[1:]
}

// digitsOf returns the value of each digit plus one.
func digitsOf(base int, alphabets string) (values [256]uint8) {
	for i, c := range []byte(alphabets) {
		values[c] = uint8(i%base + 1)
	}
	return values
}

// decode returns the bytes that runs of digits encode. A byte may begin at any of the first digits.
func decode(text string, digits [256]uint8, bits uint, begins int) string {
	var out []byte
	for run := range strings.FieldsFuncSeq(text, func(c rune) bool { return c > 255 || digits[c] == 0 }) {
		for begin := 0; begin < begins && len(run)*int(bits) >= 8*(shortest-1); begin++ {
			var value, have uint
			for i := begin; i < len(run); i++ {
				value, have = value<<bits|uint(digits[run[i]]-1), have+bits
				if have >= 8 {
					have -= 8
					out = append(out, byte(value>>have))
				}
			}
			out = append(out, 0)
		}
	}
	// Most words are not encoded text: they decode to bytes that are hardly text.
	runs := strings.FieldsFunc(string(out), func(c rune) bool { return c == unicode.ReplacementChar || !unicode.IsPrint(c) && !unicode.IsSpace(c) })
	return strings.Join(slices.DeleteFunc(runs, func(s string) bool { return len(s) < shortest-1 }), "\x00")
}
