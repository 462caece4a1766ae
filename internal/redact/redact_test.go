package redact_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

const redacted = redact.Redacted

// token is as long as an access token.
var token = func() string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	var b strings.Builder
	seed := uint32(1)
	for range 1600 {
		seed = seed*1664525 + 1013904223
		b.WriteByte(digits[seed>>16%uint32(len(digits))])
	}
	return b.String()
}()

// secrets are of the kinds that vendors issue and people choose.
var secrets = []string{
	`Zq7Vx9Kw&=+% ü"'/\<>2Lm4Np8R`,
	"bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7",
	"a6a4b5a8-7c0e-4b1c-9f4e-2d2b8a1d9c31",
	"p4ssword-of-someone",
	"correct horse battery staple",
	token,
}

// shows reports whether text shows enough of form to recognize it.
func shows(text, form string) bool {
	const window = 10
	for i := range len(form) - window {
		part := form[i : i+window]
		if strings.Contains(text, part) && !strings.Contains("client_secret=&scope=a", part) {
			return true
		}
	}
	return false
}

func TestText_spellings(t *testing.T) {
	for _, secret := range secrets {
		for name, form := range vendortest.Spellings(secret) {
			if slices.Contains(vendortest.Unheld, name) {
				continue
			}
			r := redact.New([]string{"something else", secret})
			for _, text := range []string{form, "no such secret: " + form + ", sorry", "<" + form + ">", "secret" + form} {
				if got := r.Text(text); shows(got, form) || !strings.Contains(got, redacted) {
					t.Errorf("%s of %.20q became %.200q", name, secret, got)
				}
				if got := r.Sentence(text); shows(got, form) {
					t.Errorf("%s of %.20q became the sentence %.200q", name, secret, got)
				}
			}
		}
	}
}

// innocent are sentences of Keycloak, league/oauth2-server, Laravel Passport, gateways and
// net/http.
var innocent = []string{
	"Invalid client or Invalid client credentials",
	"Invalid client secret",
	"Client secret not provided in request",
	"Parameter client_assertion_type is missing",
	"Invalid user credentials",
	"Account is not fully set up",
	"Account disabled",
	"Account temporarily disabled",
	"Token is not active",
	"Invalid refresh token",
	"Refresh token expired",
	"Session not active",
	"Stale token",
	"Invalid token issuer. Expected 'https://auth.example.com/realms/customer'",
	"Realm does not exist",
	"Client not enabled to retrieve service account",
	"Client not allowed for direct access grants",
	"Unsupported grant_type",
	"Missing form parameter: grant_type",
	"Invalid scopes: xs2a_mock:user profile",
	"HTTPS required",
	"Invalid origin",
	"For more on this error consult the server log.",
	"Cannot parse the JSON",
	"Client authentication failed",
	"The authorization grant type is not supported by the authorization server.",
	"The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.",
	"The user credentials were incorrect.",
	"The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked …",
	"The requested scope is invalid, unknown, or malformed",
	"Check that all required parameters have been provided (Check the `client_secret` parameter)",
	"Check the `grant_type` parameter",
	"The resource owner or authorization server denied the request.",
	"Too Many Attempts.",
	"Unauthenticated.",
	"The client secret field is required. (and 1 more error)",
	"Server Error",
	"Your IP address 203.0.113.7 is not whitelisted; contact support@example.com with request id 7f3c9b1e-2a44.",
	"502 Bad Gateway",
	"504 Gateway Time-out",
	"503 Service Temporarily Unavailable",
	"ERROR: The request could not be satisfied",
	"Attention Required! | Cloudflare",
	"Access denied | auth.example.com used Cloudflare to restrict access",
	"upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
	"no healthy upstream",
	"API rate limit exceeded",
	"Rate limit of 60 requests per minute exceeded, retry in 12 seconds",
	"Invalid API key or token: Bearer realm=\"example\", error=\"invalid_token\", error_description=\"The access token expired\"",
	"Request header or cookie too large",
	"client_id and client_secret are both required",
	"basic authentication is not supported", "Basic Authentication required", "Bearer authorization.",
	"bearer credentials expired", "BEARER CHALLENGES", "basic authorisation", "no bearer expected",
	"application/json; charset=utf-8", "nginx/1.27.2", "Sat, 28 Nov 2026 15:26:42 GMT", "f2b9d3a1-08c4-4a61-9c39-3f0f5a7b1f10",
	`Post "https://auth.example.com/realms/customer/protocol/openid-connect/token": dial tcp 203.0.113.7:443: i/o timeout`,
	"tls: failed to verify certificate: x509: certificate is valid for *.example.com, not auth.example.org",
}

