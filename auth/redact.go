package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenLike finds what no secret list knows: JWTs, of any vendor and also cut off, and Bearer or Basic values.
var tokenLike = regexp.MustCompile(`(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}|\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*`)

// prose is what people write after Bearer and Basic, which must not cost an error its text and its type.
var prose = regexp.MustCompile(`(?i)^(?:bearer|basic)\s+(?:authenticat(?:ion|e|ed)|authori[sz](?:ation|ed)|credentials?|challenges?|required|expected|supported|disabled)\.?$`)

// Redact returns text with every one of the secrets replaced, in the spellings in which a server may echo it
// (as it is, in a URL or form, in JSON), and with everything that looks like a JWT or a Bearer value. The result
// has at most 512 bytes, none of them a control character.
func Redact(text string, secrets ...string) string { return newRedactor(secrets).line(text) }

// line is Redact.
func (r *redactor) line(text string) string {
	text = oneLine(r.all(text))
	const most, ellipsis = 512, "…"
	if len(text) > most {
		text = cut(text, most-len(ellipsis)) + ellipsis
	}
	return text
}

// oneLine puts a space for every control character and line break, also those that only Unicode knows: terminals and
// log viewers act on them.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if breaksLine(r) {
			return ' '
		}
		return r
	}, text)
}

func breaksLine(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// cut returns at most so many bytes of text, and no part of a character.
func cut(text string, most int) string {
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// MaxErrorBody is the most that [Error.Body] holds.
const MaxErrorBody = 4 << 10

// RedactBody returns the start of a token endpoint's answer as [Error.Body] may hold it: like [Redact], but with
// line breaks kept and at most [MaxErrorBody] bytes long.
func RedactBody(body []byte, secrets ...string) []byte { return newRedactor(secrets).body(body) }

// body is RedactBody.
func (r *redactor) body(body []byte) []byte {
	text := r.all(string(body))
	if len(text) > MaxErrorBody {
		text = cut(text, MaxErrorBody)
	}
	return []byte(text)
}

// RedactError returns err as it is where its text holds none of the secrets. Otherwise it returns an error with
// the redacted text, in which errors.Is still finds what is in err, but errors.As does not: what that would hand
// out can print the secret.
func RedactError(err error, secrets ...string) error { return newRedactor(secrets).error(err) }

// redactor takes a set of secrets out of texts.
type redactor struct{ secrets []string }

func newRedactor(secrets []string) *redactor { return &redactor{secrets} }

// all is Redact without the limit on length. It looks for all secrets in the text as it came: what is put in place of
// one is not searched for the next, or a secret of one letter would multiply.
func (r *redactor) all(text string) string {
	s := &speller{text: text}
	for _, secret := range r.secrets {
		if !s.secret(strings.TrimSpace(secret)) {
			return redacted // all of it: what has not been searched is not shown
		}
	}
	if spans := s.spans(); len(spans) > 0 {
		var b strings.Builder
		at := 0
		for _, f := range spans {
			b.WriteString(text[at:f.start])
			b.WriteString(redacted)
			at = f.end
		}
		b.WriteString(text[at:])
		text = b.String()
	}
	if !mayHoldToken(text) {
		return text
	}
	return tokenLike.ReplaceAllStringFunc(text, func(found string) string {
		if prose.MatchString(found) {
			return found
		}
		return redacted
	})
}

// secret finds a secret, in Base64 too. It reports false when that costs too much.
func (s *speller) secret(secret string) bool {
	switch n := utf8.RuneCountInString(secret[:min(len(secret), utf8.UTFMax*shortest)]); {
	case secret == "" || s.text == "":
		return true
	case n < shortest:
		s.seekPlain(secret)
		s.seekPlain(url.QueryEscape(secret))
	case !s.seek(secret):
		return false
	case !utf8.ValidString(secret):
		// Its broken end and what comes next may make up a character, which seek does not look into.
		s.seekPlain(secret)
	}
	// No more of it than the text can hold; a multiple of three bytes is encoded alike whatever follows.
	if most := len(s.text) + 3 - len(s.text)%3; len(secret) > most {
		secret = secret[:most]
	}
	if base64.RawStdEncoding.EncodedLen(len(secret)) > len(s.text) && len(s.text) < telling {
		return true
	}
	return s.seek(base64.StdEncoding.EncodeToString([]byte(secret))) && s.seek(base64.RawURLEncoding.EncodeToString([]byte(secret)))
}

// mayHoldToken reports whether tokenLike is worth trying, which is slow. Its case folding knows a third s, which
// EqualFold counts in too, but not within so many bytes.
func mayHoldToken(text string) bool {
	if strings.Contains(text, "eyJ") || strings.Contains(text, "ſ") {
		return true
	}
	for i := range len(text) {
		if text[i]|0x20 != 'b' || i+len("basic") > len(text) {
			continue
		}
		if strings.EqualFold(text[i:i+len("basic")], "basic") || (i+len("bearer") <= len(text) && strings.EqualFold(text[i:i+len("bearer")], "bearer")) {
			return true
		}
	}
	return false
}

// redactedError stands for an error whose text had a secret in it. It holds that error only in a function, where
// nothing that prints or encodes values can find it.
type redactedError struct {
	text string
	is   func(target error) bool
	late bool
}

func (e *redactedError) Error() string                { return e.text }
func (e *redactedError) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, e.text) }
func (e *redactedError) MarshalText() ([]byte, error) { return []byte(e.text), nil }
func (e *redactedError) Is(target error) bool         { return e.is(target) }
func (e *redactedError) Timeout() bool                { return e.late }

// error is RedactError.
func (r *redactor) error(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	text := r.all(said)
	if text == said {
		return err
	}
	return &redactedError{text: text, is: func(target error) bool { return errors.Is(err, target) }, late: timedOut(err)}
}
