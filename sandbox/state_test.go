package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
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
	return caller{c.T, instance(c.T, opts...), c.clock}
}

func TestStateFile_survivesARestart(t *testing.T) {
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
	if !c.OneFinOps().ClientSecret.Equal(fresh) {
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
	c = c.restart(path, sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: auth.NewSecret("configured-anew")}))
	if !c.OneFinOps().ClientSecret.Equal(auth.NewSecret("configured-anew")) {
		t.Errorf("%s", c.OneFinOps().ClientSecret.Reveal())
	}
}

func TestStateFile_reportsWhatItCannotRead(t *testing.T) {
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

func TestStateFile_reportsWhatItCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "state.json")
	if i, err := sandbox.Listen("127.0.0.1:0", sandbox.WithStateFile(path)); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
		_ = i.Close()
	}
}

func TestStateFile_failureIsInHealth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "there")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, sandbox.WithStateFile(filepath.Join(dir, "state.json")))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.mint(sandbox.Finventi)
	c.wantAdmin(http.MethodGet, "/health", "", 500, "no such file")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	token := c.mint(sandbox.Finventi).text("access_token")
	c.wantAdmin(http.MethodGet, "/health", "", 200, "ok")
	c = c.restart(filepath.Join(dir, "state.json"))
	if r := c.call(sandbox.Finventi, token); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Of two processes with one file neither overwrites what the other one keeps unseen.
func TestStateFile_secondUserIsInHealth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first := start(t, sandbox.WithStateFile(path))
	first.mint(sandbox.Finventi)
	second := caller{t, instance(t, sandbox.WithClock(first.clock.Now), sandbox.WithStateFile(path)), first.clock}
	second.mint(sandbox.FinCalc)
	kept := size(t, path)
	for range 2 {
		first.mint(sandbox.Finventi)
		first.wantAdmin(http.MethodPost, "/clock", `{"advance":"1s"}`, 200, "clock")
		first.wantAdmin(http.MethodGet, "/health", "", 500, "one process at a time")
		second.wantAdmin(http.MethodGet, "/health", "", 200, "ok")
	}
	if n := size(t, path); n != kept {
		t.Errorf("the file has %d bytes, had %d", n, kept)
	}
	if n := len(second.restart(path).Tokens()); n != 2 {
		t.Errorf("%d tokens were kept, want one before and one after the second start", n)
	}
}

// killed serves another Server with what a process that is killed now would leave behind.
func (c caller) killed(path string, opts ...sandbox.Option) caller {
	c.T.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		c.T.Fatal(err)
	}
	left := filepath.Join(c.T.TempDir(), "state.json")
	if err := os.WriteFile(left, data, 0o600); err != nil {
		c.T.Fatal(err)
	}
	opts = append([]sandbox.Option{sandbox.WithClock(c.clock.Now), sandbox.WithStateFile(left)}, opts...)
	return caller{c.T, instance(c.T, opts...), c.clock}
}

func TestStateFile_keepsPublishedKeys(t *testing.T) {
	for name, path := range map[string]string{
		"certs":     "/finventi/auth/realms/sti-connector/protocol/openid-connect/certs",
		"realm":     "/finventi/auth/realms/sti-connector",
		"admin API": "/_sandbox/keys/finventi",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state.json")
			c := start(t, sandbox.WithStateFile(file))
			get := func(c caller) string { return c.do(c.request(http.MethodGet, path, "")).body }
			before := get(c)
			// Another process would make another key; within one all Servers begin with the same.
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(data), `"private"`) {
				t.Error("the key is not in the file")
			}
			if after := get(c.killed(file, sandbox.WithBaseURL(c.URL))); after != before {
				t.Errorf("%s is now %s", before, after)
			}
		})
	}
}

// sized is a state file of version 1 with so many live tokens.
func sized(t testing.TB, clock *fakeClock, live int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"version":1,"clock_offset":0,"keys":{},"realms":{},"tokens":[`)
	for i := range live {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"trrtcc:%d","vendor":"finventi","realm":"sti-connector","client":"sti-client","issued_at":%q,"expiry":%q,"revoked":false,"uses":0,"dead":false}`,
			i, clock.Now().Format(time.RFC3339), clock.Now().Add(time.Hour).Format(time.RFC3339))
	}
	b.WriteString(`]}`)
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// written is how many bytes of the file change writes: all of them where it makes a new file.
func written(t testing.TB, path string, change func()) int64 {
	t.Helper()
	before, err1 := os.Stat(path)
	change()
	after, err2 := os.Stat(path)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		return after.Size()
	}
	return after.Size() - before.Size()
}

