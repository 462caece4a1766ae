package tokenendpoint_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// jwt makes an unsigned token with these claims.
func jwt(claims string) string {
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + enc.EncodeToString([]byte(claims)) + "." + enc.EncodeToString([]byte("sig"))
}

func TestLifetime_isReadInEveryForm(t *testing.T) {
	const opaque = "opaque"
	from := func(exp, iat time.Duration) func(now time.Time) string {
		return func(now time.Time) string {
			return jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, now.Add(exp).Unix(), now.Add(iat).Unix()))
		}
	}
	only := func(claims string) func(time.Time) string { return func(time.Time) string { return jwt(claims) } }
	exp := func(d time.Duration) func(now time.Time) string {
		return func(now time.Time) string { return jwt(fmt.Sprintf(`{"exp":%d}`, now.Add(d).Unix())) }
	}
	tests := []struct {
		name, expiresIn string
		token           func(time.Time) string // nil: opaque
		want            time.Duration
		err             string // "": no error
	}{
		{"number", "900", nil, 900 * time.Second, ""},
		{"one second", "1", nil, time.Second, ""},
		{"numeric string", `"900"`, nil, 900 * time.Second, ""},
		{"numeric string with spaces", `" 900 "`, nil, 900 * time.Second, ""},
		{"fraction", "900.9", nil, 900 * time.Second, ""},
		{"fraction as a string", `"900.9"`, nil, 900 * time.Second, ""},
		{"exponent", "9e2", nil, 900 * time.Second, ""},
		{"a month", "2592000", nil, 30 * 24 * time.Hour, ""},
		{"the number wins over the token", "60", exp(time.Hour), time.Minute, ""},

		{"absent, exp", "", exp(time.Hour), time.Hour, ""},
		{"null, exp", "null", exp(time.Hour), time.Hour, ""},
		{"absent, exp and iat", "", from(time.Hour, 0), time.Hour, ""},
		{"absent, the vendor's clock is ahead", "", from(time.Hour+600*time.Second, 600*time.Second), time.Hour, ""},
		{"absent, the vendor's clock is behind", "", from(time.Hour-600*time.Second, -600*time.Second), time.Hour - 600*time.Second, ""},
		{"absent, fractions of exp", "", only(`{"exp":946684800.467672}`), 0, "had expired on arrival"},
		{"absent, exp far away", "", exp(365 * 24 * time.Hour), 24 * time.Hour, ""},
		{"absent, exp past", "", exp(-time.Hour), 0, "had expired on arrival"},
		{"absent, exp is now", "", exp(0), 0, "had expired on arrival"},
		{"absent, opaque", "", nil, 0, "expires_in is missing"},
		{"null, opaque", "null", nil, 0, "expires_in is missing"},
		{"absent, no exp", "", only(`{"iat":1}`), 0, "expires_in is missing"},
		{"absent, exp is text", "", only(`{"exp":"soon"}`), 0, "expires_in is missing"},
		{"absent, exp absurd", "", only(`{"exp":1e99}`), 0, "expires_in is missing"},

		{"zero", "0", nil, 0, "had expired on arrival"},
		{"zero as a string", `"0"`, nil, 0, "had expired on arrival"},
		{"less than a second", "0.9", nil, 0, "had expired on arrival"},
		{"negative", "-1", nil, 0, "had expired on arrival"},
		{"negative string", `"-900"`, nil, 0, "had expired on arrival"},
		{"true", "true", nil, 0, "not a number"},
		{"object", `{"seconds":900}`, nil, 0, "not a number"},
		{"list", `[900]`, nil, 0, "not a number"},
		{"words", `"zzz"`, nil, 0, "not a number"},
		{"nothing", `""`, nil, 0, "not a number"},
		{"hexadecimal", `"0x384"`, nil, 0, "not a number"},
		{"infinite", `"Inf"`, nil, 0, "not a number"},
		{"no number", `"NaN"`, nil, 0, "not a number"},
		{"underscores", `"9_00"`, nil, 0, "not a number"},
		{"unit", `"900s"`, nil, 0, "not a number"},

		{"1e99", "1e99", nil, 24 * time.Hour, ""},
		{"1e999", "1e999", nil, 24 * time.Hour, ""},
		{"1e99, exp", "1e99", exp(time.Hour), time.Hour, ""},
		{"1e99, exp past", "1e99", exp(-time.Hour), 24 * time.Hour, ""},
		{"1e99, exp absurd too", "1e99", exp(9999 * 24 * time.Hour), 24 * time.Hour, ""},
		{"-1e99", "-1e99", nil, 0, "had expired on arrival"},
		{"nanoseconds", "900000000000", nil, 24 * time.Hour, ""},
		{"nanoseconds, exp", "900000000000", exp(900 * time.Second), 900 * time.Second, ""},
		{"milliseconds of a day", "86400000", nil, 24 * time.Hour, ""},
		{"int64 overflow", "9223372036854775808", nil, 24 * time.Hour, ""},
		{"digits without end", strings.Repeat("9", 4000), nil, 24 * time.Hour, ""},
		{"just over a month", "2592001", nil, 24 * time.Hour, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				access := opaque
				if tt.token != nil {
					access = tt.token(now)
				}
				body := fmt.Sprintf(`{"access_token":%q`, access)
				if tt.expiresIn != "" {
					body += `,"expires_in":` + tt.expiresIn
				}
				tok, err := ask(vendortest.With(t, vendortest.Stub(200, body+"}")), "https://auth.example")
				if tt.err != "" {
					passes := errors.Is(err, tokenendpoint.ErrExpired)
					if !errors.Is(err, auth.ErrMalformedResponse) || errors.Is(err, auth.ErrUnavailable) != passes || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("got %v, want ErrMalformedResponse with %q", err, tt.err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := tok.Expiry.Sub(now); got != tt.want || time.Duration(tok.ExpiresIn)*time.Second != tt.want {
					t.Errorf("lifetime %s, ExpiresIn %d, want %s", got, tok.ExpiresIn, tt.want)
				}
				if at, ok := tokenendpoint.Requested(tok); !ok || !at.Equal(now) {
					t.Errorf("requested at %v, %t, want %v", at, ok, now)
				}
			})
		})
	}
}

