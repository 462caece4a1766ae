package dialect

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// whatever an answer is, it leads to a usable token or to an error of a kind, and to no secret in its text.
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
		x := &Exchange{Vendor: "test", Op: "op", Secrets: []auth.Secret{secret}}
		sent := time.Now()
		a := &answer{exchange: x, status: 100 + (status%500+500)%500, header: http.Header{}, body: []byte(body), sent: sent}
		tok, err := a.token()
		if err == nil {
			if auth.CheckAccessToken(tok.AccessToken) != nil || !tok.Expiry.After(sent) || tok.Expiry.Sub(sent) > auth.MaxLifetime || a.status/100 != 2 {
				t.Errorf("unusable token %+v", tok)
			}
			return
		}
		e, ok := err.(*auth.Error)
		if !ok || e.Kind == nil || e.Hint == "" || e.StatusCode != a.status || len(e.Body) > auth.MaxErrorBody {
			t.Errorf("unusable error %v", err)
		}
		if text := err.Error() + string(e.Body); strings.Contains(text, secret) {
			t.Errorf("the secret shows in %q", text)
		}
	})
}

// A base URL that is taken leads, whatever is added to it, to its own host and below its own path.
func FuzzBaseURL(f *testing.F) {
	for _, s := range []string{"https://login.vendor.test", "https://a@b", "http://127.0.0.1:80/x/", "https://h/../..", "https://h//x", "https:\\h", "https://h/%2e%2e/", "https://h/%2e//h", "https://h/a%2F%2Fb", "//h", "https://[::1]/", "https://h:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, problem := parseBase(raw)
		if problem != "" {
			return
		}
		base := u.String()
		again, problem := parseBase(base)
		if problem != "" || again.String() != base {
			t.Errorf("%q became %q, which became %v: %s", raw, base, again, problem)
		}
		parsed, err := url.Parse(base)
		if err != nil || !strings.HasSuffix(base, "/") || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
			t.Fatalf("%q became %q, %v", raw, base, err)
		}
		endpoint, err := parsed.Parse("./realms/x/protocol/openid-connect/token")
		if err != nil || endpoint.Host != parsed.Host || !strings.HasPrefix(endpoint.EscapedPath(), path.Clean(parsed.EscapedPath())) || !strings.HasSuffix(endpoint.Path, "/realms/x"+TokenPath) {
			t.Errorf("%q leads to %v, %v", raw, endpoint, err)
		}
		if parsed.Scheme != "https" && (parsed.Scheme != "http" || !auth.IsLoopback(strings.TrimSuffix(parsed.Hostname(), "."))) {
			t.Errorf("%q is taken", raw)
		}
		if originOf(base) == "" {
			t.Errorf("%q has no origin", base)
		}
	})
}

// A segment that is taken is one segment of a path, and stands in it as it is.
func FuzzSegment(f *testing.F) {
	for _, s := range []string{"sti-connector", "customer", "..", "x/../../admin", "%2e%2e", "a.b", "-", "é", "", strings.Repeat("a", 129)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !IsSegment(s) {
			return
		}
		u, err := url.Parse("https://h/base/realms/" + s + "/token")
		if err != nil || u.EscapedPath() != "/base/realms/"+s+"/token" || path.Clean(u.Path) != u.Path || url.PathEscape(s) != s {
			t.Errorf("%q leads to %v, %v", s, u, err)
		}
		if len(s) > maxSegment {
			t.Errorf("%d characters are taken", len(s))
		}
	})
}

// Whatever is shown of an answer has none of the secrets in it that came in by their names.
func FuzzEcho(f *testing.F) {
	f.Add("s3cr3t&value", `{"access_token":"abcdefgh","x":"abcdefgh s3cr3t&value"}`)
	f.Add(`a"b\c/d`, `{"error_description":"a\"b\\c\/d"}`)
	f.Add("x", "access_token=yyyy&b=yyyy")
	f.Fuzz(func(t *testing.T, secret, body string) {
		if len(secret) < 8 || strings.TrimSpace(secret) != secret || strings.Contains("[redacted]", secret) || strings.ContainsRune(secret, '\uFFFD') {
			return
		}
		e := newEcho([]auth.Secret{auth.Secret(secret)}, []byte(body))
		for _, shown := range []string{e.text(body + secret), string(e.body([]byte(body + secret))), e.text(secret + body), string(e.body([]byte(secret)))} {
			if strings.Contains(strings.ReplaceAll(shown, "[redacted]", "\x00"), secret) {
				t.Errorf("%q shows %q", shown, secret)
			}
		}
	})
}
