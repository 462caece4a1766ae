package sdk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
)

// TestClientDisabled switches a client off while a service runs, and on again. While the token is
// valid, callers notice nothing. Then they get a typed refusal, which costs Keycloak one request a
// minute. A new secret ends that pause.
func TestClientDisabled(t *testing.T) {
	needServer(t)
	t.Parallel()
	const secret = "s3cr3t-switch"
	tap, file, seen := newTap(t, nil), newSecretFile(t, secret), &events{}
	config := finventi.Config{ClientID: "sti-switch", SecretSource: auth.FileSecret(file.path), AuthURL: tap.URL}
	source := finventiSource(t, config, auth.WithObserver(seen))
	crowd := gather(t, 50, source, 500*time.Millisecond)
	await(t, 20*time.Second, "a renewal", func() bool { return crowd.tokenCount() >= 2 })

	admin(t, server.Admin.SetClientEnabled(t.Context(), "sti-connector", "sti-switch", false))
	await(t, 20*time.Second, "a failure in the background", func() bool { return len(seen.of(auth.EventFailure)) == 1 })
	await(t, 20*time.Second, "refused calls", func() bool { return len(crowd.failed()) > 200 })
	crowd.mustFailLate(t, auth.ErrInvalidCredentials)
	_, err := source.TokenContext(t.Context())
	var e *auth.Error
	switch {
	case !errors.As(err, &e) || e.Code != "invalid_client" || e.StatusCode != 401:
		t.Errorf("the refusal: %v, want invalid_client with 401", err)
	case e.RetryAfter <= 0 || e.RetryAfter > time.Minute:
		t.Errorf("the refusal says to try again after %s, want what is left of a minute", e.RetryAfter)
	}
	if n := tap.count(refused); n != 1 {
		t.Errorf("%d refused requests, want 1", n)
	}
	failures := seen.of(auth.EventFailure)
	if len(failures) != 1 || !failures[0].Background {
		t.Errorf("failures reported: %+v, want one in the background", failures)
	}

	admin(t, server.Admin.SetClientEnabled(t.Context(), "sti-connector", "sti-switch", true))
	crowd.finish()
	// The source still pauses. A new source works at once.
	if _, err := source.TokenContext(t.Context()); !errors.Is(err, auth.ErrInvalidCredentials) || tap.count(refused) != 1 {
		t.Errorf("in the pause: %v after %d refused requests, want %v after 1", err, tap.count(refused), auth.ErrInvalidCredentials)
	}
	if _, err := finventiSource(t, config).TokenContext(t.Context()); err != nil {
		t.Errorf("another source, after the client was enabled again: %v", err)
	}
	second, err := server.Admin.RotateSecret(t.Context(), "sti-connector", "sti-switch")
	admin(t, err)
	file.replace(t, second)
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Errorf("after the client was enabled and got a new secret: %v", err)
	}
	t.Logf("%d calls, %d of them refused, 1 refused request", crowd.callCount(), len(crowd.failed()))
}
