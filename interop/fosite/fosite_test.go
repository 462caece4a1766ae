package fosite_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/filestore"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/interop/fosite"
	"github.com/finsdk/finsdk-go/onefinops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, l fosite.Lifetimes) (*fosite.Server, *http.Transport) {
	t.Helper()
	server, err := fosite.Start(l)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server, transport
}

var long = fosite.Lifetimes{Access: 15 * time.Minute, Refresh: 30 * time.Minute}

func finapiConfig(server *fosite.Server) finapi.Config {
	return finapi.Config{Mandator: "customer", Username: fosite.Username, Password: auth.NewSecret(fosite.Password), AuthURL: server.URL, APIURL: server.URL}
}

func newSource(t *testing.T, server *fosite.Server, transport http.RoundTripper, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	source, err := finapi.NewTokenSource(finapiConfig(server), append(opts, auth.WithHTTPClient(&http.Client{Transport: transport}))...)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func token(t *testing.T, source *auth.TokenSource) *oauth2.Token {
	t.Helper()
	got, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// refresh exchanges a refresh token, as anybody who has it can.
func refresh(t *testing.T, server *fosite.Server, transport http.RoundTripper, refreshToken string) (int, string) {
	t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {fosite.PublicID}, "refresh_token": {refreshToken}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+fosite.TokenPath(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer.RefreshToken
}

// whoami calls the API with the source's own client.
func whoami(t *testing.T, server *fosite.Server, source *auth.TokenSource) {
	t.Helper()
	resp, err := source.Client().Get(server.URL + fosite.WhoAmIPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"subject"`) {
		t.Fatalf("%s %s %v", resp.Status, body, err)
	}
}

// wantGrants compares how often a grant has succeeded.
func wantGrants(t *testing.T, server *fosite.Server, logins, refreshes, refused int) {
	t.Helper()
	got := [3]int{server.Grants("password", http.StatusOK), server.Grants("refresh_token", http.StatusOK), server.Grants("refresh_token", http.StatusBadRequest)}
	if want := [3]int{logins, refreshes, refused}; got != want {
		t.Errorf("logins, refreshes and refused refreshes: %v, want %v", got, want)
	}
}

// TestAnswer tests how fosite's answers differ: token_type in lower case, an empty scope, no
// refresh_expires_in, none of finAPI's members, and a token that is not a JWT.
func TestAnswer(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	grant, err := finapi.NewGrant(finapiConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
	got, err := grant.Password(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(got.Expiry); left < 895*time.Second || left > 900*time.Second {
		t.Errorf("the token lives %v more, want 15 minutes", left)
	}
	if !got.RefreshExpiry.IsZero() || len(got.Scope) != 0 || got.SessionState != "" || got.RefreshToken.IsZero() {
		t.Errorf("RefreshExpiry %v, Scope %q, SessionState %q", got.RefreshExpiry, got.Scope, got.SessionState)
	}
	if got.MandatorName != "" || got.Err() != nil {
		t.Errorf("the mandator is %q, %v", got.MandatorName, got.Err())
	}
	if _, err := auth.ParseClaims(got.AccessToken.Reveal()); err == nil {
		t.Error("claims of an opaque token")
	}
	again, err := grant.Refresh(ctx, got.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if again.RefreshToken.Equal(got.RefreshToken) {
		t.Error("the refresh token is the same")
	}
	_, err = grant.Refresh(ctx, got.RefreshToken)
	if !errors.Is(err, auth.ErrInvalidGrant) {
		t.Errorf("a used refresh token: %v", err)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	config := finapiConfig(server)
	config.Password = auth.NewSecret("wrong")
	source, err := finapi.NewTokenSource(config, auth.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := source.Token(); !errors.Is(err, auth.ErrInvalidCredentials) {
			t.Fatalf("%v, want ErrInvalidCredentials", err)
		}
	}
	if n := server.Grants("password", http.StatusBadRequest); n != 1 {
		t.Errorf("the wrong password was sent %d times, want once", n)
	}
}

// TestRotation refreshes many times: each refresh token works once, and the newest always works.
func TestRotation(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	grant, err := finapi.NewGrant(finapiConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
	seen := map[string]bool{}
	var last *oauth2.Token
	for range 10 {
		if last, err = grant.RequestToken(ctx, last); err != nil {
			t.Fatal(err)
		}
		if seen[last.RefreshToken] {
			t.Fatal("the same refresh token again")
		}
		seen[last.RefreshToken] = true
	}
	wantGrants(t, server, 1, 9, 0)
}

// brief makes tokens that must be renewed every second or two.
var brief = fosite.Lifetimes{Access: 2 * time.Second, Refresh: 30 * time.Minute}

// TestRotationUnderLoad has many callers of one source while its tokens expire: each refresh token
// is used once.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	server, transport := start(t, brief)
	hammer(t, 50, newSource(t, server, transport))
	wantRenewed(t, server)
}

// TestSharedStore has sources that share a store, as processes do: no two of them use the same
// refresh token.
func TestSharedStore(t *testing.T) {
	t.Parallel()
	server, transport := start(t, brief)
	store := filestore.New(filepath.Join(t.TempDir(), "tokens"))
	sources := make([]*auth.TokenSource, 8)
	for i := range sources {
		sources[i] = newSource(t, server, transport, auth.WithStore(store))
	}
	hammer(t, 4, sources...)
	wantRenewed(t, server)
}

// hammer makes callers ask each source for tokens for six seconds.
func hammer(t *testing.T, callers int, sources ...*auth.TokenSource) {
	t.Helper()
	until := time.Now().Add(6 * time.Second)
	var wait sync.WaitGroup
	for _, source := range sources {
		for range callers {
			wait.Go(func() {
				for time.Now().Before(until) {
					if _, err := source.TokenContext(t.Context()); err != nil {
						t.Error(err)
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
	}
	wait.Wait()
}

// wantRenewed expects one login, and after it refreshes alone, some but not many.
func wantRenewed(t *testing.T, server *fosite.Server) {
	t.Helper()
	if n := server.Grants("refresh_token", http.StatusBadRequest); n != 0 {
		t.Errorf("%d refresh tokens were used twice", n)
	}
	if n := server.Grants("password", http.StatusOK); n != 1 {
		t.Errorf("%d logins, want one", n)
	}
	if n := server.Grants("refresh_token", http.StatusOK); n < 2 || n > 12 {
		t.Errorf("%d refreshes in 6 s of tokens that live 2 s", n)
	}
}

// TestReuseByAnother has a thief use the refresh token first. The SDK's own attempt is the reuse
// that ends the family. The SDK logs in again within the same call, and the thief's tokens no
// longer work.
func TestReuseByAnother(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	source := newSource(t, server, transport)
	stolen := token(t, source)
	status, thiefs := refresh(t, server, transport, stolen.RefreshToken)
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	source.Invalidate(stolen)
	whoami(t, server, source)
	wantGrants(t, server, 2, 1, 1)
	if status, _ := refresh(t, server, transport, thiefs); status != http.StatusBadRequest {
		t.Errorf("the thief's refresh token: status %d", status)
	}
	whoami(t, server, source)
}

// TestFamilyRevoked has a thief use a refresh token that the SDK has already used. That ends all of
// the SDK's tokens: the API answers 401 and the refresh token is refused, but one call of the SDK
// succeeds nevertheless.
func TestFamilyRevoked(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	source := newSource(t, server, transport)
	first := token(t, source)
	source.Invalidate(first)
	second := token(t, source)
	whoami(t, server, source)
	wantGrants(t, server, 1, 1, 0)
	if status, _ := refresh(t, server, transport, first.RefreshToken); status != http.StatusBadRequest {
		t.Fatalf("reuse: status %d", status)
	}
	whoami(t, server, source)
	wantGrants(t, server, 2, 1, 2)
	if third := token(t, source); third.AccessToken == second.AccessToken {
		t.Error("the revoked token is still in use")
	}
}

// TestShortLived uses tokens that live two seconds, and then lets their refresh tokens expire too.
func TestShortLived(t *testing.T) {
	t.Parallel()
	server, transport := start(t, fosite.Lifetimes{Access: 2 * time.Second, Refresh: 4 * time.Second})
	source := newSource(t, server, transport)
	until := time.Now().Add(5 * time.Second)
	for time.Now().Before(until) {
		whoami(t, server, source)
		time.Sleep(50 * time.Millisecond)
	}
	if n := server.Grants("refresh_token", http.StatusOK); n < 2 || n > 8 {
		t.Errorf("%d refreshes in 5 s of tokens that live 2 s", n)
	}
	time.Sleep(5 * time.Second) // past the refresh token
	whoami(t, server, source)
	if n := server.Grants("password", http.StatusOK); n != 2 {
		t.Errorf("%d logins, want 2", n)
	}
}

// TestConflict is a refresh that fosite refuses with 400 invalid_request, "please retry", because
// of a conflict in its database. A caller must not be left without a token for as long as the
// refresh token lives.
func TestConflict(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	source := newSource(t, server, transport)
	source.Invalidate(token(t, source))
	server.FailRefreshes(1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := source.TokenContext(ctx); err != nil {
		t.Error(err)
	}
	wantGrants(t, server, 2, 0, 1)
}

// TestTwoSecrets rotates a secret: the old secret works beside the new one until it is dropped.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	server, transport := start(t, long)
	client := auth.WithHTTPClient(&http.Client{Transport: transport})
	config := onefinops.Config{ClientID: fosite.ClientID, AuthURL: server.URL, APIURL: server.URL}
	for _, secret := range []auth.Secret{auth.NewSecret(fosite.OldSecret), auth.NewSecret(fosite.NewSecret)} {
		config.ClientSecret = secret
		source, err := onefinops.NewTokenSource(config, client)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Token(); err != nil {
			t.Error(err)
		}
	}
	// The secret of this source changes.
	var mu sync.Mutex
	current := auth.NewSecret(fosite.OldSecret)
	config.ClientSecret = auth.Secret{}
	config.SecretSource = func(context.Context) (auth.Secret, error) {
		mu.Lock()
		defer mu.Unlock()
		return current, nil
	}
	source, err := onefinops.NewTokenSource(config, client)
	if err != nil {
		t.Fatal(err)
	}
	source.Invalidate(token(t, source))
	if err := server.DropOldSecret(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := source.Token(); !errors.Is(err, auth.ErrInvalidCredentials) {
			t.Fatalf("%v, want ErrInvalidCredentials", err)
		}
	}
	if n := server.Grants("client_credentials", http.StatusUnauthorized); n != 1 {
		t.Errorf("the old secret was sent %d times after it was refused, want once in all", n)
	}
	mu.Lock()
	current = auth.NewSecret(fosite.NewSecret)
	mu.Unlock()
	if _, err := source.Token(); err != nil {
		t.Errorf("the new secret is not used: %v", err)
	}
}
