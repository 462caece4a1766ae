package finapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

// keycloak plays finAPI without a network, so that time can be virtual.
type keycloak struct {
	t       *testing.T
	logins  int
	renews  int
	sent    []string // refresh tokens in the order of arrival
	login   func(n int) (int, string)
	refresh func(n int) (int, string)
}

func (k *keycloak) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	var status int
	var answer string
	switch form.Get("grant_type") {
	case "password":
		k.logins++
		status, answer = k.login(k.logins)
	case "refresh_token":
		k.renews++
		k.sent = append(k.sent, form.Get("refresh_token"))
		status, answer = k.refresh(k.renews)
	default:
		k.t.Errorf("grant_type %q", form.Get("grant_type"))
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// source returns a token source that asks k.
func (k *keycloak) source() *auth.TokenSource {
	k.t.Helper()
	s, err := NewTokenSource(suite.Documented(k.t, "https://auth.example"), auth.WithHTTPClient(&http.Client{Transport: k}))
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

func issued(access, refresh, refreshExpiresIn string) string {
	s := fmt.Sprintf(`{"access_token":%q,"expires_in":900,"token_type":"Bearer","mandator_name":"M"`, access)
	if refresh != "" {
		s += fmt.Sprintf(`,"refresh_token":%q`, refresh)
	}
	if refreshExpiresIn != "" {
		s += `,"refresh_expires_in":` + refreshExpiresIn
	}
	return s + "}"
}

func granted(access, refresh, refreshExpiresIn string) func(int) (int, string) {
	return func(n int) (int, string) { return 200, issued(fmt.Sprint(access, n), refresh, refreshExpiresIn) }
}

func refused(status int, code, description string) func(int) (int, string) {
	return func(int) (int, string) {
		return status, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description)
	}
}

func TestRefusedRefreshLogsInWithinTheCall(t *testing.T) {
	for name, end := range map[string]func(int) (int, string){
		"expired":              refused(400, "invalid_grant", "Token is not active"),
		"session over":         refused(400, "invalid_grant", "Session not active"),
		"garbage":              refused(400, "invalid_grant", "Invalid refresh token"),
		"reused":               refused(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded"),
		"401":                  refused(401, "invalid_grant", "Token is not active"),
		"league 8":             refused(401, "invalid_request", "The refresh token is invalid."),
		"too long for 26.7":    refused(400, "invalid_request", "No refresh token"),
		"user disabled":        refused(400, "invalid_grant", "User disabled"),
		"inside a 200":         refused(200, "invalid_grant", "Token is not active"),
		"without a text":       refused(400, "invalid_grant", ""),
		"401 without a code":   func(int) (int, string) { return 401, "" },
		"401 by a page":        func(int) (int, string) { return 401, "<html>" },
		"401 invalid_token":    refused(401, "invalid_token", "expired"),
		"refused by a gateway": refused(403, "invalid_grant", "no"),
		"grant is off":         refused(400, "unauthorized_client", "Client not allowed for refresh token"),
		"mandator is off":      refused(403, "access_denied", "Realm not enabled"),
		"403 without a body":   func(int) (int, string) { return 403, "" },
		"403 by a page":        func(int) (int, string) { return 403, "<html>" },
		"unknown grant":        refused(400, "unsupported_grant_type", "Unsupported grant_type"),
		"scope":                refused(400, "invalid_scope", "Invalid scopes"),
		"HTTPS required":       refused(403, "invalid_request", "HTTPS required"),
		"unknown client":       refused(401, "invalid_client", "Invalid client credentials"),
		"client named in 400":  refused(400, "invalid_client", "Client disabled"),
		"unknown mandator":     refused(404, "Realm does not exist", ""),
		"a code of its own":    refused(418, "teapot", ""),
		"malformed":            func(int) (int, string) { return 200, "{}" },
		"denied inside a 200":  refused(200, "access_denied", ""),
		"denied inside a 500":  refused(500, "invalid_client", ""),
		"302":                  func(int) (int, string) { return 302, "" },
		"session all but over": short("0"),
		"session over by 1 s":  short("-1"),
		"session over, text":   short(`"-103"`),
	} {
		t.Run(name, func(t *testing.T) {
			k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: end}
			g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
			ctx := vendortest.With(t, &http.Client{Transport: k})
			last, err := g.RequestToken(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			next, err := g.RequestToken(ctx, last)
			if err != nil || next.AccessToken != "login2" || k.renews != 1 {
				t.Errorf("got %v, %v after %d refreshes", next, err, k.renews)
			}
			// The refused refresh token is not tried again, as it would be while logins fail.
			if _, err := g.RequestToken(ctx, last); err != nil || k.renews != 1 || k.logins != 3 {
				t.Errorf("%d refreshes and %d logins, %v", k.renews, k.logins, err)
			}
		})
	}
}

func TestRefreshedTokenThatExpiredOnArrivalLogsInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: granted("login", "r", "1800")}
		k.refresh = func(int) (int, string) {
			time.Sleep(1500 * time.Millisecond)
			return 200, `{"access_token":"short","expires_in":1,"refresh_token":"r2","refresh_expires_in":1,"token_type":"Bearer"}`
		}
		source := k.source()
		mustToken(t, source)
		time.Sleep(901 * time.Second)
		if tok := mustToken(t, source); tok.AccessToken != "login2" || k.renews != 1 {
			t.Errorf("got %s after %d refreshes, want login2", tok.AccessToken, k.renews)
		}
	})
}

