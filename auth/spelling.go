package auth

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// shortest is how long a secret has to be, in characters, for its spellings to be looked for. A shorter one would be
// found in whatever anybody writes; it is still found as it is.
const shortest = 4

// telling is how long the start of a secret has to be, in characters, to be taken for a secret that was cut off.
const telling = 64

// effort is what the search for one secret may cost a byte of text. A text that keeps on nearly being a secret is not
// worth more.
const effort = 16

// span is a part of a text.
type span struct{ start, end int }

// speller finds secrets in one text however a server has quoted them: percent-encoded, in JSON, in HTML, as a literal
// of some language, in capitals or small letters, once or several times over. Letters and digits look alike in all of
// them, so only what stands between can be written in several ways; where one is ambiguous, all readings are followed.
//
// It walks along the secret and the text, and prepares nothing for either: secrets are tokens of many kilobytes, texts
// are short, and hardly any has a secret in it.
type speller struct {
	text  string
	found []span
	steps int // what the search may still cost; given up below zero

	ends, next []int // where the readings of the secret end, in order: up to now, and one character further
}

// seek finds every place where the secret stands, and reports false when that costs too much.
func (s *speller) seek(secret string) bool {
	if len(s.text) < min(len(secret), telling) { // no way of writing it is shorter
		return true
	}
	s.steps = effort*len(s.text) + 1<<10
	for i := 0; i < len(s.text); i++ {
		if alphanumeric(secret[0]) {
			n := strings.IndexByte(s.text[i:], secret[0])
			if n < 0 {
				break
			}
			i += n
		}
		end := s.match(secret, i)
		if s.steps < 0 {
			return false
		}
		if end > i {
			s.found = append(s.found, span{i, end})
			i = end - 1
		}
	}
	return true
}

// seekPlain finds every place where the secret stands as it is.
func (s *speller) seekPlain(secret string) {
	for i := 0; ; {
		n := strings.Index(s.text[i:], secret)
		if n < 0 {
			return
		}
		s.found = append(s.found, span{i + n, i + n + len(secret)})
		i += n + len(secret)
	}
}

// spans returns what was found, in order, with what touches put together.
func (s *speller) spans() []span {
	slices.SortFunc(s.found, func(a, b span) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	merged := s.found[:0]
	for _, f := range s.found {
		if n := len(merged); n > 0 && f.start <= merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, f.end)
		} else {
			merged = append(merged, f)
		}
	}
	return merged
}

// match returns where a secret ends that starts at i, or where it is cut off if that much is telling, or -1.
func (s *speller) match(secret string, i int) int {
	s.ends = append(s.ends[:0], i)
	cutOff := -1
	for at, runes := 0, 0; at < len(secret); {
		width := letters(secret[at:min(len(secret), at+telling)])
		s.next = s.next[:0]
		for _, p := range s.ends {
			if width > 0 {
				n := commonPrefix(secret[at:at+width], s.text[p:])
				if n == width {
					s.next = append(s.next, p+n)
				}
				if runes+n >= telling {
					cutOff = max(cutOff, p+n)
				}
				s.steps -= 1 + n/8
				continue
			}
			if runes >= telling {
				cutOff = max(cutOff, p)
			}
			r, w := utf8.DecodeRuneInString(secret[at:])
			s.quoted(p, r, secret[at:at+w])
		}
		if len(s.next) == 0 || s.steps < 0 {
			return cutOff
		}
		if len(s.next) > 1 {
			slices.Sort(s.next)
			s.next = slices.Compact(s.next)
		}
		s.ends, s.next = s.next, s.ends
		if width == 0 {
			_, w := utf8.DecodeRuneInString(secret[at:])
			at, runes = at+w, runes+1
		} else {
			at, runes = at+width, runes+width
		}
	}
	return slices.Max(s.ends)
}

// quoted adds to next where r ends when it starts at p. raw is r as the secret has it, which differs from what r is
// written as when the secret is not valid UTF-8. Any number of backslashes may stand before it.
func (s *speller) quoted(p int, r rune, raw string) {
	for {
		s.steps--
		s.written(p, r, raw)
		n := backslash(s.text[p:])
		if n == 0 || s.steps < 0 {
			return
		}
		p += n
		if _, ok := slices.BinarySearch(s.ends, p); ok { // another reading goes on from here
			return
		}
	}
}

// written is quoted for what stands behind the backslashes.
func (s *speller) written(p int, r rune, raw string) {
	t := s.text[p:]
	if t == "" {
		return
	}
	if c, w := utf8.DecodeRuneInString(t); c == r || (r == ' ' && breaksLine(c)) {
		s.next = append(s.next, p+w)
	}
	switch {
	case t[0] == 'u' || t[0] == 'U':
		s.codePoint(p, r)
	case t[0] == '&':
		s.entity(p, r)
	case t[0] == '%' || t[0] == 'x':
		s.octets(p, string(r))
		if raw != string(r) {
			s.octets(p, raw)
		}
		if r == ' ' { // a plus that was percent-encoded once more
			s.octets(p, "+")
		}
	case t[0] == '+' && r == ' ':
		s.next = append(s.next, p+1)
	case r < ' ' && alphanumeric(t[0]):
		// \n and the like: what stands behind the backslash.
		if q := strconv.QuoteRune(r); len(q) == len(`'\n'`) && q[2] == t[0] {
			s.next = append(s.next, p+1)
		}
	}
}

