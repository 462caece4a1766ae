package sdk_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
)

// TestSession lives through whole sessions of the realm brief: tokens are renewed with refresh
// tokens that work once, the last tokens of a session are shortened, and a new login follows.
// Callers notice nothing.
func TestSession(t *testing.T) {
	needServer(t)
	t.Parallel()
	sessions := 3
	if testing.Short() {
		sessions = 2
	}
	admin(t, server.Admin.AddUser(t.Context(), "brief", "session", "pw-session"))
	tap, seen := newTap(t, nil), &events{}
	source := finapiSource(t, finapi.Config{Mandator: "brief", Username: "session", Password: auth.NewSecret("pw-session"), AuthURL: tap.URL}, auth.WithObserver(seen))
	crowd := gather(t, 20, source, 0)
	await(t, time.Duration(sessions)*briefSession+30*time.Second, "the next session", func() bool {
		last := tap.all(logins, granted)
		return len(last) == sessions && tap.count(refreshes, granted, func(c call) bool { return c.SessionState == last[sessions-1].SessionState }) > 0
	})
	crowd.leave()
	crowd.mustBeContent(t)

	if n := tap.count(logins); n != sessions {
		t.Errorf("%d logins for %d sessions:%s", n, sessions, tap.story())
	}
	ends := map[string]time.Time{} // when each session must end, by its id
	for _, c := range tap.all(logins) {
		ends[c.SessionState] = c.Done.Add(briefSession)
	}
	used := map[string]bool{}
	newest, clamped := "", 0
	for _, c := range tap.all(granted) {
		if c.Grant == "refresh_token" {
			switch {
			case used[c.RefreshToken]:
				t.Errorf("a refresh token was used twice:%s", tap.story())
			case c.RefreshToken != newest:
				t.Errorf("an old refresh token was used:%s", tap.story())
			}
			used[c.RefreshToken] = true
		}
		newest = c.NewRefresh
		left := ends[c.SessionState].Sub(c.At)
		if life := time.Duration(c.ExpiresIn) * time.Second; life > left+time.Second {
			t.Errorf("Keycloak gave a token of %s to a session that has %s left", life, left)
		}
		// Keycloak may say a second less than it means.
		if time.Duration(c.ExpiresIn)*time.Second <= briefToken-2*time.Second {
			clamped++
		}
	}
	if clamped == 0 {
		t.Errorf("no token was cut short by the end of its session:%s", tap.story())
	}
	// There is a renewal every 1.9 s or so, then some in quick succession as the tokens get
	// shorter.
	if n := tap.count(refreshes); n < 5*(sessions-1) || n > 20*sessions {
		t.Errorf("%d refreshes in %d sessions:%s", n, sessions, tap.story())
	}
	keys := newKeys("brief")
	for _, token := range crowd.seen() {
		claims, err := auth.ParseClaims(token.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		session := claims.String("sid")
		if end, ok := ends[session]; !ok || claims.ExpiresAt.After(end.Add(time.Second)) {
			t.Errorf("a token of session %q outlives it: %s, %s", session, claims.ExpiresAt, end)
		}
		if late := token.Expiry.Sub(claims.ExpiresAt); late > time.Second {
			t.Errorf("the source lets a token expire %s after its exp", late)
		}
	}
	if _, _, err := keys.verify(t.Context(), last(t, crowd).AccessToken); err != nil {
		t.Errorf("the last token does not verify: %v", err)
	}
	for _, e := range seen.of(auth.EventFailure) {
		t.Errorf("the observer was told of a failure: %v", e.Err)
	}
	t.Logf("%d calls, %d tokens, %d logins, %d refreshes, %d of them refused", crowd.callCount(), crowd.tokenCount(),
		tap.count(logins), tap.count(refreshes), tap.count(refreshes, refused))
}

func last(t *testing.T, c *crowd) *oauth2.Token {
	t.Helper()
	tokens := c.seen()
	if len(tokens) == 0 {
		t.Fatal("nobody got a token")
	}
	return tokens[len(tokens)-1]
}

// TestIdle leaves a session idle until it ends. The next call logs in without trying the old
// refresh token, because Keycloak had told its expiry.
func TestIdle(t *testing.T) {
	needServer(t)
	t.Parallel()
	admin(t, server.Admin.AddUser(t.Context(), "brief", "idle", "pw-idle"))
	tap := newTap(t, nil)
	config := finapi.Config{Mandator: "brief", Username: "idle", Password: auth.NewSecret("pw-idle"), AuthURL: tap.URL}
	source := finapiSource(t, config)
	first, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	grant, err := finapi.NewGrant(config)
	if err != nil {
		t.Fatal(err)
	}
	// A request for the session's state would keep it alive, so just wait.
	idleSince := time.Now()
	time.Sleep(briefIdle + time.Second)
	_, err = grant.Refresh(t.Context(), auth.NewSecret(first.RefreshToken))
	if e := new(auth.Error); !errors.Is(err, auth.ErrInvalidGrant) || errors.Is(err, auth.ErrInvalidCredentials) || !errors.As(err, &e) || e.Description != "Token is not active" {
		t.Fatalf("refreshing after %s: %v, want %v", time.Since(idleSince), err, auth.ErrInvalidGrant)
	}
	second, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if second.AccessToken == first.AccessToken {
		t.Error("the old token was handed out")
	}
	if n, m := tap.count(logins, granted), tap.count(refreshes); n != 2 || m != 1 {
		t.Errorf("%d logins and %d refreshes, want 2 and the one of this test:%s", n, m, tap.story())
	}
}

// TestLogout ends the user's sessions as an administrator while the service runs. The next renewal
// is refused and logs in again. Callers notice nothing.
func TestLogout(t *testing.T) {
	needServer(t)
	t.Parallel()
	times := 3
	if testing.Short() {
		times = 1
	}
	admin(t, server.Admin.AddUser(t.Context(), "brief", "logout", "pw-logout"))
	tap, seen := newTap(t, nil), &events{}
	source := finapiSource(t, finapi.Config{Mandator: "brief", Username: "logout", Password: auth.NewSecret("pw-logout"), AuthURL: tap.URL}, auth.WithObserver(seen))
	crowd := gather(t, 50, source, 0)
	for ended, missed := 0, 0; ended < times && missed < 4; {
		before := tap.count(refreshes, granted)
		await(t, 20*time.Second, "a refresh", func() bool { return tap.count(refreshes, granted) > before })
		loggedIn := tap.count(logins, granted)
		admin(t, server.Admin.LogoutUser(t.Context(), "brief", "logout"))
		await(t, 20*time.Second, "a login after the logout", func() bool { return tap.count(logins, granted) > loggedIn })
		// On a slow machine the session may end by itself at this moment.
		if n := tap.count(refreshes, refused); n > ended {
			ended = n
		} else {
			missed++
		}
	}
	crowd.leave()
	crowd.mustBeContent(t)
	if n := tap.count(refreshes, refused); n != times {
		t.Errorf("%d refused refreshes after %d logouts, want one each", n, times)
	}
	for _, c := range tap.all(refreshes, refused) {
		if c.Status != 400 || c.Code != "invalid_grant" || c.Description != "Session not active" {
			t.Errorf("the refused refresh: %d %s %s", c.Status, c.Code, c.Description)
		}
	}
	for _, e := range seen.of(auth.EventFailure) {
		t.Errorf("the observer was told of a failure: %v", e.Err)
	}
	t.Logf("%d calls, %d tokens, %d logins, %d refreshes", crowd.callCount(), crowd.tokenCount(), tap.count(logins), tap.count(refreshes))
}