// Keycloak shortens the last tokens of a session. If a token arrives with too little time left for
// a token source to return it, a login gets a good one instead of an error.
func TestRefreshedTokenWithTooLittleLeftLogsInAgain(t *testing.T) {
	for _, c := range []struct {
		latency time.Duration
		want    string
	}{
		{3900 * time.Millisecond, "short"}, // 1.1 s of 5 s left
		{4100 * time.Millisecond, "login2"},
		{4900 * time.Millisecond, "login2"},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := &keycloak{t: t, login: granted("login", "r", "1800")}
			k.refresh = func(int) (int, string) {
				time.Sleep(c.latency)
				return 200, `{"access_token":"short","expires_in":5,"refresh_token":"r2","refresh_expires_in":5,"token_type":"Bearer"}`
			}
			source := k.source()
			mustToken(t, source)
			time.Sleep(901 * time.Second)
			if tok := mustToken(t, source); tok.AccessToken != c.want || k.renews != 1 {
				t.Errorf("after %s: got %s and %d refreshes, want %s", c.latency, tok.AccessToken, k.renews, c.want)
			}
		})
	}
}

// short answers with tokens at the very end of a session, and after it.
func short(expiresIn string) func(int) (int, string) {
	return func(int) (int, string) {
		return 200, `{"access_token":"short","expires_in":` + expiresIn + `,"refresh_token":"r2","refresh_expires_in":0,"token_type":"Bearer"}`
	}
}

// The refusal of a refresh does not count as a refusal of the password: neither this call nor a
// later one fails because of it.
func TestRefusalOfARefreshSaysNothingAboutThePassword(t *testing.T) {
	for name, refusal := range map[string]func(int) (int, string){
		"400 unauthorized_client": refused(400, "unauthorized_client", ""),
		"403 access_denied":       refused(403, "access_denied", ""),
		"403 without a body":      func(int) (int, string) { return 403, "" },
		"401 invalid_client":      refused(401, "invalid_client", ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: refusal}
				source := k.source()
				mustToken(t, source)
				time.Sleep(20 * time.Minute)
				k.login = refused(500, "unknown_error", "")
				if _, err := source.Token(); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrInvalidCredentials) {
					t.Errorf("the login is down: got %v", err)
				}
				k.login = granted("login", "r", "1800")
				time.Sleep(2 * time.Second) // the back-off
				if tok := mustToken(t, source); tok.AccessToken != "login3" || k.renews != 1 {
					t.Errorf("got %s after %d refreshes", tok.AccessToken, k.renews)
				}
			})
		})
	}
}

