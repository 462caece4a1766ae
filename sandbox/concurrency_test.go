package sandbox_test

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

// TestServer_servesConcurrentCalls does everything at once, for the race detector.
func TestServer_servesConcurrentCalls(t *testing.T) {
	c := start(t, sandbox.WithStateFile(filepath.Join(t.TempDir(), "state.json")),
		sandbox.WithLimit(sandbox.OneFinOps, sandbox.TokenEndpoint, sandbox.Limit{}), sandbox.WithLimit(sandbox.FinCalc, sandbox.TokenEndpoint, sandbox.Limit{}))
	login := c.login()
	c.mint(sandbox.OneFinOps)
	var wg sync.WaitGroup
	for _, work := range []func(){
		func() { c.finventiToken() },
		func() { c.refresh(c.login().text("refresh_token")) },
		func() { c.refresh(login.text("refresh_token")) },
		func() { c.postJSON(fincalcToken, fincalcRequest) },
		func() { c.call(sandbox.FinAPI, login.text("access_token")) },
		func() { c.admin("GET", "/state", "") },
		func() { c.admin("GET", "/journal", "") },
		func() { c.Advance(time.Millisecond) },
		func() { _, _ = c.RotateSecret(sandbox.OneFinOps, "ofin_test_abc") },
		func() { c.LogoutUser("", "nobody") },
		func() { c.RevokeTokens(sandbox.FinCalc) },
		func() {
			c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "503", Times: 1})
			c.Faults()
		},
		func() {
			_ = c.Tokens()
			_ = c.OneFinOps()
		},
	} {
		wg.Go(func() {
			for range 15 {
				work()
			}
		})
	}
	wg.Wait()
	c.wantAdmin("GET", "/health", "", 200, "ok")
	c.ClearFaults()
	c.mint(sandbox.Finventi)
}

func TestListen_reportsATakenAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if i, err := sandbox.Listen(l.Addr().String()); err == nil {
		t.Errorf("it listens at %s, where somebody else does", i.URL)
	}
	for address, prefix := range map[string]string{"[::1]:0": "http://[::1]:"} {
		i, err := sandbox.Listen(address)
		if err != nil {
			t.Logf("%s: %v", address, err) // a machine without IPv6
			continue
		}
		if i.URL[:len(prefix)] != prefix {
			t.Error(i.URL)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}
