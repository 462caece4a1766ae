package repo

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// recording answers each request with the next recorded answer of a version, byte by byte as
// Keycloak sent it.
type recording struct {
	t       *testing.T
	version string
	queue   []string
	forms   []string // of the requests
}

func (r *recording) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.forms = append(r.forms, string(body))
	if len(r.queue) == 0 {
		r.t.Errorf("a request too many: %d", len(r.forms))
		return nil, io.ErrUnexpectedEOF
	}
	wire, err := os.ReadFile(filepath.Join("..", "testdata", "keycloak", r.version, r.queue[0]+".http"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.queue = r.queue[1:]
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), req)
}

// sourceOf builds a vendor's token source that uses c.
func sourceOf(t *testing.T, vendor string, c *http.Client) *auth.TokenSource {
	t.Helper()
	var (
		s   *auth.TokenSource
		err error
	)
	switch opt := auth.WithHTTPClient(c); vendor {
	case "finventi":
		s, err = finventi.NewTokenSource(finventi.Config{ClientID: "sti-client", ClientSecret: auth.NewSecret("s3cr3t-sti")}, opt)
	case "finapi":
		s, err = finapi.NewTokenSource(finapi.Config{Mandator: "customer", Username: "anna", Password: auth.NewSecret("pw-anna")}, opt)
	case "onefinops":
		s, err = onefinops.NewTokenSource(onefinops.Config{ClientID: "ofin_test_abc", ClientSecret: auth.NewSecret("s3cr3t-ofin-test")}, opt)
	default:
		t.Fatal(vendor)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func versions(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("..", "testdata", "keycloak", "26.*"))
	if err != nil || len(dirs) < 2 {
		t.Fatalf("recordings of %d versions, %v", len(dirs), err)
	}
	for i, d := range dirs {
		dirs[i] = filepath.Base(d)
	}
	return dirs
}

func TestRecordedAnswersOfKeycloakAreUnderstood(t *testing.T) {
	for _, version := range versions(t) {
		for _, c := range []struct {
			vendor, answer string
			kind           error // nil: a token
			status         int   // 0: any
			code           string
		}{
			{"finventi", "finventi-client-credentials", nil, 0, ""},
			{"onefinops", "onefinops-client-credentials", nil, 0, ""},
			{"finapi", "finapi-password", nil, 0, ""},
			{"finventi", "client-wrong-secret", auth.ErrInvalidCredentials, 401, "unauthorized_client"},
			{"onefinops", "client-unknown", auth.ErrInvalidCredentials, 401, "invalid_client"},
			{"onefinops", "client-disabled", auth.ErrInvalidCredentials, 401, "invalid_client"},
			{"finventi", "client-no-service-account", auth.ErrInvalidCredentials, 401, "unauthorized_client"},
			{"finventi", "client-scope-unknown", auth.ErrInvalidConfig, 400, "invalid_scope"},
			{"finapi", "password-wrong", auth.ErrInvalidCredentials, 0, "invalid_grant"}, // 401 before 26.6, then 400
			{"finapi", "password-brute-force-locked", auth.ErrInvalidCredentials, 0, "invalid_grant"},
			{"finapi", "password-disabled-user", auth.ErrInvalidCredentials, 400, "invalid_grant"},
			{"finapi", "password-required-action", auth.ErrInvalidCredentials, 400, "invalid_grant"},
			{"finapi", "password-grant-off", auth.ErrInvalidCredentials, 400, "unauthorized_client"},
			{"finapi", "password-no-username", auth.ErrInvalidConfig, 401, "invalid_request"},
			{"finventi", "grant-missing", auth.ErrInvalidConfig, 400, "invalid_request"},
			{"finventi", "grant-unsupported", auth.ErrInvalidConfig, 400, "unsupported_grant_type"},
			{"finventi", "twice-client-id", auth.ErrInvalidConfig, 400, "invalid_request"},
			{"finapi", "realm-unknown", auth.ErrInvalidConfig, 404, ""},
			{"finventi", "realm-https-only", auth.ErrInvalidConfig, 403, "invalid_request"},
			{"finventi", "method-get", auth.ErrInvalidConfig, 405, ""},
			{"finventi", "type-malformed", auth.ErrUnavailable, 500, ""},
			{"finventi", "many-parameters", auth.ErrUnavailable, 500, "unknown_error"},
		} {
			t.Run(version+"/"+c.answer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // the recorded tokens were issued when its time begins
					r := &recording{t: t, version: version, queue: []string{c.answer}}
					token, err := sourceOf(t, c.vendor, &http.Client{Transport: r}).Token()
					if c.kind == nil {
						if err != nil || token.AccessToken == "" || !token.Expiry.After(time.Now()) {
							t.Errorf("got %v", err)
						}
						return
					}
					var failure *auth.Error
					if !errors.Is(err, c.kind) || !errors.As(err, &failure) || failure.Code != c.code || failure.Hint == "" ||
						(c.status != 0 && failure.StatusCode != c.status) {
						t.Errorf("got %v, want %v", err, c.kind)
					}
				})
			})
		}
	}
}

func TestRecordedRefreshAndLoginAfterALogout(t *testing.T) {
	for _, version := range versions(t) {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &recording{t: t, version: version, queue: []string{"finapi-password", "finapi-refresh", "finapi-refresh-after-logout", "finapi-password"}}
				s := sourceOf(t, "finapi", &http.Client{Transport: r})
				for range 3 {
					token, err := s.Token()
					if err != nil {
						t.Fatal(err)
					}
					if d := finapi.TokenOf(token); d.Err() != nil || d.MandatorName == "" {
						t.Errorf("got %v, %v", d, d.Err())
					}
					time.Sleep(2 * time.Minute) // a brand-new token would not be replaced
					s.Invalidate(token)
				}
				var grants []string
				for _, form := range r.forms {
					_, rest, _ := strings.Cut(form, "grant_type=")
					grant, _, _ := strings.Cut(rest, "&")
					grants = append(grants, grant)
				}
				if got := strings.Join(grants, " "); got != "password refresh_token refresh_token password" {
					t.Errorf("the grants were %s", got)
				}
			})
		})
	}
}