func TestRefreshFailureThatMayPassIsReturnedAsItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		refresh func(int) (int, string)
		kind    error
	}{
		"503":      {refused(503, "unknown_error", ""), auth.ErrUnavailable},
		"500 HTML": {func(int) (int, string) { return 500, "<html>" }, auth.ErrUnavailable},
		"429":      {refused(429, "", "slow down"), auth.ErrRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: tt.refresh}
			g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
			ctx := vendortest.With(t, &http.Client{Transport: k})
			last, err := g.RequestToken(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 2 {
				_, err = g.RequestToken(ctx, last)
				vendortest.WantFailure(t, err, "finapi", "refresh_token grant", tt.kind, "")
				if k.logins != 1 || k.renews != n+1 {
					t.Errorf("%d logins and %d refreshes", k.logins, k.renews)
				}
			}
		})
	}
}

// If refreshing keeps failing in any way and logging in works, callers have no token for a few
// attempts, and not for the whole life of the refresh token.
func TestRefreshThatGoesOnFailingGivesWayToALogin(t *testing.T) {
	for name, refresh := range map[string]func(int) (int, string){
		"500":            refused(500, "unknown_error", ""),
		"500 HTML":       func(int) (int, string) { return 500, "<html>" },
		"200 HTML":       func(int) (int, string) { return 200, "<html>" },
		"200 {}":         func(int) (int, string) { return 200, "{}" },
		"302":            func(int) (int, string) { return 302, "" },
		"error in a 200": refused(200, "unknown", ""),
		"error in a 500": refused(500, "invalid_client", ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: refresh}
				source := k.source()
				mustToken(t, source)
				time.Sleep(901 * time.Second)
				failing := time.Now()
				for {
					if _, err := source.TokenContext(t.Context()); err == nil {
						break
					}
					time.Sleep(time.Second)
				}
				if down := time.Since(failing); down > 2*time.Minute || k.logins != 2 || k.renews > 2 {
					t.Errorf("no token for %v; %d logins, %d refreshes", down, k.logins, k.renews)
				}
			})
		})
	}
}

// With steady calls, the renewals that fail in the refresh window lead to a login in time.
func TestRefreshThatFailsOnEverySessionIsUnseen(t *testing.T) {
	for name, refresh := range map[string]func(int) (int, string){
		"500":      refused(500, "unknown_error", ""),
		"408":      refused(408, "", ""),
		"500 HTML": func(int) (int, string) { return 500, "<html>" },
		"200 {}":   func(int) (int, string) { return 200, "{}" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: refresh}
				source := k.source()
				for range 3 * 3600 {
					if _, err := source.TokenContext(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				if k.logins < 12 || k.logins > 15 || k.renews > 8*k.logins {
					t.Errorf("%d logins and %d refreshes in three hours", k.logins, k.renews)
				}
			})
		})
	}
}

// The session outlives an outage that its access token does not. The source then refreshes instead
// of logging in.
func TestRefreshIsNotGivenUpForAnOutage(t *testing.T) {
	for name, down := range map[string]func(int) (int, string){
		"502": func(int) (int, string) { return 502, "<html>" }, "503": refused(503, "", ""), "504": func(int) (int, string) { return 504, "" },
		"500": refused(500, "unknown_error", ""), "429": refused(429, "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keycloak{t: t, login: granted("login", "r", "1800")}
				g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
				ctx := vendortest.With(t, &http.Client{Transport: k})
				last, err := g.RequestToken(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				k.login, k.refresh = down, down
				for range 20 {
					if _, err := g.RequestToken(ctx, last); err == nil {
						t.Fatal("an outage was none")
					}
					time.Sleep(time.Minute)
				}
				up := granted("refreshed", "r", "1800")
				k.login, k.refresh = granted("login", "r", "1800"), up
				logins := k.logins
				if next, err := g.RequestToken(ctx, last); err != nil || !strings.HasPrefix(next.AccessToken, "refreshed") || k.logins != logins {
					t.Errorf("afterwards: %v, %v, %d logins", next, err, k.logins-logins)
				}
				if name != "500" && logins != 1 {
					t.Errorf("%d logins, want only the first", logins)
				}
			})
		})
	}
}

