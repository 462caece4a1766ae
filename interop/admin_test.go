package interop_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/finsdk/finsdk-go/interop/keycloak"
)

// answer is the part of an answer that tests of the server look at.
type answer struct {
	Status       int
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
	Error        string `json:"error"`
	Description  string `json:"error_description"`
}

func post(t *testing.T, server *keycloak.Server, realm string, form url.Values) answer {
	t.Helper()
	res, err := http.PostForm(server.URL+"/realms/"+realm+"/protocol/openid-connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{Status: res.StatusCode}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func login(t *testing.T, server *keycloak.Server, realm, username, password string) answer {
	t.Helper()
	return post(t, server, realm, url.Values{"grant_type": {"password"}, "client_id": {"demobank-cli"},
		"username": {username}, "password": {password}})
}

func refresh(t *testing.T, server *keycloak.Server, realm, token string) answer {
	t.Helper()
	return post(t, server, realm, url.Values{"grant_type": {"refresh_token"}, "client_id": {"demobank-cli"}, "refresh_token": {token}})
}

func clientCredentials(t *testing.T, server *keycloak.Server, realm, clientID, secret string) answer {
	t.Helper()
	return post(t, server, realm, url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}})
}

func (a answer) want(t *testing.T, status int, code string) {
	t.Helper()
	if a.Status != status || a.Error != code {
		t.Errorf("got %d %q (%s), want %d %q", a.Status, a.Error, a.Description, status, code)
	}
}