func TestStateFile_writesChangesOnly(t *testing.T) {
	c := start(t)
	bytes := map[int]map[sandbox.Vendor]int64{}
	for _, live := range []int{0, 2500} {
		path := sized(t, c.clock, live)
		c := c.restart(path)
		if n := len(c.Tokens()); n != live {
			t.Fatalf("%d tokens of %d", n, live)
		}
		bytes[live] = map[sandbox.Vendor]int64{}
		for _, v := range sandbox.Vendors() {
			c.mint(v) // makes the key, which is kept
			bytes[live][v] = written(t, path, func() { c.mint(v) })
		}
	}
	for v, few := range bytes[0] {
		if many := bytes[2500][v]; few <= 0 || few > 1000 || many != few {
			t.Errorf("%s: %d bytes beside no token, %d beside 2,500", v, few, many)
		}
	}
}

func TestStateFile_isRewrittenOnceItHasGrown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithStateFile(path), sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: time.Second}))
	login := c.login()
	largest := int64(0)
	for range 400 {
		login = c.refresh(login.text("refresh_token"))
		c.clock.Advance(2 * time.Second)
		largest = max(largest, size(t, path))
	}
	if largest > 160_000 || largest < 100_000 {
		t.Errorf("it has grown to %d bytes", largest)
	}
	c = c.killed(path)
	if r := c.refresh(login.text("refresh_token")); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	if n := len(c.Tokens()); n != 1 {
		t.Errorf("%d tokens, of which one has not expired", n)
	}
}

// TestStateFile_mayBreakOffAnywhere is a process that is killed while it writes.
func TestStateFile_mayBreakOffAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithStateFile(path))
	// Or while it writes the file anew.
	if err := os.WriteFile(path+".new", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.mint(sandbox.FinAPI)
	before := size(t, path)
	c.mint(sandbox.FinAPI)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "state.json")
	for _, n := range []int{int(before), int(before) + 1, (int(before) + len(data)) / 2, len(data) - 2, len(data) - 1, len(data)} {
		if err := os.WriteFile(cut, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		want := 1
		if n >= len(data)-1 {
			want = 2 // whole but for the line's end
		}
		for range 2 { // the next start finds it mended
			s := sandbox.New(sandbox.WithClock(c.clock.Now), sandbox.WithStateFile(cut))
			if got := len(s.Tokens()); s.Err() != nil || got != want {
				t.Fatalf("%d of %d bytes: %d tokens, %v", n, len(data), got, s.Err())
			}
		}
	}
	// What is lost in the middle is no torn end.
	broken := strings.Replace(string(data), "\n{", "\n}", 1)
	if err := os.WriteFile(cut, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sandbox.New(sandbox.WithStateFile(cut)).Err(); err == nil || !strings.Contains(err.Error(), cut) {
		t.Errorf("%v", err)
	}
}

// TestTokens_workOnceForgotten is about tokens that are good and too many to be remembered.
func TestTokens_workOnceForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithStateFile(path))
	tokens := map[sandbox.Vendor]string{}
	for _, v := range sandbox.Vendors() {
		tokens[v] = c.mint(v).text("access_token")
	}
	c.Advance(0) // writes it anew, as one line
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	delete(state, "tokens")
	if data, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	c = c.restart(path)
	if n := len(c.Tokens()); n != 0 {
		t.Errorf("%d tokens", n)
	}
	for v, account := range map[sandbox.Vendor]string{sandbox.Finventi: "sti-client", sandbox.FinAPI: "anna", sandbox.OneFinOps: "ofin_test_abc", sandbox.FinCalc: "12345"} {
		if r := c.call(v, tokens[v]); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", v, r.status, r.body)
		}
		if x := c.Journal()[len(c.Journal())-1]; x.Client != account && x.User != account {
			t.Errorf("%s: the journal has client %q, user %q", v, x.Client, x.User)
		}
		c.mustInject(sandbox.Fault{Vendor: v, Name: "api-503", Account: account})
		if r := c.call(v, tokens[v]); r.status != 503 {
			t.Errorf("%s with a fault: %d %s", v, r.status, r.body)
		}
	}
}

func TestStateFile_keepsEveryChangeAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithStateFile(path), sandbox.WithRefreshRotation(), sandbox.WithBruteForce(2, time.Hour))
	killed := func() caller {
		return c.killed(path, sandbox.WithRefreshRotation(), sandbox.WithBruteForce(2, time.Hour))
	}
	const realm = "/finapi/auth/realms/customer/protocol/openid-connect/"
	first := c.login()
	second := c.refresh(first.text("refresh_token"))
	killed().refresh(first.text("refresh_token")).want(t, 400, "invalid_grant", "Maximum allowed refresh token reuse exceeded")
	if r := killed().refresh(second.text("refresh_token")); r.status != 200 {
		t.Errorf("the newest refresh token: %d %s", r.status, r.body)
	}
	access := c.login().text("access_token")
	c.post(realm+"revoke", "client_id", "demobank-cli", "token", access)
	refused(t, sandbox.FinAPI, killed().call(sandbox.FinAPI, access), "The access token has been revoked")
	login := c.login()
	c.post(realm+"logout", "client_id", "demobank-cli", "refresh_token", login.text("refresh_token"))
	killed().refresh(login.text("refresh_token")).want(t, 400, "invalid_grant", "Session not active")
	login = c.login()
	c.post(realm+"revoke", "client_id", "demobank-cli", "token", login.text("refresh_token"))
	killed().refresh(login.text("refresh_token")).want(t, 400, "invalid_grant", "Session not active")
	for range 2 {
		c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "wrong")
	}
	killed().login().want(t, 400, "invalid_grant", "Invalid user credentials")
	c.refresh(first.text("refresh_token"))
	killed().refresh(second.text("refresh_token")).want(t, 400, "invalid_grant", "Session doesn't have required client")
}

