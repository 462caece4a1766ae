package journal

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Known are the words that a Journal may show, and the secrets that it must not.
type Known struct {
	// Accounts are the names of clients and users, and e-mail addresses, in small letters.
	Accounts map[string]bool
	Scopes   map[string]bool
	Realms   map[string]bool
	Grants   []string
	// Secrets are those of all accounts, those replaced included.
	Secrets []string
	// IsMagic reports whether a name is a magic account's, and IsFault whether it is a fault's.
	IsMagic, IsFault func(name string) bool
}

// veil knows what the journal must not show, and the names that it may.
type veil struct {
	Known
	secrets wordPattern // of all accounts, those replaced included
	sent    wordPattern // what came with one request and may be repeated in the answer
}

func newVeil(k Known) *veil { return &veil{Known: k, secrets: patternOf(k.Secrets)} }

// isAccount reports whether a name is a configured or a magic account's, of whichever vendor.
func (v *veil) isAccount(name string) bool {
	return v.Accounts[strings.ToLower(name)] || v.IsMagic(name)
}

// over is the veil over the answer to one request: it hides what the request's own picture hides too.
func (v *veil) over(r *record) *veil {
	words := slices.Clone(r.credentials)
	for _, word := range r.words {
		if !v.isAccount(word) && !v.Scopes[word] && !shownParameters[word] && !slices.Contains(v.Grants, strings.TrimSpace(word)) {
			words = append(words, word)
		}
	}
	w := *v
	w.sent = patternOf(words)
	return &w
}

// wordPattern matches words in any case of letters, those of up to three signs only where they stand alone, because they
// would be found in whatever anybody writes. What is nil matches nothing.
type wordPattern struct{ long, short *regexp.Regexp }

func patternOf(words []string) wordPattern {
	var long, short []string
	for _, word := range words {
		word = strings.TrimSpace(strings.Map(func(r rune) rune { return r }, word)) // valid UTF-8
		form := regexp.QuoteMeta(word)
		switch {
		case word == "":
		case utf8.RuneCountInString(word) > 3:
			long = append(long, form)
		default:
			if wordly(word[0]) {
				form = `\b` + form
			}
			if wordly(word[len(word)-1]) {
				form += `\b`
			}
			short = append(short, form)
		}
	}
	return wordPattern{oneOf(long), oneOf(short)}
}

// oneOf prefers the longest.
func oneOf(forms []string) *regexp.Regexp {
	if forms == nil {
		return nil
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return regexp.MustCompile("(?i)" + strings.Join(slices.Compact(forms), "|"))
}

func wordly(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// tokens are what no list of secrets has: JWTs, also in base64, and the sandbox's opaque tokens.
var tokens = regexp.MustCompile(`(?i)eyj[a-z0-9_-]{6,}(?:\.[a-z0-9_-]*)*|zxlk[a-z0-9+/_-]{8,}=*|opaque-[0-9a-f]{8}-[0-9a-f-]{27}`)

func anyMatches(text string, patterns ...*regexp.Regexp) bool {
	return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p != nil && p.MatchString(text) })
}

// holds reports whether there is a secret in a text, as it is.
func (v *veil) holds(text string) bool {
	return anyMatches(text, v.secrets.long, v.secrets.short, v.sent.long, v.sent.short, tokens)
}

// text is free text without its secrets; nothing of it is left where one stands in it in another spelling.
func (v *veil) text(text string) string {
	for _, p := range []*regexp.Regexp{v.secrets.long, v.secrets.short, v.sent.long, v.sent.short, tokens} {
		if p != nil {
			text = p.ReplaceAllLiteralString(text, redacted)
		}
	}
	// A short word is found in many a decoded text by chance.
	if slices.ContainsFunc(decodings(text), func(s string) bool { return anyMatches(s, v.secrets.long, v.sent.long, tokens) }) {
		return redacted
	}
	return text
}

var (
	escapes    = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\+`)
	base64Runs = regexp.MustCompile(`[A-Za-z0-9+/_-]{6,}`)
	hexRuns    = regexp.MustCompile(`(?:[0-9A-Fa-f]{2}){4,}`)
)

// decodings are what a text says when read as percent-encoded, HTML, escaped, base64 or hexadecimal.
func decodings(text string) []string {
	plain := []string{text}
	for range 3 {
		last := plain[len(plain)-1]
		next := html.UnescapeString(escapes.ReplaceAllStringFunc(last, unescape))
		if next == last {
			break
		}
		plain = append(plain, next)
	}
	list := slices.Clone(plain[1:])
	for _, text := range plain {
		for _, run := range hexRuns.FindAllString(text, -1) {
			if data, err := hex.DecodeString(run); err == nil {
				list = append(list, string(data))
			}
		}
		for _, run := range base64Runs.FindAllString(text, -1) {
			run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
			// It may begin anywhere in the run.
			for skip := range 4 {
				digits := run[skip:]
				if len(digits)%4 == 1 {
					digits = digits[:len(digits)-1]
				}
				if data, err := base64.RawStdEncoding.DecodeString(digits); err == nil {
					list = append(list, string(data))
				}
			}
		}
	}
	return list
}

func unescape(escape string) string {
	if escape == "+" {
		return " "
	}
	code, err := strconv.ParseUint(strings.TrimLeft(escape, `%\ux`), 16, 32)
	if err != nil {
		return escape
	}
	if strings.HasPrefix(escape, `\`) {
		return string(rune(code))
	}
	return string([]byte{byte(code)})
}
