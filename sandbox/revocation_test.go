package sandbox_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

// forgotten mints a token, after which so many others come that it is listed no more, and returns
// the sandbox that has forgotten it.
func (c caller) forgotten(path string) (caller, string) {
	c.T.Helper()
	token := c.restart(path).mint(sandbox.Finventi).text("access_token")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		c.T.Fatal(err)
	}
	defer file.Close()
	var b strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&b, `{"id":"later:%d","vendor":"finventi","realm":"sti-connector","client":"sti-client","issued_at":%q,"expiry":%q},`,
			i, c.clock.Now().Format(time.RFC3339), c.clock.Now().Add(45*time.Minute).Format(time.RFC3339))
	}
	if _, err := fmt.Fprintf(file, `{"tokens":[%s]}`+"\n", strings.TrimSuffix(b.String(), ",")); err != nil {
		c.T.Fatal(err)
	}
	c = c.restart(path)
	for _, t := range c.Tokens() {
		if !strings.HasPrefix(t.ID, "later:") {
			c.T.Fatalf("%s is listed", t.ID)
		}
	}
	if r := c.call(sandbox.Finventi, token); r.status != 200 {
		c.T.Fatalf("before it is revoked: %d %s", r.status, r.body)
	}
	return c, token
}

func TestRevocation_ofATokenThatIsListedNoMore(t *testing.T) {
	for name, revoke := range map[string]func(c caller, token string){
		"by the endpoint": func(c caller, token string) {
			c.post(finventiRevoke, "client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", token)
		},
		"with all of the vendor": func(c caller, token string) { c.RevokeTokens(sandbox.Finventi) },
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			path := sized(t, c.clock, 0)
			c, token := c.forgotten(path)
			revoke(c, token)
			refused(t, sandbox.Finventi, c.call(sandbox.Finventi, token), "The access token has been revoked")
			c = c.restart(path)
			refused(t, sandbox.Finventi, c.call(sandbox.Finventi, token), "The access token has been revoked")

			c.clock.Advance(time.Second)
			if r := c.call(sandbox.Finventi, c.mint(sandbox.Finventi).text("access_token")); r.status != 200 {
				t.Errorf("a later token: %d %s", r.status, r.body)
			}
		})
	}
}

// A revocation is remembered to the token's end and no longer.
func TestRevocation_isForgottenWithTheToken(t *testing.T) {
	c := start(t)
	path := sized(t, c.clock, 0)
	c = c.restart(path)
	token := c.mint(sandbox.Finventi)
	c.post(finventiRevoke, "client_id", "sti-client", "client_secret", "s3cr3t-sti", "token", atoken(t, token))
	kept := func() int {
		c = c.restart(path)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), `"revoked":{"trrtcc:`)
	}
	c.clock.Advance(45 * time.Minute)
	if n := kept(); n != 1 {
		t.Errorf("in its last second: %d revocations", n)
	}
	refused(t, sandbox.Finventi, c.call(sandbox.Finventi, atoken(t, token)), "The access token has been revoked")
	c.clock.Advance(time.Second)
	if n := kept(); n != 0 {
		t.Errorf("after its end: %d revocations", n)
	}
}