func TestRefreshTokenIsKeptWhenTheAnswerHasNone(t *testing.T) {
	k := &keycloak{t: t, login: granted("login", "first", "1800"), refresh: granted("refreshed", "", "")}
	g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
	ctx := vendortest.With(t, &http.Client{Transport: k})
	last, err := g.RequestToken(ctx, nil)
	for range 3 {
		if err != nil {
			t.Fatal(err)
		}
		last, err = g.RequestToken(ctx, last)
	}
	if err != nil || last.RefreshToken != "first" || k.logins != 1 || strings.Join(k.sent, " ") != "first first first" {
		t.Errorf("%d logins, sent %q, %v", k.logins, k.sent, err)
	}
}

func TestNewRefreshTokenReplacesTheOld(t *testing.T) {
	k := &keycloak{t: t, login: granted("login", "r0", "1800")}
	k.refresh = func(n int) (int, string) { return 200, issued("a", fmt.Sprint("r", n), "1800") }
	g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
	ctx := vendortest.With(t, &http.Client{Transport: k})
	var last *oauth2.Token
	for range 4 {
		var err error
		if last, err = g.RequestToken(ctx, last); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(k.sent, " ") != "r0 r1 r2" || k.logins != 1 {
		t.Errorf("%d logins, sent %q", k.logins, k.sent)
	}
}

func TestRefreshTokenIsUsedWhileItMayLive(t *testing.T) {
	for _, tt := range []struct {
		expiresIn string
		idle      time.Duration
		refreshes int
	}{
		{"1800", 1799 * time.Second, 1},
		{"1800", 1800 * time.Second, 0}, // known to have ended: not sent
		{`"1800"`, 1801 * time.Second, 0},
		{"0", 24 * time.Hour, 1}, // 0 is not expired
		{"", 24 * time.Hour, 1},
		{"null", 24 * time.Hour, 1},
		{"-1", 24 * time.Hour, 1},
		{`"zzz"`, 24 * time.Hour, 1},
		{"1e99", 24 * time.Hour, 1},
	} {
		t.Run(tt.expiresIn+" after "+tt.idle.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &keycloak{t: t, login: granted("login", "r", tt.expiresIn), refresh: granted("refreshed", "r", tt.expiresIn)}
				g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
				ctx := vendortest.With(t, &http.Client{Transport: k})
				last, err := g.RequestToken(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.idle)
				if _, err := g.RequestToken(ctx, last); err != nil || k.renews != tt.refreshes || k.logins != 2-tt.refreshes {
					t.Errorf("%d refreshes, %d logins, %v; want %d refreshes", k.renews, k.logins, err, tt.refreshes)
				}
			})
		})
	}
}

func TestSourceRenewsByRefreshTokenAndThenByLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: granted("refreshed", "r", "1800")}
		c := suite.Documented(t, "https://auth.example")
		source, err := NewTokenSource(c, auth.WithHTTPClient(&http.Client{Transport: k}))
		if err != nil {
			t.Fatal(err)
		}
		want := func(access string) {
			t.Helper()
			if tok, err := source.TokenContext(t.Context()); err != nil || tok.AccessToken != access {
				t.Fatalf("got %v, %v, want %s", tok, err, access)
			}
		}
		want("login1")
		time.Sleep(901 * time.Second)
		want("refreshed1")
		if d := TokenOf(mustToken(t, source)); d.Err() != nil || d.MandatorName != "M" {
			t.Errorf("got %v, %v", d, d.Err())
		}
		k.refresh = refused(400, "invalid_grant", "Session not active")
		time.Sleep(901 * time.Second)
		want("login2")
		time.Sleep(2000 * time.Second) // the refresh token has ended by its own lifetime
		want("login3")
		if k.renews != 2 {
			t.Errorf("%d refreshes, want 2", k.renews)
		}
	})
}

