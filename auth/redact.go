package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// tokenLike finds what no secret list knows: JWTs, of any vendor and also cut off, and Bearer or Basic values.
var tokenLike = regexp.MustCompile(`(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}|\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*`)

// Redact returns text with every one of the secrets replaced, in the spellings in which a server may echo it
// (as it is, in a URL or form, in JSON), and with everything that looks like a JWT or a Bearer value. The result
// has at most 512 bytes, none of them a control character.
func Redact(text string, secrets ...string) string { return newRedactor(secrets).line(text) }

// line is Redact.
func (r *redactor) line(text string) string {
	text = r.all(text)
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	const most = 512
	if len(text) > most {
		cut := most
		for cut > 0 && text[cut]&0xc0 == 0x80 {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
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
		cut := MaxErrorBody
		for cut > 0 && text[cut]&0xc0 == 0x80 {
			cut--
		}
		text = text[:cut]
	}
	return []byte(text)
}

// RedactError returns err as it is where its text holds none of the secrets. Otherwise it returns an error with
// the redacted text, in which errors.Is still finds what is in err, but errors.As does not: what that would hand
// out can print the secret.
func RedactError(err error, secrets ...string) error { return newRedactor(secrets).error(err) }

// redactor takes a set of secrets out of texts.
type redactor struct {
	patterns []*regexp.Regexp  // of the secrets in their other spellings
	replacer *strings.Replacer // of the secrets as they are
}

func newRedactor(secrets []string) *redactor {
	r := &redactor{}
	var forms []string
	for _, secret := range secrets {
		if secret = strings.TrimSpace(secret); secret == "" {
			continue
		}
		if p := spelling(secret); p != nil {
			r.patterns = append(r.patterns, p)
		}
		forms = append(forms, secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)))
		if len([]rune(secret)) < shortest {
			forms = append(forms, url.QueryEscape(secret))
		}
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, redacted)
	}
	r.replacer = strings.NewReplacer(pairs...)
	return r
}

// all is Redact without the limit on length. It goes over the text once for the secrets as they are: what it has put
// in place of a secret is not searched again, or a secret of one letter would multiply.
func (r *redactor) all(text string) string {
	if text == "" {
		return ""
	}
	for _, p := range r.patterns {
		text = p.ReplaceAllLiteralString(text, redacted)
	}
	return tokenLike.ReplaceAllString(r.replacer.Replace(text), redacted)
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
	text := r.all(err.Error())
	if text == err.Error() {
		return err
	}
	return &redactedError{text: text, is: func(target error) bool { return errors.Is(err, target) }, late: timedOut(err)}
}
