package sdk_test

import (
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

func withSecret(secret string) func(call) bool {
	return func(c call) bool { return c.ClientSecret == secret }
}

// TestSecretRotation rotates the secret of a client in a realm where the old one still works for a
// while, as at OneFinOps. The file is replaced by rename, the next request has the new secret, and
// the old one may end.
func TestSecretRotation(t *testing.T) {
	needServer(t)
	t.Parallel()
	const first = "s3cr3t-ofin-rotate"
	tap, file, seen := newTap(t, nil), newSecretFile(t, first), &events{}
	source := onefinopsSource(t, onefinops.Config{ClientID: "ofin_test_rotate", SecretSource: auth.FileSecret(file.path), AuthURL: tap.URL}, auth.WithObserver(seen))
	crowd := gather(t, 20, source, 0)
	await(t, 20*time.Second, "a token", func() bool { return crowd.tokenCount() >= 1 })

	second, err := server.Admin.RotateSecret(t.Context(), "onefinops", "ofin_test_rotate")
	admin(t, err)
	before := tap.count(granted)
	await(t, 20*time.Second, "a token for the old secret, which still works", func() bool { return tap.count(granted, withSecret(first)) > before })
	file.replace(t, second)
	old := tap.count(withSecret(first))
	await(t, 20*time.Second, "a token for the new secret", func() bool { return tap.count(granted, withSecret(second)) >= 1 })
	admin(t, server.Admin.DropRotatedSecret(t.Context(), "onefinops", "ofin_test_rotate"))
	before = tap.count(granted)
	await(t, 20*time.Second, "a token after the old secret's end", func() bool { return tap.count(granted) > before })
	crowd.leave()
	crowd.mustBeContent(t)

	// One request may have been out while the file was replaced.
	if n := tap.count(withSecret(first)) - old; n > 1 {
		t.Errorf("%d requests with the old secret after the file was replaced", n)
	}
	if n := tap.count(refused); n != 0 {
		t.Errorf("%d requests were refused", n)
	}
	for _, e := range seen.of(auth.EventFailure) {
		t.Errorf("the observer was told of a failure: %v", e.Err)
	}
	t.Logf("%d calls, %d tokens, %d requests", crowd.callCount(), crowd.tokenCount(), tap.count())
}

// TestSecretReplaced is the hard case: Keycloak refuses the old secret as soon as there is a new
// one, and the file is replaced later. While the token is valid, callers do not notice.
func TestSecretReplaced(t *testing.T) {
	needServer(t)
	t.Parallel()
	const first = "s3cr3t-first"
	// This lifetime is long enough for a failed renewal and another one a back-off step later.
	admin(t, server.Admin.AddClient(t.Context(), "sti-connector", "sti-replaced", first, 10*time.Second))
	tap, file, seen := newTap(t, nil), newSecretFile(t, first), &events{}
	source := finventiSource(t, finventi.Config{ClientID: "sti-replaced", SecretSource: auth.FileSecret(file.path), AuthURL: tap.URL}, auth.WithObserver(seen))
	crowd := gather(t, 20, source, 0)
	await(t, 20*time.Second, "a token", func() bool { return crowd.tokenCount() >= 1 })

	second, err := server.Admin.RotateSecret(t.Context(), "sti-connector", "sti-replaced")
	admin(t, err)
	await(t, 20*time.Second, "a refused renewal", func() bool { return len(seen.of(auth.EventFailure)) >= 1 })
	file.replace(t, second)
	replaced := time.Now()
	await(t, 20*time.Second, "a token for the new secret", func() bool { return tap.count(granted, withSecret(second)) == 1 && crowd.tokenCount() >= 2 })
	took := time.Since(replaced)
	crowd.leave()
	crowd.mustBeContent(t)

	if n := tap.count(refused); n != 1 {
		t.Errorf("%d refused requests, want 1: a refused secret is not sent again", n)
	}
	if n := len(seen.of(auth.EventFailure)); n != 1 {
		t.Errorf("%d failures reported, want 1", n)
	}
	for _, e := range seen.of(auth.EventFailure) {
		if !e.Background {
			t.Errorf("a failure in the foreground: %v", e.Err)
		}
	}
	if took > 3*time.Second {
		t.Errorf("the new secret was used %s after the file was replaced", took)
	}
	t.Logf("%d calls, %d tokens, %d requests; the new secret was in use %s after the file was replaced", crowd.callCount(), crowd.tokenCount(), tap.count(), took.Round(time.Millisecond))
}

// TestSecretReplacedTooLate lets the token expire before the new secret comes. Callers get the
// typed refusal, at the cost of one request. The first call after the file was replaced succeeds.
func TestSecretReplacedTooLate(t *testing.T) {
	needServer(t)
	t.Parallel()
	const first = "s3cr3t-first"
	admin(t, server.Admin.AddClient(t.Context(), "sti-connector", "sti-late", first, 6*time.Second))
	tap, file := newTap(t, nil), newSecretFile(t, first)
	source := finventiSource(t, finventi.Config{ClientID: "sti-late", SecretSource: auth.FileSecret(file.path), AuthURL: tap.URL})
	crowd := gather(t, 20, source, 0)
	await(t, 20*time.Second, "a token", func() bool { return crowd.tokenCount() >= 1 })
	second, err := server.Admin.RotateSecret(t.Context(), "sti-connector", "sti-late")
	admin(t, err)
	await(t, 20*time.Second, "refused calls", func() bool { return len(crowd.failed()) > 100 })
	crowd.finish()
	crowd.mustFailLate(t, auth.ErrInvalidCredentials)
	if n := tap.count(refused); n != 1 {
		t.Errorf("%d refused requests, want 1", n)
	}
	file.replace(t, second)
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Errorf("the first call after the file was replaced: %v", err)
	}
}