func TestText_innocentSentences(t *testing.T) {
	kinds := append(slices.Clone(secrets), "s3cr3t-ofin-test", "bank-client-secret-4711", "abc", "hunter2", "client", "customer2024", "Pa$$w0rd!", "example-password")
	r := redact.New(kinds, "ofin_test_abc", "anna", "customer", "https://auth.example.com/realms/customer", "profile")
	for _, text := range innocent {
		if got := r.Text(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if got := r.Sentence(text); got != text {
			t.Errorf("%q became the sentence %q", text, got)
		}
	}
}

func TestText_tokensThatNobodyNamed(t *testing.T) {
	r := redact.New(nil)
	for text, want := range map[string]string{
		"Bearer supersecret":                        redacted,
		"basic authenticationX":                     redacted,
		"no Bearer authentication-4711 here":        "no " + redacted + " here",
		"Bearer credentials=4711":                   redacted,
		"Basic Authentication Bearer abcdefgh":      "Basic Authentication " + redacted,
		"Basic YXV0aGVudGljYXRpb24=":                redacted,
		"got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.": "got " + redacted,
		"got eyJhbGciOi":                            "got " + redacted,
		"client_secret=4711&scope=a":                "client_secret=" + redacted + "&scope=a",
		`{"password": "4711", "x": 1}`:              `{"password": "` + redacted + `", "x": 1}`,
		`{\"refresh_token\":\"4711\"}`:              `{\"refresh_token\":\"` + redacted + `\"}`,
		"PASSWORD=4711":                             "PASSWORD=" + redacted,
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestText_parts(t *testing.T) {
	for name, c := range map[string]struct {
		secret, known, text, want string
	}{
		"a word is blanked":              {"bVc8ztJq3N92", "", "no client bVc8ztJq3N92, sorry", "no client " + redacted + " sorry"},
		"all of the word":                {"bVc8ztJq3N92", "", "no client (x=bVc8ztJq3N92,y)", "no client " + redacted},
		"a part of it":                   {"bVc8ztJq3N92", "", "no client ztJq3N… here", "no client " + redacted + " here"},
		"too short a part":               {"bVc8ztJq3N92", "", "no client ztJq3 here", "no client ztJq3 here"},
		"a quarter of a long one":        {strings.Repeat("bVc8ztJq3N92", 3), "", "no client bVc8ztJq3 here", "no client " + redacted + " here"},
		"less than a quarter":            {strings.Repeat("bVc8ztJq3N92", 3), "", "no client bVc8ztJq here", "no client bVc8ztJq here"},
		"all but one of six":             {"a1b2c3", "", "no client a1b2c here", "no client " + redacted + " here"},
		"in several words":               {"bVc8ztJq3N92", "", "b V c 8 z t J q 3 N 9 2", redacted},
		"over a line break":              {"my pass phrase", "", "it is my\r\npass\tphrase", redacted},
		"a short one":                    {"abc", "", "the secret abc, and abcd", "the secret " + redacted + " and abcd"},
		"a short one in quotes":          {"abc", "", `the secret "abc"`, "the secret " + redacted},
		"a short one, percent-encoded":   {"a+c", "", "the secret a%2Bc", "the secret " + redacted},
		"one letter":                     {"e", "", "beetle e bees", "beetle " + redacted + " bees"},
		"no letter":                      {"!!!", "", "so !!! there", "so " + redacted + " there"},
		"white space":                    {" ", "", "nothing to hide", "nothing to hide"},
		"nothing":                        {"", "", "nothing to hide", "nothing to hide"},
		"white space around it":          {"\n bVc8ztJq3N92\n", "", "no bVc8ztJq3N92", "no " + redacted},
		"not valid UTF-8":                {"\xffabcdefgh", "", "no \xffabcdefgh", "no " + redacted},
		"everybody's words":              {"client-secret", "", "Invalid client secret", "Invalid client secret"},
		"and more":                       {"client-secret-1", "", "Invalid client secret 1", redacted},
		"the client id's words":          {"s3cr3t-ofin-test", "ofin_test_abc", "no client ofin_test_abc", "no client ofin_test_abc"},
		"somebody's":                     {"s3cr3t-ofin-test", "", "no client ofin_test_abc", "no client " + redacted},
		"the client id's words and more": {"anna-2024", "anna", "no user anna, no password anna-2024", "no user anna, no password " + redacted},
	} {
		t.Run(name, func(t *testing.T) {
			if got := redact.New([]string{c.secret}, c.known).Text(c.text); got != c.want {
				t.Errorf("%q became %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	r := redact.New([]string{"bVc8ztJq3N92"})
	for text, want := range map[string]string{
		"": "",
		"a\u0085b\u2028c\u009bd\u2029e\tf\x00g\x7fh": "a b c d e f g h",
		"  a \r\n\n b  ":                      "a b",
		strings.Repeat("x", 200):              strings.Repeat("x", 200),
		strings.Repeat("x", 201):              " …",
		strings.Repeat("word ", 39) + "word!": strings.Repeat("word ", 39) + "word!",
		strings.Repeat("word ", 40) + "bVc8z": strings.TrimSpace(strings.Repeat("word ", 39)) + " …",
		"a\xffb":                              "ab",
	} {
		if got := r.Sentence(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{strings.Repeat("€uro ", 1000), strings.Repeat("\xff ", 5000), strings.Repeat("é", 5000)} {
		if got := r.Sentence(text); len(got) > 200 || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}

// FuzzText checks that no text shows a longer secret unchanged.
func FuzzText(f *testing.F) {
	f.Add("the secret is abc123xyz", "abc123xyz")
	f.Add("a%26b", "a&b")
	f.Add("eeee", "e")
	f.Add("\xff\xfe", "\xff")
	f.Add("\xba", "0\xf3\x8c\x9c")
	f.Add(`\u{110000}\uD800%u00&#x;%`, "abcdefgh")
	f.Fuzz(func(t *testing.T, text, secret string) {
		r := redact.New([]string{secret})
		if got := r.Sentence(text + secret + text); len(got) > 200*len(redacted) || strings.ContainsAny(got, "\r\n\x00\x1b") {
			t.Errorf("%q", got)
		}
		if !utf8.ValidString(secret) || strings.TrimFunc(secret, func(c rune) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }) != "" || len(secret) < 6 {
			return
		}
		if got := r.Text(text + secret + text); len(text) < 1000 && strings.Contains(got, secret) && !strings.Contains(redacted, secret) {
			t.Errorf("%q shows %q", got, secret)
		}
	})
}

func BenchmarkSentence(b *testing.B) {
	for name, secret := range map[string]string{"password": "p4ssword-of-someone", "token of 1.6 KB": token} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				redact.New([]string{secret}, "a-client", "https://auth.example.com").Sentence(innocent[26])
			}
		})
	}
}