// The token's own expiry goes by the server's clock, which the answer's Date tells.
func TestExpOfTheTokenIsReadAgainstTheDateOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		for _, skew := range []time.Duration{-2 * time.Hour, -time.Minute, 0, time.Minute, 2 * time.Hour} {
			vendor := sent.Add(skew)
			client := vendortest.Stub(200, fmt.Sprintf(`{"access_token":%q}`, jwt(fmt.Sprintf(`{"exp":%d}`, vendor.Add(time.Hour).Unix()))))
			inner := client.Transport
			client.Transport = vendortest.RoundTrip(func(r *httpRequest) (*httpResponse, error) {
				resp, err := inner.RoundTrip(r)
				resp.Header.Set("Date", vendor.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
				return resp, err
			})
			tok, err := ask(vendortest.With(t, client), "https://auth.example")
			if err != nil || !tok.Expiry.Equal(sent.Add(time.Hour)) {
				t.Errorf("a clock that differs by %s: %v, %v", skew, tok, err)
			}
		}
	})
}

func TestExpiryCountsFromSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		client := vendortest.Stub(200, `{"access_token":"a","expires_in":900}`)
		quick := client.Transport
		client.Transport = vendortest.RoundTrip(func(r *httpRequest) (*httpResponse, error) {
			time.Sleep(20 * time.Second)
			return quick.RoundTrip(r)
		})
		tok, err := ask(vendortest.With(t, client), "https://auth.example")
		if err != nil || !tok.Expiry.Equal(sent.Add(900*time.Second)) {
			t.Errorf("expires at %v, %v", tok, err)
		}
	})
}

func TestRefreshExpiry(t *testing.T) {
	sent := time.Now().Round(0)
	for name, tt := range map[string]struct {
		token *oauth2.Token
		want  time.Time
	}{
		"number":           {token(sent, "r", 1800.0), sent.Add(1800 * time.Second)},
		"string":           {token(sent, "r", "1800"), sent.Add(1800 * time.Second)},
		"zero":             {token(sent, "r", 0.0), time.Time{}},
		"absent":           {token(sent, "r", nil), time.Time{}},
		"negative":         {token(sent, "r", -5.0), time.Time{}},
		"absurd":           {token(sent, "r", 1e99), time.Time{}},
		"no refresh token": {token(sent, "", 1800.0), time.Time{}},
		"unknown sending":  {&oauth2.Token{AccessToken: "a", RefreshToken: "r"}, time.Time{}},
		"nothing":          {nil, time.Time{}},
	} {
		if got := tokenendpoint.RefreshExpiry(tt.token); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func token(sent time.Time, refresh string, refreshExpiresIn any) *oauth2.Token {
	tok := &oauth2.Token{AccessToken: "a", RefreshToken: refresh, Expiry: sent.Add(900 * time.Second), ExpiresIn: 900}
	return tok.WithExtra(map[string]any{"refresh_expires_in": refreshExpiresIn})
}
