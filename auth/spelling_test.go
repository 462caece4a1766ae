package auth

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestSpellingFindsASecretHoweverItIsQuoted(t *testing.T) {
	const secret = "a1&=+% ü\"'/\\<>\n😀-z9"
	re := spelling(secret)
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
		if got := re.ReplaceAllLiteralString("<"+text+">", "X"); got != "<X>" {
			t.Errorf("%s is not found: %s", text, got)
		}
	}
	for _, text := range []string{"", "a1", "a1z9", "a1&=+% u\"'/<>-z9", strings.ToUpper(secret)} {
		if re.MatchString(text) {
			t.Errorf("%q is no spelling of the secret", text)
		}
	}
}

func TestSpellingOfOddSecrets(t *testing.T) {
	for _, secret := range []string{"", " ", "ab", "   a\t"} {
		if spelling(secret) != nil {
			t.Errorf("%q would be found everywhere", secret)
		}
	}
	if re := spelling("\n pass word \n"); re == nil || !re.MatchString("a pass+word here") {
		t.Error("white space around a secret should not matter")
	}
	if re := spelling("\xff\xfe\xfdabc"); re != nil && re.MatchString("abc") {
		t.Error("a part is not the secret")
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
	if err := NewTransportError("v", "op", io.ErrUnexpectedEOF); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("an error is lost")
	}
}
