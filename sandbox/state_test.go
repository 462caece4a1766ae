package sandbox_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

// restart serves another Server with the same state file on the same clock.
func (c caller) restart(path string, opts ...sandbox.Option) caller {
	c.T.Helper()
	if err := c.Close(); err != nil {
		c.T.Fatal(err)
	}
	opts = append([]sandbox.Option{sandbox.WithClock(c.clock.Now), sandbox.WithStateFile(path)}, opts...)
	return caller{c.T, sandbox.Start(c.T, opts...), c.clock}
}

func TestStateSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithStateFile(path))
	login := c.login()
	tokens := map[sandbox.Vendor]string{}
	for _, v := range sandbox.Vendors() {
		tokens[v] = c.mint(v).text("access_token")
	}
	revoked := c.mint(sandbox.Finventi).text("access_token")
	list := c.Tokens()
	c.RevokeToken(list[len(list)-1].ID)
	fresh, err := c.RotateSecret(sandbox.OneFinOps, "ofin_test_abc")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RollKey(sandbox.FinCalc, true); err != nil {
		t.Fatal(err)
	}
	if err := c.DisableUser("", "off", false); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)

	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}

	c = c.restart(path)
	if got := c.Now().Sub(c.clock.Now()); got != time.Minute {
		t.Errorf("the clock is %v ahead", got)
	}
	for _, v := range sandbox.Vendors() {
		if r := c.call(v, tokens[v]); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", v, r.status, r.body)
		}
	}
	refused(t, sandbox.Finventi, c.call(sandbox.Finventi, revoked), "The access token has been revoked")
	if r := c.refresh(login.text("refresh_token")); r.status != http.StatusOK {
		t.Errorf("refresh: %d %s", r.status, r.body)
	}
	if c.OneFinOps().ClientSecret != fresh {
		t.Error("the rotated secret is lost")
	}
	for _, secret := range []string{fresh.Reveal(), "s3cr3t-ofin-test"} {
		if r := c.post(onefinopsToken, "grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", secret); r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if r := c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "off", "password", "pw-off"); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if n := len(c.wantAdmin(http.MethodGet, "/keys/fincalc", "", 200, "").json["keys"].([]any)); n != 2 {
		t.Errorf("%d keys", n)
	}

	// What is configured otherwise counts, not what was kept.
	c = c.restart(path, sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: "configured-anew"}))
	if c.OneFinOps().ClientSecret != auth.Secret("configured-anew") {
		t.Errorf("%s", c.OneFinOps().ClientSecret.Reveal())
	}
}

func TestStateFileThatCannotBeReadIsReported(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"garbage": "garbage", "version": `{"version":99}`, "key": `{"version":1,"keys":{"finapi":[{"private":"AAAA"}]}}`, "vendor": `{"version":1,"keys":{"x":[]}}`} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sandbox.New(sandbox.WithStateFile(path)).Err(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := sandbox.New(sandbox.WithStateFile(dir)).Err(); err == nil {
		t.Error("a directory was taken for a file")
	}
}

func TestStateThatCannotBeKeptIsSeenInHealth(t *testing.T) {
	c := start(t, sandbox.WithStateFile(filepath.Join(t.TempDir(), "missing", "state.json")))
	c.mint(sandbox.Finventi)
	c.wantAdmin(http.MethodGet, "/health", "", 500, "no such file")
}