// kid returns the id of the key that a token names.
func kid(t *testing.T, token string) string {
	t.Helper()
	var header struct{ Kid string }
	part, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

// TestAdmin does everything that an administrator can do, and checks the effect at the token
// endpoint.
func TestAdmin(t *testing.T) {
	for _, version := range versions() {
		t.Run(version, func(t *testing.T) {
			server := start(t, version)
			t.Run("lifespan", func(t *testing.T) { testLifespan(t, server) })
			t.Run("logout", func(t *testing.T) { testLogout(t, server) })
			t.Run("user", func(t *testing.T) { testUser(t, server) })
			t.Run("client", func(t *testing.T) { testClient(t, server) })
			t.Run("scope", func(t *testing.T) { testScope(t, server) })
			t.Run("secret", func(t *testing.T) { testSecret(t, server) })
			t.Run("signing key", func(t *testing.T) { testSigningKey(t, server) })
			t.Run("attack", func(t *testing.T) { testAttack(t, server) })
			t.Run("restart", func(t *testing.T) { testRestart(t, server) })
		})
	}
}

func testLifespan(t *testing.T, server *keycloak.Server) {
	if err := server.Admin.SetRealm(t.Context(), "onefinops", map[string]any{"accessTokenLifespan": 77}); err != nil {
		t.Fatal(err)
	}
	a := clientCredentials(t, server, "onefinops", "ofin_test_abc", "s3cr3t-ofin-test")
	a.want(t, 200, "")
	if a.ExpiresIn > 77 || a.ExpiresIn < 70 { // a busy server takes seconds
		t.Errorf("expires_in %d, want 77", a.ExpiresIn)
	}
	if a := clientCredentials(t, server, "onefinops", "ofin_test_brief", "s3cr3t-ofin-brief"); a.ExpiresIn > 5 {
		t.Errorf("a client with a lifespan of its own has %d", a.ExpiresIn)
	}
}

func testLogout(t *testing.T, server *keycloak.Server) {
	a := login(t, server, "customer", "anna", "pw-anna")
	a.want(t, 200, "")
	if err := server.Admin.LogoutUser(t.Context(), "customer", "anna"); err != nil {
		t.Fatal(err)
	}
	refresh(t, server, "customer", a.RefreshToken).want(t, 400, "invalid_grant")
}

func testUser(t *testing.T, server *keycloak.Server) {
	admin := server.Admin
	if err := admin.SetPassword(t.Context(), "customer", "ümläut", "another"); err != nil {
		t.Fatal(err)
	}
	login(t, server, "customer", "ümläut", "another").want(t, 200, "")
	if err := admin.SetUserEnabled(t.Context(), "customer", "ümläut", false); err != nil {
		t.Fatal(err)
	}
	if a := login(t, server, "customer", "ümläut", "another"); a.Description != "Account disabled" {
		t.Errorf("a disabled user gets %+v", a)
	}
	if err := admin.SetUserEnabled(t.Context(), "customer", "ümläut", true); err != nil {
		t.Fatal(err)
	}
	login(t, server, "customer", "ümläut", "another").want(t, 200, "")
	if err := admin.LogoutUser(t.Context(), "customer", "nobody"); err == nil {
		t.Error("an unknown user can be logged out")
	}
}

func testClient(t *testing.T, server *keycloak.Server) {
	const secret = "s3cr3t-switch"
	if err := server.Admin.SetClientEnabled(t.Context(), "sti-connector", "sti-switch", false); err != nil {
		t.Fatal(err)
	}
	clientCredentials(t, server, "sti-connector", "sti-switch", secret).want(t, 401, "invalid_client")
	if err := server.Admin.SetClientEnabled(t.Context(), "sti-connector", "sti-switch", true); err != nil {
		t.Fatal(err)
	}
	// The secret, which was in the edited representation, is still the same.
	clientCredentials(t, server, "sti-connector", "sti-switch", secret).want(t, 200, "")
}

func testScope(t *testing.T, server *keycloak.Server) {
	ask := func() answer {
		return post(t, server, "onefinops", url.Values{"grant_type": {"client_credentials"}, "client_id": {"ofin_test_abc"},
			"client_secret": {"s3cr3t-ofin-test"}, "scope": {"made.up"}})
	}
	ask().want(t, 400, "invalid_scope")
	for range 2 { // once it is there it stays
		if err := server.Admin.RegisterScope(t.Context(), "onefinops", "made.up"); err != nil {
			t.Fatal(err)
		}
	}
	ask().want(t, 200, "")
}

func testSecret(t *testing.T, server *keycloak.Server) {
	fresh, err := server.Admin.RotateSecret(t.Context(), "onefinops", "ofin_test_rotate")
	if err != nil {
		t.Fatal(err)
	}
	clientCredentials(t, server, "onefinops", "ofin_test_rotate", fresh).want(t, 200, "")
	clientCredentials(t, server, "onefinops", "ofin_test_rotate", "s3cr3t-ofin-rotate").want(t, 200, "")
	if err := server.Admin.DropRotatedSecret(t.Context(), "onefinops", "ofin_test_rotate"); err != nil {
		t.Fatal(err)
	}
	clientCredentials(t, server, "onefinops", "ofin_test_rotate", fresh).want(t, 200, "")
	clientCredentials(t, server, "onefinops", "ofin_test_rotate", "s3cr3t-ofin-rotate").want(t, 401, "unauthorized_client")

	// A realm without the policy forgets the old secret at once.
	fresh, err = server.Admin.RotateSecret(t.Context(), "sti-connector", "sti-switch")
	if err != nil {
		t.Fatal(err)
	}
	clientCredentials(t, server, "sti-connector", "sti-switch", fresh).want(t, 200, "")
	clientCredentials(t, server, "sti-connector", "sti-switch", "s3cr3t-switch").want(t, 401, "unauthorized_client")
}

func testSigningKey(t *testing.T, server *keycloak.Server) {
	before, err := server.Admin.SigningKey(t.Context(), "sti-connector")
	if err != nil {
		t.Fatal(err)
	}
	old := clientCredentials(t, server, "sti-connector", "sti-client", "s3cr3t-sti").AccessToken
	if got := kid(t, old); got != before {
		t.Errorf("signed by %s, want %s", got, before)
	}
	if err := server.Admin.AddSigningKey(t.Context(), "sti-connector"); err != nil {
		t.Fatal(err)
	}
	after, err := server.Admin.SigningKey(t.Context(), "sti-connector")
	if err != nil {
		t.Fatal(err)
	}
	if after == before {
		t.Fatal("the same key signs")
	}
	fresh := clientCredentials(t, server, "sti-connector", "sti-client", "s3cr3t-sti").AccessToken
	if got := kid(t, fresh); got != after {
		t.Errorf("signed by %s, want %s", got, after)
	}
	keys := certs(t, server, "sti-connector")
	for _, token := range []string{old, fresh} {
		if err := verify(keys, token); err != nil {
			t.Error(err)
		}
	}
	if verify(keys, fresh+"A") == nil {
		t.Error("a spoilt signature is accepted")
	}
}

func testAttack(t *testing.T, server *keycloak.Server) {
	for range 3 {
		if a := login(t, server, "guarded", "locked", "wrong"); a.Error != "invalid_grant" {
			t.Errorf("a wrong password gets %+v", a)
		}
	}
	// Keycloak counts failures in the background, where a busy one may miss some, and a success in
	// the meantime would be let in.
	var attack keycloak.Attack
	for deadline := time.Now().Add(time.Minute); !attack.Disabled && time.Now().Before(deadline); time.Sleep(time.Second) {
		login(t, server, "guarded", "locked", "wrong")
		var err error
		if attack, err = server.Admin.Attack(t.Context(), "guarded", "locked"); err != nil {
			t.Fatal(err)
		}
	}
	if !attack.Disabled || attack.NumFailures == 0 {
		t.Errorf("the server knows of %+v", attack)
	}
	if a := login(t, server, "guarded", "locked", "pw-locked"); a.Error != "invalid_grant" {
		t.Errorf("a locked user gets %d %q", a.Status, a.Error)
	}
	if err := server.Admin.Unlock(t.Context(), "guarded", "locked"); err != nil {
		t.Fatal(err)
	}
	login(t, server, "guarded", "locked", "pw-locked").want(t, 200, "")
}

func testRestart(t *testing.T, server *keycloak.Server) {
	session := login(t, server, "customer", "anna", "pw-anna")
	session.want(t, 200, "")
	base := server.URL
	err := server.Stop()
	if errors.Is(err, keycloak.ErrNotOurs) {
		return // KEYCLOAK_URL names a server that somebody else runs
	}
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.Get(base); err == nil {
		res.Body.Close()
		t.Error("a stopped server answers")
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if server.URL != base {
		t.Errorf("restarted at %s, want %s", server.URL, base)
	}
	// Sessions outlive an orderly stop.
	refresh(t, server, "customer", session.RefreshToken).want(t, 200, "")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	login(t, server, "customer", "anna", "pw-anna").want(t, 200, "")
}

// certs returns a realm's public keys by their ids.
func certs(t *testing.T, server *keycloak.Server, realm string) map[string]*rsa.PublicKey {
	t.Helper()
	res, err := http.Get(server.URL + "/realms/" + realm + "/protocol/openid-connect/certs")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var set struct {
		Keys []struct{ Kid, Kty, Use, N, E string }
	}
	if err := json.NewDecoder(res.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		if key.Kty != "RSA" || key.Use != "sig" {
			continue
		}
		n, err := base64.RawURLEncoding.DecodeString(key.N)
		if err != nil {
			t.Fatal(err)
		}
		e, err := base64.RawURLEncoding.DecodeString(key.E)
		if err != nil {
			t.Fatal(err)
		}
		keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys
}

// verify checks an RS256 signature.
func verify(keys map[string]*rsa.PublicKey, token string) error {
	_, err := jwt.Parse(token, func(parsed *jwt.Token) (any, error) {
		id, _ := parsed.Header["kid"].(string)
		if key, ok := keys[id]; ok {
			return key, nil
		}
		return nil, fmt.Errorf("no key %q among %d", id, len(keys))
	}, jwt.WithValidMethods([]string{"RS256"}))
	return err
}
