package tokenendpoint

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// FuzzAnswer checks that every answer leads to a usable token, or to an error with a kind and
// without secrets.
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
		a := &answer{exchange: x, status: 100 + (status%500+500)%500, header: http.Header{}, url: &url.URL{}, body: []byte(body), sent: sent}
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

// FuzzParseMembers compares ParseMembers with encoding/json's own tokens.
func FuzzParseMembers(f *testing.F) {
	for _, body := range []string{`{"a":1}`, ` {"a" : "b\"c:,}" , "d\u0065": [{"f":[]}, 1.5e3 ] ,"":null}`, `{"a":1,"a":1}`, `{"a":1,"a":2}`, "{\"\xff\":\"\xff\"}",
		`{"a":"\\","b":{}}`, `{}`, `{"\ud800":"\ud800"}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := ParseMembers([]byte(body))
		want, wantErr := members([]byte(body))
		if err != wantErr || !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Fatalf("%q: %s, %v, want %s, %v", body, got, err, want, wantErr)
		}
		for name, raw := range got {
			var s string
			wantOK := raw[0] == '"' && json.Unmarshal(raw, &s) == nil
			if text, ok := got.Text(name); ok != wantOK || text != s {
				t.Errorf("%q: %s is %q, want %q", body, name, text, s)
			}
		}
	})
}

// members is ParseMembers by encoding/json.
func members(body []byte) (Members, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM))
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return nil, errNoObject
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return nil, errNoObject
	}
	m := Members{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, errNoObject
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, errNoObject
		}
		if earlier, twice := m[key.(string)]; twice && !bytes.Equal(earlier, value) {
			return nil, errTwice
		}
		m[key.(string)] = value
	}
	return m, nil
}
