package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/retryafter"
)

func FuzzParseClaims(f *testing.F) {
	for _, s := range []string{"", "a.b.c", unsigned("{}"), unsigned(`{"exp":1795320729.467672,"aud":["a"],"sub":""}`), unsigned(`{"exp":"1"}`),
		unsigned(`{"exp":-1}`), unsigned(`{"exp":1e400}`), unsigned(`{"aud":{"a":1},"iss":7}`), unsigned(strings.Repeat(`{"a":`, 200))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c, err := ParseClaims(token)
		if err != nil {
			if !errors.Is(err, ErrMalformedResponse) || (len(token) > 20 && strings.Contains(err.Error(), token)) {
				t.Errorf("got %v", err)
			}
			return
		}
		if y := c.ExpiresAt.Year(); !c.ExpiresAt.IsZero() && (y < 1969 || y > 10000) {
			t.Errorf("exp in the year %d", y)
		}
	})
}

func FuzzRecord(f *testing.F) {
	for _, body := range []string{
		`{"access_token":"x","token_type":"Bearer","refresh_token":"r","age_ms":100,"left_ms":899900,"extra":{"scope":"a"}}`,
		`{"access_token":"x","left_ms":9223372036854775807,"age_ms":-9223372036854775808}`,
		`{"refusal":{"kind":"rate-limited","status":429,"left_ms":30000,"failures":3},"later":{"a":[1]}}`,
		`{"refusal":{"kind":"of a later version","status":-1,"left_ms":-5,"failures":-1,"pause_ms":1e3}}`,
	} {
		f.Add([]byte(body), int64(time.Minute))
	}
	now := instant{wall: time.Now().UnixNano(), mono: int64(time.Hour)}
	f.Fuzz(func(t *testing.T, body []byte, age int64) {
		r, err := decodeRecord("k", append([]byte(checksum("k", body)), body...), time.Duration(age), now, now)
		if err != nil {
			if len(body) > 20 && strings.Contains(err.Error(), string(body)) {
				t.Errorf("the error quotes the record: %v", err)
			}
			return
		}
		if tok := r.token; tok != nil && (tok.AccessToken == "" || tok.ExpiresIn < 0 || now.until(r.expiry) > accesstoken.MaxLifetime || now.until(r.sent) > 0) {
			t.Errorf("%q became %v, sent %v ago, %v left", body, tok, -now.until(r.sent), now.until(r.expiry))
		}
		if e := r.refusal; e != nil && (now.until(e.until) > retryafter.Max || e.failures < 0 || e.pause < 0 || e.pause > maxPause || e.err.kind() == nil) {
			t.Errorf("%q became %+v", body, e)
		}
		if _, err := decodeRecord("k", r.encode("k", now, true, nil), 0, now, now); err != nil {
			t.Errorf("%q cannot be read again: %v", body, err)
		}
	})
}
