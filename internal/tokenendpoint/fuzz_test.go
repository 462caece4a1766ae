package tokenendpoint

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// whatever an answer is, it leads to a usable token or to an error of a kind, and to no secret in
// its text.
func FuzzAnswer(f *testing.F) {
	const secret = "s3cr3t&val=ue"
	for _, body := range []string{
		`{"access_token":"abc","token_type":"Bearer","expires_in":900}`,
		`{"access_token":"abc","expires_in":"900","refresh_token":"r","scope":"a b"}`,
		`{"error":"invalid_client","error_description":"s3cr3t&val=ue"}`,
		`{"error":{"code":"x","message":{"description":"y"}},"hint":"z"}`,
		`{"success":false,"message":"no"}`, `<html>s3cr3t&amp;val=ue</html>`, "", "null", "\xef\xbb\xbf{}", `{"a":1,"a":2}`, "access_token=abc",
		`{"access_token":"abc","expires_in":1e99}`, `{"access_token":"abc\n","expires_in":-1}`,
	} {
		for _, status := range []int{200, 302, 400, 401, 429, 503} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		x := &Exchange{Vendor: "test", Op: "op", Secrets: []auth.Secret{auth.NewSecret(secret)}}
		sent := time.Now()
		a := &answer{exchange: x, status: 100 + (status%500+500)%500, header: http.Header{}, body: []byte(body), sent: sent}
		tok, err := a.token()
		if err == nil {
			if accesstoken.Check(tok.AccessToken) != nil || !tok.Expiry.After(sent) || tok.Expiry.Sub(sent) > accesstoken.MaxLifetime || a.status/100 != 2 {
				t.Errorf("unusable token %+v", tok)
			}
			return
		}
		e, ok := err.(*auth.Error)
		if !ok || e.Kind == nil || e.Hint == "" || e.StatusCode != a.status {
			t.Errorf("unusable error %v", err)
		}
		if text := err.Error(); strings.Contains(text, secret) {
			t.Errorf("the secret shows in %q", text)
		}
	})
}
