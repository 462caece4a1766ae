package fincalc

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
	for _, name := range []string{"response.json", "failure.json"} {
		f.Add(200, vendortest.ReadFile(f, name))
		f.Add(400, vendortest.ReadFile(f, name))
	}
	for _, body := range []string{`{"error":"invalid_grant","error_description":"s3cr3t&val=ue"}`, `{"error":"Realm does not exist"}`, "<html>", "", "null", `{"success":false,"message":"no"}`, `{"success":"false","message":{"description":"s3cr3t&val=ue"}}`, `{"success":true,"data":null}`, `{"success":1,"data":{"access_token":"a","expires_in":"9"}}`} {
		f.Add(200, body)
		f.Add(401, body)
	}
	g, err := NewGrant(Config{ClientID: "1", ClientSecret: auth.NewSecret(fuzzSecret), Scope: "s", EmailAddress: "a@b.example", AuthURL: "https://auth.example"})
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
