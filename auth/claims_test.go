package auth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

func TestParseClaims_readsTheClaims(t *testing.T) {
	c, err := ParseClaims(unsigned(`{"iss":"https://login/realms/x","sub":"","aud":["a","onefinops.api",7],"exp":1795320729.467672,
		"iat":1795320000,"nbf":"soon","jti":"id","organization_id":"org_1","big":12345678901234567890}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer != "https://login/realms/x" || c.Subject != "" || !c.HasAudience("onefinops.api") || c.HasAudience("7") ||
		c.ExpiresAt.Unix() != 1795320729 || c.ExpiresAt.Nanosecond() == 0 || c.IssuedAt.Unix() != 1795320000 || !c.NotBefore.IsZero() ||
		c.ID != "id" || c.String("organization_id") != "org_1" || fmt.Sprint(c.Members["big"]) != "12345678901234567890" {
		t.Errorf("got %+v", c)
	}
	if c, err = ParseClaims(unsigned(`{"aud":"one"}`)); err != nil || len(c.Audience) != 1 || !c.ExpiresAt.IsZero() {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestParseClaims_refusesWhatIsNoJWT(t *testing.T) {
	for _, token := range []string{"", "opaque", "a.b", "a.b.c", "a.b.c.d", unsigned("[]"), unsigned("{"),
		strings.Repeat(".", 1000), "eyJhbGciOiJub25lIn0.e30", "\x00.\x00.\x00"} {
		if _, err := ParseClaims(token); !errors.Is(err, ErrMalformedResponse) {
			t.Errorf("%q: got %v", token, err)
		}
	}
}

func TestExpiry_comesFromTheGrantThenExpiresInThenTheJWT(t *testing.T) {
	now := time.Now()
	exp := func(d time.Duration) string { return unsigned(fmt.Sprintf(`{"exp":%d}`, now.Add(d).Unix())) }
	for name, c := range map[string]struct {
		token oauth2.Token
		want  time.Duration // 0: an error
	}{
		"Expiry":               {oauth2.Token{AccessToken: "x", Expiry: now.Add(time.Hour)}, time.Hour},
		"ExpiresIn":            {oauth2.Token{AccessToken: "x", ExpiresIn: 900}, quarterHour},
		"ExpiresIn is absurd":  {oauth2.Token{AccessToken: "x", ExpiresIn: math.MaxInt64}, accesstoken.MaxLifetime},
		"ExpiresIn negative":   {oauth2.Token{AccessToken: "x", ExpiresIn: -1}, 0},
		"exp":                  {oauth2.Token{AccessToken: exp(10 * time.Minute)}, 10 * time.Minute},
		"exp is past":          {oauth2.Token{AccessToken: exp(-time.Minute)}, 0},
		"exp is absurd":        {oauth2.Token{AccessToken: unsigned(`{"exp":1e300}`)}, 0},
		"exp in nanoseconds":   {oauth2.Token{AccessToken: unsigned(`{"exp":1795320729000000000}`)}, 0},
		"exp far away":         {oauth2.Token{AccessToken: exp(10000 * time.Hour)}, accesstoken.MaxLifetime},
		"Expiry far away":      {oauth2.Token{AccessToken: "x", Expiry: now.AddDate(5000, 0, 0)}, accesstoken.MaxLifetime},
		"Expiry before Christ": {oauth2.Token{AccessToken: "x", Expiry: now.AddDate(-3000, 0, 0)}, 0},
		"nothing":              {oauth2.Token{AccessToken: "x"}, 0},
	} {
		s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { tok := c.token; return &tok, nil }))
		tok, err := s.Token()
		if c.want == 0 {
			if !errors.Is(err, ErrMalformedResponse) {
				t.Errorf("%s: got %v, want ErrMalformedResponse", name, err)
			}
		} else if err != nil || tok.Expiry.Sub(now).Round(2*time.Second) != c.want {
			t.Errorf("%s: got %v, %v; want %s", name, tok, err, c.want)
		}
	}
}

func TestNewEntry_tokenThatNoHeaderCanCarryIsMalformed(t *testing.T) {
	for _, token := range []string{"", " ", "a b", "a\nb", "a\r\nX-Evil: 1", "a\x00", "tök", "a\x7f", "\ta"} {
		s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: token, Expiry: time.Now().Add(time.Hour)}, nil
		}))
		if _, err := s.Token(); !errors.Is(err, ErrMalformedResponse) {
			t.Errorf("%q: got %v", token, err)
		}
	}
	for typ, ok := range map[string]bool{"Bearer": true, "bearer": true, "BEARER": true, "": true, "MAC": false, "DPoP": false} {
		s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: "x", TokenType: typ, Expiry: time.Now().Add(time.Hour)}, nil
		}))
		if _, err := s.Token(); (err == nil) != ok || (!ok && !errors.Is(err, ErrMalformedResponse)) {
			t.Errorf("token_type %q: got %v", typ, err)
		}
	}
	s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return nil, nil }))
	if _, err := s.Token(); !errors.Is(err, ErrMalformedResponse) {
		t.Errorf("no token and no error: got %v", err)
	}
}

func TestExpiry_countsFromWhenTheRequestWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			time.Sleep(20 * time.Second)
			return &oauth2.Token{AccessToken: "x", ExpiresIn: 900}, nil
		}))
		tok, err := s.Token()
		if err != nil || !tok.Expiry.Equal(start.Add(quarterHour)) {
			t.Errorf("got %v, %v; want an expiry of %s", tok, err, start.Add(quarterHour))
		}
	})
}
