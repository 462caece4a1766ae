package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestAudience_mayBeAbsent(t *testing.T) {
	c := start(t,
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "sti-client", Secret: auth.NewSecret("s3cr3t-sti"), NoAudience: true}),
		sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: auth.NewSecret("s3cr3t-ofin-test"), NoAudience: true}))
	for v, status := range map[sandbox.Vendor]int{sandbox.Finventi: http.StatusOK, sandbox.OneFinOps: http.StatusUnauthorized} {
		token := c.mint(v).text("access_token")
		claims, err := auth.ParseClaims(token)
		if err != nil || claims.Members["aud"] != nil || claims.Members["iss"] == nil {
			t.Errorf("%s: %v %v", v, claims.Members, err)
		}
		if got := c.call(v, token); got.status != status {
			t.Errorf("%s: %d %s", v, got.status, got.body)
		}
	}
}

// A client that is among the audiences of its tokens sees them.
func TestIntrospection_showsTheAudience(t *testing.T) {
	c := start(t,
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "plain", Secret: auth.NewSecret("s3cr3t")}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "own", Secret: auth.NewSecret("s3cr3t"), Audiences: []string{"own", "reports"}}))
	for asks, tokens := range map[string]map[string]bool{"own": {"own": true, "plain": false}, "plain": {"own": false, "plain": false}} {
		for id, active := range tokens {
			token := atoken(t, c.post(finventiToken, "grant_type", "client_credentials", "client_id", id, "client_secret", "s3cr3t"))
			r := c.post(finventiToken+"/introspect", "client_id", asks, "client_secret", "s3cr3t", "token", token)
			if r.json["active"] != active {
				t.Errorf("%s asks for a token of %s: %d %s", asks, id, r.status, r.body)
			}
			if got := c.call(sandbox.Finventi, token); got.status != http.StatusOK {
				t.Errorf("the API says %d %s to a token of %s", got.status, got.body, id)
			}
		}
	}
}