// The old tokens of a user whom the options do not name any more are refused as Keycloak refuses
// those of one it has deleted, and no request brings the server down.
func TestStateFile_dropsTokensOfRemovedUsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	gone := sandbox.WithUser(sandbox.User{Username: "gone", Password: auth.NewSecret("pw-gone")})
	bank := sandbox.WithClient(sandbox.FinAPI, sandbox.Client{ID: "bank", Secret: auth.NewSecret("s"), DirectAccess: true})
	c := start(t, gone, bank, sandbox.WithStateFile(file))
	login := c.post(finapiToken, "grant_type", "password", "client_id", "bank", "client_secret", "s", "username", "gone", "password", "pw-gone", "scope", "openid")
	access, refresh := atoken(t, login), login.text("refresh_token")
	c = c.killed(file, bank, sandbox.WithBaseURL(c.URL))

	endpoints := finapiEndpoints
	bearer := []string{"Authorization", "Bearer " + access}
	r := c.do(c.request(http.MethodGet, endpoints+"/userinfo", "", bearer...))
	if got := r.header.Get("WWW-Authenticate"); r.status != 401 || got != `Bearer realm="customer", error="invalid_token", error_description="user_session_not_found"` {
		t.Errorf("userinfo: %d %s", r.status, got)
	}
	if r := c.call(sandbox.FinAPI, access); r.status != 401 {
		t.Errorf("API: %d %s", r.status, r.body)
	}
	by := []string{"client_id", "bank", "client_secret", "s"}
	for _, token := range []string{access, refresh} {
		for _, hint := range []string{"access_token", "refresh_token"} {
			if r := c.post(endpoints+"/token/introspect", append(by, "token", token, "token_type_hint", hint)...); r.body != `{"active":false}` {
				t.Errorf("introspect: %d %s", r.status, r.body)
			}
		}
		c.post(endpoints+"/revoke", append(by, "token", token)...).want(t, 200, "invalid_token", "Invalid token")
	}
	c.post(finapiToken, append(by, "grant_type", "refresh_token", "refresh_token", refresh)...).want(t, 400, "invalid_grant", "Session not active")
	if r := c.post(endpoints+"/logout", append(by, "refresh_token", refresh)...); r.status != 204 {
		t.Errorf("logout: %d %s", r.status, r.body)
	}
	if n := c.LogoutUser("customer", "gone"); n != 0 {
		t.Errorf("%d sessions of nobody", n)
	}
}

// The same for a client.
func TestStateFile_dropsTokensOfRemovedClients(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	c := start(t, sandbox.WithClient(sandbox.FinAPI, sandbox.Client{ID: "bank", Secret: auth.NewSecret("s"), DirectAccess: true}), sandbox.WithStateFile(file))
	login := c.post(finapiToken, "grant_type", "password", "client_id", "bank", "client_secret", "s", "username", "anna", "password", "pw-anna", "scope", "openid")
	access, refresh := atoken(t, login), login.text("refresh_token")
	c = c.killed(file, sandbox.WithBaseURL(c.URL))

	endpoints := finapiEndpoints
	r := c.do(c.request(http.MethodGet, endpoints+"/userinfo", "", "Authorization", "Bearer "+access))
	if got := r.header.Get("WWW-Authenticate"); r.status != 401 || got != `Bearer realm="customer", error="invalid_token", error_description="Token verification failed"` {
		t.Errorf("userinfo: %d %s", r.status, got)
	}
	by := []string{"client_id", "bank", "client_secret", "s"}
	for path, token := range map[string]string{"/revoke": access, "/token/introspect": access} {
		if r := c.post(endpoints+path, append(by, "token", token)...); r.status != 401 || r.text("error") != "invalid_client" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	for path, form := range map[string][]string{"/token": {"grant_type", "refresh_token", "refresh_token", refresh}, "/logout": {"refresh_token", refresh}} {
		if r := c.post(endpoints+path, append(by, form...)...); r.status != 401 || r.text("error") != "invalid_client" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
