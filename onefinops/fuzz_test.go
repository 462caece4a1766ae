package onefinops

import (
	"errors"
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
	g, err := NewGrant(Config{ClientID: "ofin_test_a", ClientSecret: auth.NewSecret(fuzzSecret), AuthURL: "https://auth.example"})
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