func mustToken(t *testing.T, s *auth.TokenSource) *oauth2.Token {
	t.Helper()
	tok, err := s.Token()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestRejectedPasswordIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: refused(401, "invalid_grant", "Invalid user credentials")}
		source := k.source()
		for range 50 {
			_, err := source.Token()
			if !errors.Is(err, auth.ErrInvalidCredentials) || !errors.Is(err, auth.ErrInvalidGrant) {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if k.logins != 1 {
			t.Errorf("%d logins, want 1", k.logins)
		}
	})
}

// If a login returns an expired token, it is tried again within the deadline, after the back-off.
func TestExpiredTokenIsFollowedByAnother(t *testing.T) {
	for _, expiresIn := range []string{"0", "-1", `"-103"`} {
		synctest.Test(t, func(t *testing.T) {
			k := &keycloak{t: t, login: short(expiresIn)}
			source := k.source()
			if _, err := source.Token(); !errors.Is(err, auth.ErrMalformedResponse) || !errors.Is(err, auth.ErrUnavailable) {
				t.Errorf("expires_in %s, without a deadline: %v", expiresIn, err)
			}
			k.login = granted("login", "r", "1800")
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if tok, err := source.TokenContext(ctx); err != nil || tok.AccessToken != "login2" {
				t.Errorf("expires_in %s, a second later: %v, %v", expiresIn, tok, err)
			}
		})
	}
}

func TestFailedLoginsSayWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		body, hint string
		kind       error
	}{
		"wrong password, 26.5": {401, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`, "check Username and Password", auth.ErrInvalidCredentials},
		"wrong password, 26.6": {400, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`, "locked for a while", auth.ErrInvalidCredentials},
		"disabled":             {400, `{"error":"invalid_grant","error_description":"Account disabled"}`, "disabled", auth.ErrInvalidCredentials},
		"incomplete":           {400, `{"error":"invalid_grant","error_description":"Account is not fully set up"}`, "complete its account", auth.ErrInvalidCredentials},
		"grant is off":         {400, `{"error":"unauthorized_client","error_description":"Client not allowed for direct access grants"}`, "check Mandator", auth.ErrInvalidCredentials},
		"unknown client":       {401, `{"error":"invalid_client","error_description":"Invalid client or Invalid client credentials"}`, "check Mandator", auth.ErrInvalidCredentials},
		"unknown mandator":     {404, `{"error":"Realm does not exist"}`, "knows no such mandator", auth.ErrInvalidConfig},
		"HTML 404":             {404, `<html>`, "knows no such mandator", auth.ErrUnavailable},
		"mandator is off":      {403, `{"error":"access_denied","error_description":"Realm not enabled"}`, "check Mandator", auth.ErrInvalidCredentials},
		"empty 403":            {403, ``, "check Mandator, Username and Password", auth.ErrInvalidCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			vendor := vendortest.New(t, vendortest.Answer(tt.status, tt.body))
			_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).Password(t.Context())
			vendortest.WantFailure(t, err, "finapi", "password grant", tt.kind, tt.hint)
		})
	}
	vendor := vendortest.New(t, vendortest.Answer(400, `{"error":"invalid_grant","error_description":"Token is not active"}`))
	_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).Refresh(t.Context(), auth.NewSecret("old"))
	vendortest.WantFailure(t, err, "finapi", "refresh_token grant", auth.ErrInvalidGrant, "the refresh token is old")
	if errors.Is(err, auth.ErrInvalidCredentials) {
		t.Error("an old refresh token is taken for a wrong password")
	}
}
