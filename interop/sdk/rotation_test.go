package sdk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"
)

// The realm rotating gives each refresh token one use. A second use ends the session, for the good token too.
const workers = 20

func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// TestRotation runs 20 processes that share one FileStore, through several sessions. None ever sees an error, and no
// refresh token is used twice.
func TestRotation(t *testing.T) {
	needServer(t)
	t.Parallel()
	duration := 15 * time.Second
	if testing.Short() {
		duration = 10 * time.Second
	}
	admin(t, server.Admin.AddUser(t.Context(), "rotating", "many", "pw-many"))
	admin(t, server.Admin.SetRealm(t.Context(), "rotating", map[string]any{
		"accessTokenLifespan": 4, "ssoSessionMaxLifespan": 8,
	}))
	admin(t, server.Admin.KeepJournal(t.Context(), "rotating", "LOGIN", "LOGIN_ERROR", "REFRESH_TOKEN", "REFRESH_TOKEN_ERROR"))

	tap := newTap(t, nil)
	j := job{AuthURL: tap.URL, Mandator: "rotating", Username: "many", Password: "pw-many", Store: t.TempDir(), Goroutines: 4, Duration: duration}
	staff := make([]*worker, workers)
	for i := range staff {
		staff[i] = hire(t, j)
	}
	for _, w := range staff {
		w.hear(t, "ready")
	}
	for _, w := range staff {
		w.tell(t, "go")
	}
	for _, w := range staff {
		w.hear(t, "done")
	}
	calls, requests, tokens := 0, 0, map[string]bool{}
	for i, w := range staff {
		r := w.result(t)
		calls += r.Calls
		requests += r.Requests
		for _, text := range r.Failures {
			t.Errorf("worker %d: a call failed: %s", i, text)
		}
		for _, text := range r.Troubles {
			t.Errorf("worker %d: %s", i, text)
		}
		if r.Calls == 0 {
			t.Errorf("worker %d: no calls", i)
		}
		for _, token := range r.Tokens {
			tokens[token] = true
		}
	}
	if n := tap.count(); requests != n {
		t.Errorf("the workers sent %d requests, and %d came", requests, n)
	}
	once(t, tap)
	journal, err := server.Admin.Journal(t.Context(), "rotating", "LOGIN", "LOGIN_ERROR", "REFRESH_TOKEN", "REFRESH_TOKEN_ERROR")
	admin(t, err)
	byType := map[string]int{}
	for _, e := range journal {
		byType[e.Type]++
		if e.Error != "" && e.Details["reason"] != "Session not active" {
			t.Errorf("Keycloak noted %s %s: %s", e.Type, e.Error, e.Details["reason"])
		}
	}
	// One process would renew a token every 1.3 s or so, and some more often where a session ends.
	if n := tap.count(); n > 3*int(duration/time.Second) {
		t.Errorf("%d token requests by %d processes in %s:%s", n, workers, duration, tap.story())
	}
	if len(tokens) < 4 {
		t.Errorf("only %d tokens in %s", len(tokens), duration)
	}
	t.Logf("%d processes, %d calls, %d tokens, %d logins, %d refreshes; Keycloak noted %v", workers, calls, len(tokens),
		tap.count(logins), tap.count(refreshes), byType)
}

// once fails the test if a refresh token was sent twice.
func once(t *testing.T, tap *tap) {
	t.Helper()
	seen := map[string]int{}
	for _, c := range tap.all(refreshes) {
		if seen[c.RefreshToken]++; seen[c.RefreshToken] == 2 {
			t.Errorf("a refresh token was sent twice:%s", tap.story())
		}
	}
}
