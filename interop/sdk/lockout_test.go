package sdk_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/interop/keycloak"
)

// The realm guarded locks a user for a minute after 3 wrong passwords, or after 2 within a second.
const failureLimit = 3

// TestWrongPassword has a whole service use a wrong password. Keycloak gets it once, so the user
// stays unlocked, and the first call with the right password succeeds.
func TestWrongPassword(t *testing.T) {
	needServer(t)
	t.Parallel()
	duration := 6 * time.Second
	if testing.Short() {
		duration = 3 * time.Second
	}
	admin(t, server.Admin.AddUser(t.Context(), "guarded", "hammered", "pw-right"))
	tap, password := newTap(t, nil), newSecretFile(t, "pw-wrong")
	source := finapiSource(t, finapi.Config{Mandator: "guarded", Username: "hammered", SecretSource: auth.FileSecret(password.path), AuthURL: tap.URL})
	crowd := gather(t, 100, source, 0)
	began := time.Now()
	await(t, duration+30*time.Second, "calls", func() bool { return time.Since(began) >= duration && crowd.callCount() > 500 })
	crowd.finish()

	for _, f := range crowd.failed() {
		if !errors.Is(f.err, auth.ErrInvalidCredentials) {
			t.Fatalf("got %v, want %v", f.err, auth.ErrInvalidCredentials)
		}
	}
	if n := len(crowd.failed()); n != crowd.callCount() {
		t.Errorf("%d of %d calls failed, want all", n, crowd.callCount())
	}
	if n := tap.count(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	var attack keycloak.Attack
	await(t, time.Minute, "the failure in Keycloak's count", func() bool {
		var err error
		attack, err = server.Admin.Attack(t.Context(), "guarded", "hammered")
		admin(t, err)
		return attack.NumFailures > 0
	})
	if attack.Disabled || attack.NumFailures >= failureLimit {
		t.Errorf("Keycloak's protection: %+v, want the user unlocked", attack)
	}

	password.replace(t, "pw-right")
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Errorf("the first call after the password was put right: %v", err)
	}
	if n := tap.count(); n != 2 {
		t.Errorf("%d token requests in all, want 2", n)
	}
	t.Logf("%d calls, 1 request, Keycloak counted %d failures of %d", crowd.callCount(), attack.NumFailures, failureLimit)
}

// TestWrongPasswordInAFleet starts 50 processes that share a store with a wrong password. Keycloak
// gets it once. A process logs in by itself if it waits for the processor for longer than a store
// may take.
func TestWrongPasswordInAFleet(t *testing.T) {
	needServer(t)
	const replicas = 50
	admin(t, server.Admin.AddUser(t.Context(), "guarded", "replicated", "pw-right"))
	tap := newTap(t, nil)
	j := job{AuthURL: tap.URL, Mandator: "guarded", Username: "replicated", Password: "pw-wrong",
		Store: filepath.Join(t.TempDir(), "store"), Goroutines: 4, Duration: 3 * time.Second}
	staff, alone := hireAll(t, replicas, j), 0
	for _, w := range staff {
		w.hear(t, "done")
		w.tell(t, "report")
		r := w.result(t)
		if r.Calls == 0 || len(r.Failures) != r.Calls {
			t.Errorf("%d of %d calls failed, want all", len(r.Failures), r.Calls)
		}
		for text := range tally(r.Failures) {
			if !strings.Contains(text, "credentials rejected") {
				t.Errorf("a call failed: %s", text)
			}
		}
		if slices.ContainsFunc(r.Troubles, func(text string) bool { return strings.Contains(text, "store acquire: ") }) {
			alone++
		}
	}
	logins := tap.count()
	if logins == 0 || logins > 1+alone {
		t.Errorf("%d logins, want 1; %d processes went without the store", logins, alone)
	}
	var attack keycloak.Attack
	await(t, time.Minute, "the failure in Keycloak's count", func() bool {
		var err error
		attack, err = server.Admin.Attack(t.Context(), "guarded", "replicated")
		admin(t, err)
		return attack.NumFailures > 0
	})
	if alone == 0 && (attack.Disabled || attack.NumFailures != 1) {
		t.Errorf("Keycloak's protection: %+v, want one failure and the user unlocked", attack)
	}
	t.Logf("%d processes with %d calls each at a time: %d login, Keycloak counted %d of %d failures", replicas, j.Goroutines, logins, attack.NumFailures, failureLimit)
	if alone == 0 {
		j.Password = "pw-right"
		if sum := results(t, hireAll(t, 1, j)); len(sum.Tokens) == 0 {
			t.Error("no token with the right password")
		}
	}
}

// TestLocked shows that the lock is real: sources that share no store cause it. Keycloak then
// refuses the right password with the same words, and accepts it once the lock is off.
func TestLocked(t *testing.T) {
	needServer(t)
	t.Parallel()
	admin(t, server.Admin.AddUser(t.Context(), "guarded", "careless", "pw-right"))
	tap := newTap(t, nil)
	config := finapi.Config{Mandator: "guarded", Username: "careless", Password: auth.NewSecret("pw-wrong"), AuthURL: tap.URL}
	for range failureLimit {
		if _, err := finapiSource(t, config).TokenContext(t.Context()); !errors.Is(err, auth.ErrInvalidCredentials) {
			t.Fatalf("got %v, want %v", err, auth.ErrInvalidCredentials)
		}
	}
	// Keycloak counts them with a delay.
	await(t, time.Minute, "the lock", func() bool {
		attack, err := server.Admin.Attack(t.Context(), "guarded", "careless")
		admin(t, err)
		return attack.Disabled
	})
	password := newSecretFile(t, "pw-right")
	config.Password, config.SecretSource = auth.Secret{}, auth.FileSecret(password.path)
	if _, err := finapiSource(t, config).TokenContext(t.Context()); !errors.Is(err, auth.ErrInvalidCredentials) {
		t.Errorf("a locked user, the right password: %v, want %v", err, auth.ErrInvalidCredentials)
	}
	admin(t, server.Admin.Unlock(t.Context(), "guarded", "careless"))
	if _, err := finapiSource(t, config).TokenContext(t.Context()); err != nil {
		t.Errorf("an unlocked user: %v", err)
	}
}
