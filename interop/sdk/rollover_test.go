package sdk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
)

// TestKeyRollover gives a realm a new signing key while a service calls an API that verifies its tokens, then takes the
// old key away. The API reads /certs again when it meets the new key; no call fails.
func TestKeyRollover(t *testing.T) {
	needServer(t)
	t.Parallel()
	ctx := t.Context()
	admin(t, server.Admin.AddClient(ctx, "guarded", "roller", "s3cr3t-roller", 5*time.Second))
	keys, tap, seen := newKeys("guarded"), newTap(t, nil), &events{}
	api := protectedAPI(t, keys)
	source := finventiSource(t, finventi.Config{Realm: "guarded", ClientID: "roller", ClientSecret: "s3cr3t-roller", AuthURL: tap.URL, APIURL: api.URL},
		auth.WithObserver(seen))
	client := source.Client()
	call := func() string {
		t.Helper()
		resp, err := client.Get(api.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the API answers %s", resp.Status)
		}
		token, err := source.TokenContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, kid, err := keys.verify(ctx, token.AccessToken)
		if err != nil {
			t.Fatalf("a token does not verify: %v", err)
		}
		return kid
	}
	old := call()
	crowd := gather(t, 10, source, 0)
	admin(t, server.Admin.AddSigningKey(ctx, "guarded"))
	active, err := server.Admin.SigningKey(ctx, "guarded")
	admin(t, err)
	if active == old {
		t.Fatal("the new key does not sign")
	}
	await(t, 30*time.Second, "a token that the new key signed", func() bool { return call() == active })
	if keys.reads != 2 {
		t.Errorf("/certs was read %d times, want 2", keys.reads)
	}
	if n := len(seen.of(auth.EventReplay)); n != 0 {
		t.Errorf("%d requests were replayed, want none: the old key was still good", n)
	}

	// A key that leaks is dropped at once, along with every token that it signed. The API's refusal is what tells.
	admin(t, server.Admin.AddSigningKey(ctx, "guarded"))
	leaked := active
	active, err = server.Admin.SigningKey(ctx, "guarded")
	admin(t, err)
	admin(t, server.Admin.DropSigningKey(ctx, "guarded", leaked))
	keys.forget()
	token, err := source.TokenContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, _, verifyErr := keys.verify(ctx, token.AccessToken)
	if kid := call(); kid != active {
		t.Errorf("the token is signed with %s, want the active key %s", kid, active)
	}
	if verifyErr != nil {
		// The usual case: the call came before a renewal of the token.
		if n, m := len(seen.of(auth.EventReplay)), len(seen.of(auth.EventInvalidate)); n != 1 || m != 1 {
			t.Errorf("%d requests were replayed and %d tokens invalidated, want 1 each", n, m)
		}
	}
	crowd.leave()
	crowd.mustBeContent(t)
	for _, e := range seen.of(auth.EventFailure) {
		t.Errorf("the observer was told of a failure: %v", e.Err)
	}
	t.Logf("%d calls, %d tokens, %d requests, %d reads of /certs, dropped key met: %v", crowd.callCount(), crowd.tokenCount(), tap.count(), keys.reads, verifyErr != nil)
}
