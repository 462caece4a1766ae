package sdk_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// TestFlows gets a token as each vendor documents, and checks it as the vendor's API would.
func TestFlows(t *testing.T) {
	needServer(t)
	t.Parallel()
	finventiKeys, finapiKeys, onefinopsKeys := newKeys("sti-connector"), newKeys("customer"), newKeys("onefinops")
	for name, flow := range map[string]struct {
		source   func(authURL, apiURL string) *auth.TokenSource
		keys     *keys
		lifetime time.Duration
		claims   map[string]any
		audience string
	}{
		"finventi": {
			source: func(authURL, apiURL string) *auth.TokenSource {
				return finventiSource(t, finventi.Config{ClientID: "sti-client", ClientSecret: auth.NewSecret("s3cr3t-sti"), AuthURL: authURL, APIURL: apiURL})
			},
			keys: finventiKeys, lifetime: 45 * time.Minute,
			claims: map[string]any{"azp": "sti-client", "client_id": "sti-client", "preferred_username": "service-account-sti-client", "typ": "Bearer"},
		},
		"onefinops test": {
			source: func(authURL, apiURL string) *auth.TokenSource {
				return onefinopsSource(t, onefinops.Config{ClientID: "ofin_test_abc", ClientSecret: auth.NewSecret("s3cr3t-ofin-test"), AuthURL: authURL, APIURL: apiURL})
			},
			keys: onefinopsKeys, lifetime: 15 * time.Minute,
			claims: map[string]any{"azp": "ofin_test_abc", "organization_id": "org_test_1"}, audience: "onefinops.api",
		},
		"onefinops live": {
			source: func(authURL, apiURL string) *auth.TokenSource {
				return onefinopsSource(t, onefinops.Config{ClientID: "ofin_live_abc", ClientSecret: auth.NewSecret("s3cr3t-ofin-live"), AuthURL: authURL, APIURL: apiURL})
			},
			keys: onefinopsKeys, lifetime: 15 * time.Minute,
			claims: map[string]any{"azp": "ofin_live_abc", "organization_id": "org_live_1"}, audience: "onefinops.api",
		},
		"finapi": {
			source: func(authURL, apiURL string) *auth.TokenSource {
				return finapiSource(t, finapi.Config{Mandator: "customer", Username: "anna", Password: auth.NewSecret("pw-anna"), AuthURL: authURL, APIURL: apiURL})
			},
			keys: finapiKeys, lifetime: 15 * time.Minute,
			claims: map[string]any{"azp": "demobank-cli", "preferred_username": "anna", "mandator_name": "finAPI Demobank", "is_test_mandator": "true"},
		},
		"finapi, a password of odd characters": {
			source: func(authURL, apiURL string) *auth.TokenSource {
				return finapiSource(t, finapi.Config{Mandator: "customer", Username: "ümläut", Password: auth.NewSecret(`p&w=+% ü"'`), AuthURL: authURL, APIURL: apiURL})
			},
			keys: finapiKeys, lifetime: 15 * time.Minute,
			claims: map[string]any{"preferred_username": "ümläut"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := protectedAPI(t, flow.keys)
			tap := newTap(t, nil)
			source := flow.source(tap.URL, api.URL)
			before := time.Now()
			token, err := source.TokenContext(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(before)
			claims, _, err := flow.keys.verify(t.Context(), token.AccessToken)
			if err != nil {
				t.Fatalf("the token does not verify with /certs: %v", err)
			}
			for claim, want := range flow.claims {
				if claims[claim] != want {
					t.Errorf("claim %s is %v, want %v", claim, claims[claim], want)
				}
			}
			if aud, _ := claims.GetAudience(); flow.audience != "" && !slices.Contains(aud, flow.audience) {
				t.Errorf("aud is %v, want %s in it", aud, flow.audience)
			}
			// Keycloak counts in whole seconds, and may say one less than it meant. The source
			// counts from before the request.
			exp, err := claims.GetExpirationTime()
			if err != nil {
				t.Fatal(err)
			}
			if late := token.Expiry.Sub(exp.Time); late > time.Second || late < -2*time.Second-took {
				t.Errorf("the source lets the token expire %s after its exp", late)
			}
			if life := token.Expiry.Sub(before); life < flow.lifetime-2*time.Second-took || life > flow.lifetime+2*time.Second {
				t.Errorf("the token lives %s, want %s", life, flow.lifetime)
			}
			if strings.HasPrefix(name, "finapi") {
				got := finapi.TokenOf(token)
				if got.MandatorName != "finAPI Demobank" || got.MandatorUUID != "044ab580-0000-4000-8000-991e324704b7" ||
					!got.IsTestMandator || got.IsTechnicalUser || got.Err() != nil {
					t.Errorf("got %v, %v", got, got.Err())
				}
			}
			resp, err := source.Client().Get(api.URL + "/things")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
				t.Errorf("the API answers %s: %s", resp.Status, body)
			}
			if n := tap.count(); n != 1 {
				t.Errorf("%d token requests, want 1", n)
			}
		})
	}
}

// protectedAPI answers 200 to a request with a valid token, and 401 to any other.
func protectedAPI(t *testing.T, keys *keys) *httptest.Server {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, _, err := keys.verify(r.Context(), token); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, err.Error())
		}
	}))
	t.Cleanup(api.Close)
	return api
}

