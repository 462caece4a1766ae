package finventi

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

const fuzzSecret = "s3cr3t&val=ue"

// Whatever the vendor answers, it leads to a usable token or to an error of a kind, without a secret in it.
func FuzzResponse(f *testing.F) {
	for _, name := range []string{"response.json"} {
		f.Add(200, vendortest.ReadFile(f, name))
		f.Add(400, vendortest.ReadFile(f, name))
	}
	for _, body := range []string{`{"error":"invalid_grant","error_description":"s3cr3t&val=ue"}`, `{"error":"Realm does not exist"}`, "<html>", "", "null"} {
		f.Add(200, body)
		f.Add(401, body)
	}
	g, err := NewGrant(Config{ClientID: "a", ClientSecret: auth.NewSecret(fuzzSecret), AuthURL: "https://auth.example"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		token, err := g.ClientCredentials(vendortest.With(t, vendortest.Stub(200+(status%400+400)%400, body)))
		if err == nil {
			if auth.CheckAccessToken(token.AccessToken.Reveal()) != nil || !token.Expiry.After(time.Now()) {
				t.Errorf("unusable token until %v", token.Expiry)
			}
			return
		}
		var e *auth.Error
		if !errors.As(err, &e) || e.Vendor != vendor || e.Kind == nil || e.Hint == "" {
			t.Errorf("unusable error %v", err)
		}
		vendortest.NoLeak(t, "error", err, fuzzSecret)
	})
}

// A realm that is taken stands in the token endpoint's path as it is, as one segment.
func FuzzRealm(f *testing.F) {
	for _, s := range append(vendortest.BadSegments, "sti-connector", "customer", "0e1a7e0c-6a52-4a39-b6a1-9c8a6b1c0000") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := complete()
		c.Realm, c.AuthURL = s, "https://auth.example/base"
		g, err := NewGrant(c)
		if err != nil {
			return
		}
		if strings.TrimSpace(s) == "" {
			s = g.settings.Realm
		}
		site, err := g.site()
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(site.Endpoint)
		if err != nil || site.Endpoint != "https://auth.example/base/realms/"+s+"/protocol/openid-connect/token" || u.Host != "auth.example" {
			t.Errorf("%q leads to %s, %v", s, site.Endpoint, err)
		}
	})
}
