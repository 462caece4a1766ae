package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestTokenWithoutAudience(t *testing.T) {
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