// TestMistakes makes the mistakes of a first day. Each leads to a typed error without a secret. A
// refused credential is sent once, no matter how often the service asks.
func TestMistakes(t *testing.T) {
	needServer(t)
	t.Parallel()
	admin(t, server.Admin.AddPublicClient(t.Context(), "onefinops", "demobank-cli"))
	const secret = "s3cr3t-that-never-shows"
	finventiWith := func(c finventi.Config) func(string) *auth.TokenSource {
		return func(authURL string) *auth.TokenSource { c.AuthURL = authURL; return finventiSource(t, c) }
	}
	finapiWith := func(c finapi.Config) func(string) *auth.TokenSource {
		return func(authURL string) *auth.TokenSource { c.AuthURL = authURL; return finapiSource(t, c) }
	}
	onefinopsWith := func(c onefinops.Config) func(string) *auth.TokenSource {
		return func(authURL string) *auth.TokenSource { c.AuthURL = authURL; return onefinopsSource(t, c) }
	}
	for name, mistake := range map[string]struct {
		source func(authURL string) *auth.TokenSource
		kind   error
		also   error
		code   string
		hint   string // a word of it
	}{
		"finventi, wrong secret":    {finventiWith(finventi.Config{ClientID: "sti-client", ClientSecret: auth.NewSecret(secret)}), auth.ErrInvalidCredentials, nil, "unauthorized_client", "secret"},
		"finventi, unknown client":  {finventiWith(finventi.Config{ClientID: "sti-clint", ClientSecret: auth.NewSecret(secret)}), auth.ErrInvalidCredentials, nil, "invalid_client", "secret"},
		"finventi, disabled client": {finventiWith(finventi.Config{ClientID: "sti-disabled", ClientSecret: auth.NewSecret("s3cr3t-disabled")}), auth.ErrInvalidCredentials, nil, "invalid_client", "secret"},
		"finventi, no service account": {finventiWith(finventi.Config{ClientID: "sti-no-account", ClientSecret: auth.NewSecret("s3cr3t-no-account")}),
			auth.ErrInvalidCredentials, nil, "unauthorized_client", "secret"},
		"finventi, public client": {finventiWith(finventi.Config{ClientID: "sti-public", ClientSecret: auth.NewSecret(secret)}), auth.ErrInvalidCredentials, nil, "unauthorized_client", "secret"},
		"finventi, unknown realm": {finventiWith(finventi.Config{Realm: "no-such-realm", ClientID: "sti-client", ClientSecret: auth.NewSecret(secret)}), auth.ErrInvalidConfig, nil, "", "Realm"},
		"finventi, realm of another case": {finventiWith(finventi.Config{Realm: "STI-connector", ClientID: "sti-client", ClientSecret: auth.NewSecret(secret)}),
			auth.ErrInvalidConfig, nil, "", "Realm"},
		"onefinops, wrong secret": {onefinopsWith(onefinops.Config{ClientID: "ofin_test_abc", ClientSecret: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, nil, "unauthorized_client", "Sandbox"},
		"onefinops, unknown live client": {onefinopsWith(onefinops.Config{ClientID: "ofin_live_nobody", ClientSecret: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, nil, "invalid_client", "Live"},
		"finapi, wrong password": {finapiWith(finapi.Config{Mandator: "customer", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, auth.ErrInvalidGrant, "invalid_grant", "Password"},
		"finapi, unknown user": {finapiWith(finapi.Config{Mandator: "customer", Username: "nobody", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, auth.ErrInvalidGrant, "invalid_grant", "Username"},
		"finapi, disabled user": {finapiWith(finapi.Config{Mandator: "customer", Username: "disabled", Password: auth.NewSecret("pw-disabled")}),
			auth.ErrInvalidCredentials, auth.ErrInvalidGrant, "invalid_grant", "disabled"},
		"finapi, required action": {finapiWith(finapi.Config{Mandator: "customer", Username: "todo", Password: auth.NewSecret("pw-todo")}),
			auth.ErrInvalidCredentials, auth.ErrInvalidGrant, "invalid_grant", "complete its account"},
		"finapi, unknown mandator": {finapiWith(finapi.Config{Mandator: "no-such-mandator", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidConfig, nil, "", "Mandator"},
		"finapi, mandator disabled": {finapiWith(finapi.Config{Mandator: "closed", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, nil, "access_denied", "Mandator"},
		"finapi, mandator without the client": {finapiWith(finapi.Config{Mandator: "sti-connector", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, nil, "invalid_client", "Mandator"},
		"finapi, direct grants off": {finapiWith(finapi.Config{Mandator: "onefinops", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidCredentials, nil, "unauthorized_client", "Mandator"},
		"finapi, https required": {finapiWith(finapi.Config{Mandator: "https-only", Username: "anna", Password: auth.NewSecret(secret)}),
			auth.ErrInvalidConfig, nil, "invalid_request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tap := newTap(t, nil)
			mustBeRefused(t, tap, mistake.source(tap.URL), mistake.kind, mistake.also, mistake.code, mistake.hint, secret)
		})
	}
}

func mustBeRefused(t *testing.T, tap *tap, source *auth.TokenSource, kind, also error, code, hint, secret string) {
	t.Helper()
	times := 1
	if kind == auth.ErrInvalidCredentials {
		times = 5
	}
	for range times {
		_, err := source.TokenContext(t.Context())
		if !errors.Is(err, kind) || (also != nil && !errors.Is(err, also)) {
			t.Fatalf("got %v, want %v", err, kind)
		}
		var e *auth.Error
		if !errors.As(err, &e) || e.Code != code || e.StatusCode/100 != 4 || !strings.Contains(e.Hint, hint) {
			t.Errorf("want code %q and hint %q: %v", code, hint, err)
		}
		var retrieve *oauth2.RetrieveError
		if !errors.As(err, &retrieve) || retrieve.ErrorCode != code {
			t.Errorf("no *oauth2.RetrieveError with code %q in: %v", code, err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the secret shows: %v", err)
		}
	}
	if n := tap.count(); n != 1 {
		t.Errorf("%d token requests, want 1:%s", n, tap.story())
	}
}
