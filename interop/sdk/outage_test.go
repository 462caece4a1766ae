package sdk_test

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/interop/keycloak"
)

// dials counts a transport's attempts to connect.
type dials struct {
	dialer net.Dialer
	made   atomic.Int64
}

func (d *dials) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.made.Add(1)
	return d.dialer.DialContext(ctx, network, address)
}

// TestOutage stops Keycloak under load and starts it again. No call fails while a valid token
// exists. Later calls fail with ErrUnavailable, without a storm of attempts. When Keycloak is back,
// the sources get tokens again, finAPI's with the refresh token that outlived the outage.
//
// Others need the server, so this test does not run beside them.
func TestOutage(t *testing.T) {
	needServer(t)
	t.Run("stopped", func(t *testing.T) { outage(t, server.Stop) })
	if !testing.Short() {
		t.Run("crashed", func(t *testing.T) { outage(t, server.Kill) })
	}
}

func outage(t *testing.T, down func() error) {
	dials := &dials{}
	transport := &http.Transport{DialContext: dials.dial}
	defer transport.CloseIdleConnections()
	direct := finventiSource(t, finventi.Config{ClientID: "sti-brief", ClientSecret: auth.NewSecret("s3cr3t-brief"), AuthURL: server.URL},
		auth.WithHTTPClient(&http.Client{Transport: transport}))
	tap := newTap(t, nil) // plays a gateway, which answers 502 while Keycloak is down
	gated := finapiSource(t, finapi.Config{Mandator: "rotating", Username: "anna", Password: auth.NewSecret("pw-anna"), AuthURL: tap.URL})
	const directly, gateway = "directly", "through a gateway"
	crowds := map[string]*crowd{
		directly: gather(t, 50, direct, 300*time.Millisecond),
		gateway:  gather(t, 10, gated, 300*time.Millisecond),
	}
	for name, c := range crowds {
		await(t, 30*time.Second, "a token "+name, func() bool { return c.tokenCount() >= 2 })
	}

	before := dials.made.Load()
	stopping := time.Now()
	if err := down(); errors.Is(err, keycloak.ErrNotOurs) {
		t.Skipf("the server that KEYCLOAK_URL names cannot be stopped: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	known := map[string]int{}
	for name, c := range crowds {
		await(t, 30*time.Second, "failures "+name, func() bool { return len(c.failed()) > 100 })
		known[name] = c.tokenCount()
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	restarted := time.Now()
	// First the last step of the back-off must pass. It is at most half as long as the outage, and
	// a quarter.
	await(t, 90*time.Second, "tokens again, "+directly, func() bool { return crowds[directly].tokenCount() > known[directly] })
	recovered, attempts := time.Now(), dials.made.Load()-before
	await(t, 90*time.Second, "tokens again, "+gateway, func() bool { return crowds[gateway].tokenCount() > known[gateway] })
	for name, c := range crowds {
		failures := len(c.failed())
		// Let the next renewal pass too: it needs no wait any more.
		n := c.tokenCount()
		await(t, 30*time.Second, "the next renewal, "+name, func() bool { return c.tokenCount() > n })
		c.leave()
		c.mustFailLate(t, auth.ErrUnavailable)
		t.Logf("%s: %d of %d calls failed", name, failures, c.callCount())
	}
	// Steps of 1, 2, 4, … s, and two attempts in flight when the server goes and when it comes.
	if most := int64(math.Log2(recovered.Sub(stopping).Seconds()+1)) + 3; attempts > most {
		t.Errorf("%d attempts to connect in an outage of %s, want at most %d", attempts, recovered.Sub(stopping), most)
	}
	if n := tap.count(logins, granted); n != 1 {
		t.Errorf("%d logins, want only the first: the session outlives the server's restart", n)
	}
	t.Logf("stopped in %s, down for %s, tokens again after %s; %d attempts to connect", stopped.Sub(stopping).Round(time.Millisecond),
		restarted.Sub(stopped).Round(time.Millisecond), recovered.Sub(restarted).Round(time.Millisecond), attempts)
	if err := warm(t.Context()); err != nil {
		t.Error(err)
	}
}
