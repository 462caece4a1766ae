package sdk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
)

// An api is a service's access to an API that verifies tokens, for one client of the realm guarded.
type api struct {
	keys   *keys
	source *auth.TokenSource
	client *http.Client
	url    string
	seen   *events
}

func newAPI(t *testing.T, clientID string, lifetime time.Duration) *api {
	t.Helper()
	admin(t, server.Admin.AddClient(t.Context(), "guarded", clientID, "s3cr3t-roller", lifetime))
	a := &api{keys: newKeys("guarded"), seen: &events{}}
	a.url = protectedAPI(t, a.keys).URL
	a.source = finventiSource(t, finventi.Config{Realm: "guarded", ClientID: clientID, ClientSecret: auth.NewSecret("s3cr3t-roller"), AuthURL: newTap(t, nil).URL, APIURL: a.url},
		auth.WithObserver(a.seen))
	a.client = a.source.Client()
	return a
}

// call uses the API, which must be content, and returns the id of the key that signed the token in
// use.
func (a *api) call(t *testing.T) string {
	t.Helper()
	resp, err := a.client.Get(a.url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the API answers %s", resp.Status)
	}
	token, err := a.source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, kid, err := a.keys.verify(t.Context(), token.AccessToken)
	if err != nil {
		t.Fatalf("a token does not verify: %v", err)
	}
	return kid
}

// roll gives the realm a new signing key and returns its id.
func roll(t *testing.T) string {
	t.Helper()
	before, err := server.Admin.SigningKey(t.Context(), "guarded")
	admin(t, err)
	admin(t, server.Admin.AddSigningKey(t.Context(), "guarded"))
	kid, err := server.Admin.SigningKey(t.Context(), "guarded")
	admin(t, err)
	if kid == before {
		t.Fatal("the new key does not sign")
	}
	return kid
}

// TestKeyRollover gives a realm a new signing key while a service calls an API that verifies its
// tokens. The API reads /certs again when it meets the new key; no call fails, and none is sent
// twice. Then the key leaks and is dropped, along with every token that it signed: the API's
// refusal has the source get a new one in the same call.
func TestKeyRollover(t *testing.T) {
	needServer(t)
	t.Parallel()
	brief, long := newAPI(t, "roller-brief", 5*time.Second), newAPI(t, "roller-long", 15*time.Minute)
	brief.call(t)
	crowd := gather(t, 10, brief.source, 0)
	kid := roll(t)
	await(t, 30*time.Second, "a token that the new key signed", func() bool { return brief.call(t) == kid })
	if n := brief.keys.reads; n != 2 {
		t.Errorf("/certs was read %d times, want 2", n)
	}
	if n := len(brief.seen.of(auth.EventReplay)); n != 0 {
		t.Errorf("%d requests were sent twice, want none: the old key was still good", n)
	}
	crowd.finish()
	crowd.mustBeContent(t)

	if got := long.call(t); got != kid {
		t.Fatalf("the token is signed with %s, want %s, the key that will leak", got, kid)
	}
	next := roll(t)
	admin(t, server.Admin.DropSigningKey(t.Context(), "guarded", kid))
	long.keys.forget()
	if got := long.call(t); got != next {
		t.Errorf("after the key was dropped, the token is signed with %s, want %s", got, next)
	}
	long.call(t)
	if n, m := len(long.seen.of(auth.EventReplay)), len(long.seen.of(auth.EventInvalidate)); n != 1 || m != 1 {
		t.Errorf("%d requests were sent twice and %d tokens given up, want 1 each", n, m)
	}
	for _, e := range append(brief.seen.of(auth.EventFailure), long.seen.of(auth.EventFailure)...) {
		t.Errorf("an observer was told of a failure: %v", e.Err)
	}
	t.Logf("%d calls, %d tokens; the dropped key cost 1 call a second request", crowd.callCount(), crowd.tokenCount())
}
