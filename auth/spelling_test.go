package auth

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// without replaces the secret in text, and nothing else.
func without(text, secret string) string {
	s := &speller{text: text}
	if !s.seek(strings.TrimSpace(secret)) {
		return "given up"
	}
	var b strings.Builder
	at := 0
	for _, f := range s.spans() {
		b.WriteString(text[at:f.start] + "X")
		at = f.end
	}
	return b.String() + text[at:]
}

func TestSpellingFindsASecretHoweverItIsQuoted(t *testing.T) {
	const secret = "a1&=+% ü\"'/\\<>\n😀-z9"
	for _, text := range []string{
		secret,
		`a1%26%3D%2B%25+%C3%BC%22%27%2F%5C%3C%3E%0A%F0%9F%98%80-z9`,
		`a1%26%3d%2b%25%20%c3%bc%22%27%2f%5c%3c%3e%0a%f0%9f%98%80-z9`,
		`a1%2526%253D%252B%2525%2B%25C3%25BC%2522%2527%252F%255C%253C%253E%250A%25F0%259F%2598%2580-z9`,
		`a1\u0026=+% ü\"'/\\\u003c\u003e\n😀-z9`,
		`a1&=+% \u00fc\"'\/\\<>\n\ud83d\ude00-z9`,
		`a1\\u0026=+% ü\\\"'/\\\\\\u003c\\u003e\\n😀-z9`,
		`a1\x26=+% \xc3\xbc\"\x27/\\\x3c\x3e\x0a\U0001f600-z9`,
		`a1&amp;=+% ü&#34;&#39;/\&lt;&gt;` + "\n😀-z9",
		`a1&amp;=+% &uuml;&quot;&#039;/&bsol;&lt;&gt;&NewLine;&#128512;-z9`,
		`a1&amp;amp;&#x3D;&#x2b;&#x25;&#x20;&#xfc;&amp;quot;&#x27;&#x2F;&#x5C;&#x3C;&#x3E;&#xA;&#x1F600;&#x2d;z9`,
		`a1\u0026=+% ü\&#34;&#39;/\\\u003c\u003e\n😀-z9`,
		`a1%5Cu0026=+% ü%5C%22'/%5C%5C%5Cu003c%5Cu003e%5Cn😀-z9`,
	} {
		if got := without("<"+text+">", secret); got != "<X>" {
			t.Errorf("%s is not found: %s", text, got)
		}
	}
	for _, text := range []string{"", "a1", "a1z9", "a1&=+% u\"'/<>-z9", strings.ToUpper(secret)} {
		if got := without(text, secret); got != text {
			t.Errorf("%q is no spelling of the secret", text)
		}
	}
}

