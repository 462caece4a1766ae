package auth

import (
	"errors"
	"strings"
	"testing"
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

func FuzzStoredToken(f *testing.F) {
	f.Add([]byte(`{"v":1,"access_token":"x","expiry":"2999-01-01T00:00:00Z","extra":{"scope":"a"}}`))
	f.Add([]byte(`{"v":1,"access_token":"x","expiry":"0000-01-01T00:00:00Z","requested":"9999-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, entry []byte) {
		tok, requested, err := decodeToken(entry)
		if err == nil && (tok.AccessToken == "" || tok.Expiry.IsZero() || requested.After(tok.Expiry) || tok.ExpiresIn < 0) {
			t.Errorf("%q became %v", entry, tok)
		}
	})
}
