package sdk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The realm rotating allows one use of each refresh token. A second use ends the session, with the
// valid token.
const workers = 20

func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// rotate gives the realm short sessions, so that the tests see some of them end, and keeps a
// journal. The realm is the tests' own: calling this twice does no harm.
func rotate(t *testing.T, username, password string) {
	t.Helper()
	admin(t, server.Admin.AddUser(t.Context(), "rotating", username, password))
	admin(t, server.Admin.SetRealm(t.Context(), "rotating", map[string]any{"accessTokenLifespan": 4, "ssoSessionMaxLifespan": 8}))
	admin(t, server.Admin.KeepJournal(t.Context(), "rotating", "LOGIN", "LOGIN_ERROR", "REFRESH_TOKEN", "REFRESH_TOKEN_ERROR"))
}

// journal returns Keycloak's counts of events for the sessions that a tap has seen, by type and
// reason of refusal.
func journal(t *testing.T, tap *tap) map[string]int {
	t.Helper()
	entries, err := server.Admin.Journal(t.Context(), "rotating", "LOGIN", "LOGIN_ERROR", "REFRESH_TOKEN", "REFRESH_TOKEN_ERROR")
	admin(t, err)
	own := map[string]bool{}
	for _, c := range tap.all(granted) {
		own[c.SessionState] = true
	}
	noted := map[string]int{}
	for _, e := range entries {
		switch {
		case !own[e.Session]:
		case e.Error != "":
			noted[e.Type+": "+e.Details["reason"]]++
		default:
			noted[e.Type]++
		}
	}
	return noted
}

const (
	sessionOver = "REFRESH_TOKEN_ERROR: Session not active"
	reused      = "REFRESH_TOKEN_ERROR: Maximum allowed refresh token reuse exceeded"
)

// TestRotation runs 20 processes that share one filestore, through several sessions. No process
// gets an error, and no refresh token is used twice.
func TestRotation(t *testing.T) {
	needServer(t)
	t.Parallel()
	duration := 20 * time.Second
	if testing.Short() {
		duration = 10 * time.Second
	}
	rotate(t, "many", "pw-many")
	tap := newTap(t, nil)
	staff := hireAll(t, workers, job{AuthURL: tap.URL, Mandator: "rotating", Username: "many", Password: "pw-many",
		Store: filepath.Join(t.TempDir(), "tokens"), Goroutines: 4, Duration: duration})
	sum := results(t, staff)
	if n := tap.count(); sum.Requests != n {
		t.Errorf("the workers sent %d requests, and %d came", sum.Requests, n)
	}
	once(t, tap)
	noted := journal(t, tap)
	for what, n := range noted {
		switch what {
		case "LOGIN", "REFRESH_TOKEN":
		case sessionOver:
			if n > noted["LOGIN"] {
				t.Errorf("%d refreshes of ended sessions, after %d logins", n, noted["LOGIN"])
			}
		default:
			t.Errorf("Keycloak noted %d× %s", n, what)
		}
	}
	// One process would renew a token every 1.8 s or so, and some more often where a session ends.
	if n := tap.count(); n > 2*int(duration/time.Second) {
		t.Errorf("%d token requests by %d processes in %s", n, workers, duration)
	}
	if len(sum.Tokens) < 4 || noted["LOGIN"] < 2 {
		t.Errorf("only %d tokens and %d sessions in %s", len(sum.Tokens), noted["LOGIN"], duration)
	}
	t.Logf("%d processes, %d calls, %d tokens, %d logins, %d refreshes; Keycloak noted %v", workers, sum.Calls, len(sum.Tokens),
		tap.count(logins), tap.count(refreshes), noted)
}

// TestCrash kills a process after Keycloak's answer to a refresh and before it is stored, so the
// store keeps the used refresh token. That costs the others a lease's time and one login, but no
// call: no process sends the used token, because its lease got lost.
func TestCrash(t *testing.T) {
	needServer(t)
	t.Parallel()
	rotate(t, "crash", "pw-crash")
	answered, killed := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() {
		close(answered)
		<-killed
	})
	tap := newTap(t, func(c call) {
		if refreshes(c) {
			first()
		}
	})
	j := job{AuthURL: tap.URL, Mandator: "rotating", Username: "crash", Password: "pw-crash", Store: filepath.Join(t.TempDir(), "tokens"), Goroutines: 2, Duration: time.Minute}
	victim := hireAll(t, 1, j)[0]
	select {
	case <-answered:
	case <-time.After(30 * time.Second):
		t.Error("no refresh within 30 s")
	}
	victim.kill()
	close(killed)

	j.Duration = 8 * time.Second
	sum := results(t, hireAll(t, 3, j))
	noted := journal(t, tap)
	if noted[reused] != 0 || tap.count(logins, granted) < 2 {
		t.Errorf("Keycloak noted %v, want a login, and the used refresh token no more", noted)
	}
	t.Logf("%d calls, %d tokens, %d logins, %d refreshes; Keycloak noted %v", sum.Calls, len(sum.Tokens), tap.count(logins), tap.count(refreshes), noted)
}

// hireAll starts n workers at the same time.
func hireAll(t *testing.T, n int, j job) []*worker {
	t.Helper()
	staff := make([]*worker, n)
	for i := range staff {
		staff[i] = hire(t, j)
	}
	for _, w := range staff {
		w.hear(t, "ready")
	}
	for _, w := range staff {
		w.tell(t, "go")
	}
	return staff
}

// results waits for the workers, fails the test for each of their errors, and adds up their
// results.
func results(t *testing.T, staff []*worker) result {
	t.Helper()
	for _, w := range staff {
		w.hear(t, "done")
	}
	for _, w := range staff {
		w.tell(t, "report")
	}
	var sum result
	tokens := map[string]bool{}
	for i, w := range staff {
		r := w.result(t)
		for text, n := range tally(r.Failures) {
			t.Errorf("worker %d: %d calls failed: %s", i, n, text)
		}
		for text, n := range tally(r.Troubles) {
			t.Errorf("worker %d: %d× %s", i, n, text)
		}
		if r.Calls == 0 {
			t.Errorf("worker %d: no calls", i)
		}
		sum.Calls += r.Calls
		sum.Requests += r.Requests
		for _, token := range r.Tokens {
			if !tokens[token] {
				tokens[token] = true
				sum.Tokens = append(sum.Tokens, token)
			}
		}
	}
	return sum
}

func tally(texts []string) map[string]int {
	counts := map[string]int{}
	for _, text := range texts {
		counts[text]++
	}
	return counts
}

// once fails the test if a refresh token was sent twice.
func once(t *testing.T, tap *tap) {
	t.Helper()
	sent := map[string]int{}
	for _, c := range tap.all(refreshes) {
		if sent[c.RefreshToken]++; sent[c.RefreshToken] == 2 {
			t.Error("a refresh token was sent twice")
		}
	}
}