func TestSpellingOfOddSecrets(t *testing.T) {
	for _, secret := range []string{"", " ", "\t", "\xff"} {
		if got := Redact("a%09b \\xff+", secret); got != "a%09b \\xff+" {
			t.Errorf("%q would be found everywhere: %s", secret, got)
		}
	}
	if got := without("a pass+word here", "\n pass word \n"); got != "a X here" {
		t.Errorf("white space around a secret should not matter: %s", got)
	}
	if got := without("abc", "\xff\xfe\xfdabc"); got != "abc" {
		t.Error("a part is not the secret")
	}
	for _, text := range []string{"\xffabcd", "%FFabcd", `\xffabcd`, `\ufffdabcd`, "\uFFFDabcd", "%EF%BF%BDabcd"} {
		if got := without("<"+text+">", "\xffabcd"); got != "<X>" {
			t.Errorf("%q is not found: %q", text, got)
		}
	}
	for _, text := range []string{"a\x00b0c", `a\u0000b0c`, `a\0x00b`, "a&#0;b0c", "a%00b0c"} {
		if got := without(text, "a\x00b0c"); (got == "X") != strings.HasSuffix(text, "b0c") {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// What a server cuts off to fit its own limits is still most of a secret.
func TestSecretThatWasCutOffIsFoundByItsStart(t *testing.T) {
	for _, secret := range []string{strings.Repeat("0123456789", 30), strings.Repeat("ab-_", 60), strings.Repeat("é+/ ", 40)} {
		quoted := url.QueryEscape(secret)
		for _, text := range []string{secret[:100], secret[:len(secret)-1], quoted[:len(quoted)*2/3/9*9], "it was " + secret[:90] + "… (cut)"} {
			if got := Redact(text, secret); strings.Contains(got, "234") || strings.Contains(got, "b-_a") || strings.Contains(got, "+/") || strings.Contains(got, "%2B%2F") {
				t.Errorf("%q became %q", text, got)
			}
		}
		short := string([]rune(secret)[:40])
		if got := Redact(short, secret); got != short {
			t.Errorf("%q is too short to tell, but became %q", short, got)
		}
	}
}

// reference is what a spelling is, as a regular expression; it took tens of milliseconds to compile for a long token.
func reference(secret string) *regexp.Regexp {
	const backslash = `(?:\\|%(?:25)*5[Cc]|&(?:amp;)*(?:#0*92|#[Xx]0*5[Cc]|bsol);)*`
	var b strings.Builder
	for _, r := range secret {
		if r < utf8.RuneSelf && alphanumeric(byte(r)) {
			b.WriteRune(r)
			continue
		}
		forms := []string{
			regexp.QuoteMeta(string(r)),
			fmt.Sprintf(`(?i:u0*%04x|u\{0*%x\})`, r, r),
			fmt.Sprintf(`&(?:amp;)*(?:#0*%d|(?i:#x0*%x)|[A-Za-z][A-Za-z0-9]{1,30});`, r, r),
		}
		octets := ""
		for _, c := range []byte(string(r)) {
			octets += fmt.Sprintf(`%s(?:%%(?:25)*|x)(?i:%02x)`, backslash, c)
		}
		forms = append(forms, octets)
		switch {
		case r == ' ':
			forms = append(forms, `\+`, `%(?:25)*2[Bb]`)
		case r < ' ':
			if q := strconv.QuoteRune(r); len(q) == len(`'\n'`) {
				forms = append(forms, q[2:3])
			}
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			forms = append(forms, fmt.Sprintf(`(?i:u%04x)%s(?i:u%04x)`, high, backslash, low))
		}
		b.WriteString(backslash + "(?:" + strings.Join(forms, "|") + ")")
	}
	return regexp.MustCompile(b.String())
}

// FuzzSpelling holds the search to the reference: what that finds in a text is gone from it afterwards.
func FuzzSpelling(f *testing.F) {
	f.Add("a1&=+% ü", `a1\u0026%3D+%25+\xc3\xbc`, uint64(1))
	f.Add(`\\\\`, `\%5c\&bsol;%255c\\`, uint64(2))
	f.Add("%25a%", "%2525a%25%25", uint64(3))
	f.Add("&&amp;a", "&amp;&amp;amp;amp;a&amp;amp;a", uint64(4))
	f.Add("a\x00\x000", `a\u00000\u00000`, uint64(5))
	f.Add("😀 +\n", `\ud83d\ude00%2B%20n`, uint64(6))
	f.Fuzz(func(t *testing.T, secret, text string, seed uint64) {
		secret = strings.TrimSpace(secret)
		if len(secret) > 200 || utf8.RuneCountInString(secret) < shortest {
			return
		}
		random := rand.New(rand.NewPCG(seed, 0))
		text += misspell(secret, random) + text + misspell(secret, random)
		s := &speller{text: text}
		if !s.seek(secret) {
			return // nothing of it is shown
		}
		re, at := reference(secret), 0
		for _, found := range append(s.spans(), span{len(text), len(text)}) {
			if left := text[at:found.start]; re.MatchString(left) {
				t.Fatalf("%q is left of %q, which has the secret %q", left, text, secret)
			}
			at = found.end
		}
	})
}

// misspell quotes each character of the secret in some way.
func misspell(secret string, random *rand.Rand) string {
	var b strings.Builder
	for _, r := range secret {
		if r < utf8.RuneSelf && alphanumeric(byte(r)) {
			b.WriteRune(r)
			continue
		}
		for range random.IntN(3) {
			b.WriteString([]string{`\`, "%5C", "%25255c", "&bsol;", "&#92;", "&amp;amp;#x005C;"}[random.IntN(6)])
		}
		b.WriteString([]func() string{
			func() string { return string(r) },
			func() string { return fmt.Sprintf("u%04x", r) },
			func() string { return fmt.Sprintf("U%08X", r) },
			func() string { return fmt.Sprintf("u{%x}", r) },
			func() string { return fmt.Sprintf("&amp;amp;#0%d;", r) },
			func() string { return fmt.Sprintf("&#X%X;", r) },
			func() string { return "&hellip;" },
			func() string { return strings.ReplaceAll(url.QueryEscape(string(r)), "%", "%2525") },
			func() string { return url.PathEscape(string(r)) },
			func() string { return "x" + strings.ReplaceAll(fmt.Sprintf("% x", string(r)), " ", `\x`) },
			func() string { return strings.Trim(strconv.QuoteRuneToASCII(r), "'") },
		}[random.IntN(11)]())
	}
	return b.String()
}

// A token of many kilobytes among the secrets must not make a failure dear: what a search costs follows from the text.
func TestRedactionOfLongSecretsCostsWhatTheTextDoes(t *testing.T) {
	page := strings.Repeat("some text of a server, with %22quotes%22 &amp; \\u0026 all ", 80)
	for _, secret := range []string{strings.Repeat("a-b_", 25<<10), strings.Repeat("+/", 50<<10), strings.Repeat("\\", 100<<10), strings.Repeat("x", 100<<10)} {
		secrets := []string{secret, secret[1:], secret[2:]}
		for _, text := range []string{"connection reset by peer", page, secret[:4<<10], strings.Repeat(secret[:63]+"!", 64)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			Redact(text, secrets...)
			runtime.ReadMemStats(&after)
			allocated := int(after.TotalAlloc - before.TotalAlloc)
			// Base64 in two alphabets for each secret, and at most a few readings for each character of the text.
			if most := 8<<10 + (64+12*len(secrets))*len(text); allocated > most {
				t.Errorf("%d bytes allocated for a text of %d, want at most %d", allocated, len(text), most)
			}
		}
	}
}

// A text that nearly is the secret, over and over, is not searched to the end, and so not shown.
func TestTextThatCostsTooMuchToSearchIsNotShown(t *testing.T) {
	secret := strings.Repeat("\\", 30) + "end"
	if got := Redact(strings.Repeat("\\", 64<<10), secret); got != redacted {
		t.Errorf("got %q", got)
	}
	if got := Redact(strings.Repeat("no such thing ", 20), secret); !strings.HasPrefix(got, "no such thing") {
		t.Errorf("got %q", got)
	}
}

func BenchmarkRedact(b *testing.B) {
	token := func(n int) string {
		t := make([]byte, n)
		for i := range t {
			t[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."[rand.IntN(65)]
		}
		return string(t)
	}
	page := string(bytes.Repeat([]byte("some text of a server, of which there is much. "), 87))
	for name, c := range map[string]struct{ text, secret string }{
		"line, password":        {"Account is not fully set up", "p4ssword-of-someone"},
		"line, 1.6 KB token":    {"Account is not fully set up", token(1600)},
		"line, 100 KiB token":   {"Account is not fully set up", token(100 << 10)},
		"4 KiB, 1.6 KB token":   {page, token(1600)},
		"4 KiB, 100 KiB token":  {page, token(100 << 10)},
		"64 KiB, 100 KiB token": {strings.Repeat(page, 16), token(100 << 10)},
		"4 KiB of backslashes":  {strings.Repeat("\\", 4<<10), strings.Repeat("\\", 1600)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Redact(c.text, c.secret)
			}
		})
	}
}

func TestErrorsOfHTTPAreShownWithoutWhatTheyQuote(t *testing.T) {
	for text, want := range map[string]string{
		`malformed HTTP response "{\"access_token\":\"t0p\"}"`:           `malformed HTTP response "[redacted]"`,
		`malformed MIME header line: access_token=t0p and more`:          `malformed MIME header line: [redacted]`,
		`unsupported transfer encoding: "gzip"`:                          `unsupported transfer encoding: "gzip"`,
		`unsupported transfer encoding: "t0p-secret-token"`:              `unsupported transfer encoding: "[redacted]"`,
		`http2: server sent GOAWAY; ErrCode=PROTOCOL, debug="t0p token"`: `http2: server sent GOAWAY; ErrCode=PROTOCOL, debug="[redacted]"`,
		`dial tcp 127.0.0.1:1: connect: connection refused`:              `dial tcp 127.0.0.1:1: connect: connection refused`,
	} {
		if got := NewTransportError("v", "op", errors.New(text)).Err.Error(); got != want {
			t.Errorf("%s\n  became %s\n  want   %s", text, got, want)
		}
	}
	authority := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	named := fmt.Errorf("(candidate authority %q): %w", "Corporate Root CA", authority)
	if err := NewTransportError("v", "op", named); err.Err != named {
		t.Errorf("a certificate's error became %v", err)
	}
	if err := NewTransportError("v", "op", io.ErrUnexpectedEOF); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("an error is lost")
	}
}