// codePoint reads u00e9, U000000e9, u{e9} and, with two of them, ud83d\ude00.
func (s *speller) codePoint(p int, r rune) {
	t := s.text[p+1:]
	for n := hexadecimal(t, r); n >= 4; n-- {
		s.next = append(s.next, p+1+n)
		if r != 0 { // the one character that may have more zeros behind it
			break
		}
		s.steps--
	}
	if strings.HasPrefix(t, "{") {
		if n := hexadecimal(t[1:], r); n > 0 && strings.HasPrefix(t[1+n:], "}") {
			s.next = append(s.next, p+1+1+n+1)
		}
	}
	if r <= 0xffff {
		return
	}
	high, low := utf16.EncodeRune(r)
	if len(t) < 4 || hexadecimal(t[:4], high) != 4 {
		return
	}
	for q := p + 1 + 4; ; {
		s.steps--
		if t := s.text[q:]; len(t) > 4 && (t[0] == 'u' || t[0] == 'U') && hexadecimal(t[1:5], low) == 4 {
			s.next = append(s.next, q+5)
		}
		n := backslash(s.text[q:])
		if n == 0 || s.steps < 0 {
			return
		}
		q += n
	}
}

// entity reads &eacute; &#233; and &#xe9;, of which the & may be written as one itself. Every name is taken for that of
// r: there are two thousand.
func (s *speller) entity(p int, r rune) {
	for p++; s.steps >= 0; p += len("amp;") {
		s.steps--
		t, n := s.text[p:], 0
		switch {
		case strings.HasPrefix(t, "#x") || strings.HasPrefix(t, "#X"):
			if n = hexadecimal(t[2:], r); n > 0 {
				n += 2
			}
		case strings.HasPrefix(t, "#"):
			if n = numeral(t[1:], strconv.Itoa(int(r))); n > 0 {
				n++
			}
		default:
			if n = letters(t[:min(len(t), 31)]); n < 2 || t[0] <= '9' {
				n = 0
			}
		}
		if n > 0 && strings.HasPrefix(t[n:], ";") {
			s.next = append(s.next, p+n+1)
		}
		if !strings.HasPrefix(t, "amp;") {
			return
		}
	}
}

// octets reads %C3%A9 and xc3\xa9, where the % may be percent-encoded itself.
func (s *speller) octets(p int, bytes string) {
	ends := []int{p}
	for i := range len(bytes) {
		var next []int
		for _, q := range ends {
			for {
				s.steps--
				next = octet(next, s.text, q, bytes[i])
				n := 0
				if i > 0 { // before the first, quoted has been through them
					n = backslash(s.text[q:])
				}
				if n == 0 || s.steps < 0 {
					break
				}
				q += n
			}
		}
		ends = next
	}
	s.next = append(s.next, ends...)
}

// octet adds to ends where the byte ends that is written in text at q.
func octet(ends []int, text string, q int, b byte) []int {
	if q == len(text) || (text[q] != '%' && text[q] != 'x') {
		return ends
	}
	for t := text[q+1:]; len(t) >= 2; t = t[2:] {
		if hexadecimal(t[:2], rune(b)) == 2 {
			ends = append(ends, len(text)-len(t)+2)
		}
		if text[q] == 'x' || t[:2] != "25" {
			break
		}
	}
	return ends
}

// backslash returns how long the backslash is that t starts with, however it is written itself, or 0.
func backslash(t string) int {
	if t == "" {
		return 0
	}
	i := 1
	switch t[0] {
	case '\\':
		return 1
	case '%':
		for strings.HasPrefix(t[i:], "25") {
			i += 2
		}
		if strings.HasPrefix(t[i:], "5C") || strings.HasPrefix(t[i:], "5c") {
			return i + 2
		}
	case '&':
		for strings.HasPrefix(t[i:], "amp;") {
			i += 4
		}
		t, n := t[i:], 0
		switch {
		case strings.HasPrefix(t, "bsol"):
			n = len("bsol")
		case strings.HasPrefix(t, "#x"), strings.HasPrefix(t, "#X"):
			n = 2 + hexadecimal(t[2:], '\\')
		case strings.HasPrefix(t, "#"):
			n = 1 + numeral(t[1:], "92")
		}
		if n > 2 && strings.HasPrefix(t[n:], ";") {
			return i + n + 1
		}
	}
	return 0
}

// hexadecimal returns how many digits at the start of t write r, leading zeros and all, or 0.
func hexadecimal(t string, r rune) int {
	const digits = "0123456789abcdef"
	var buf [8]byte
	i := len(buf)
	for n := uint32(r); n > 0 || i == len(buf); n >>= 4 {
		i--
		buf[i] = digits[n&15]
	}
	return numeral(t, string(buf[i:]))
}

// numeral is hexadecimal for digits that have been worked out.
func numeral(t, digits string) int {
	zeros := len(t) - len(strings.TrimLeft(t, "0"))
	switch {
	case digits == "0":
		return zeros
	case len(t) >= zeros+len(digits) && strings.EqualFold(t[zeros:zeros+len(digits)], digits):
		return zeros + len(digits)
	}
	return 0
}

// letters returns how many letters and digits s starts with.
func letters(s string) int {
	for i := range len(s) {
		if !alphanumeric(s[i]) {
			return i
		}
	}
	return len(s)
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
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
