package sdk_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/onefinops"
)

// server is the Keycloak that all tests here share; nil if there is none.
var server *keycloak.Server

// The lifetimes of the realm brief here: a second more than in its file, for busy machines.
const (
	briefToken   = 4 * time.Second
	briefIdle    = 8 * time.Second
	briefSession = 16 * time.Second
)

// startTimeout leaves time for the first start, which imports the realms.
const startTimeout = 6 * time.Minute

func TestMain(m *testing.M) {
	if w := os.Getenv(workerEnv); w != "" {
		os.Exit(work(w))
	}
	// The tests mostly wait, so several may run on a small machine.
	_ = flag.Set("test.parallel", "8")
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	var err error
	began := time.Now()
	server, err = keycloak.Start(ctx, version())
	switch {
	case errors.Is(err, keycloak.ErrNotFetched):
		fmt.Fprintf(os.Stderr, "\n*** NOT TESTED: the SDK on a real Keycloak. %v\n\n", err)
		server = nil
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	default:
		fmt.Printf("Keycloak answers at %s after %.1f s\n", server.URL, time.Since(began).Seconds())
	}
	code := 1
	if server == nil {
		return m.Run()
	}
	if err := settle(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	external := os.Getenv("KEYCLOAK_URL") != ""
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	var ignored []goleak.Option
	if external {
		// Its idle connections outlive the tests, with two goroutines each.
		ignored = append(ignored, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	}
	if err := goleak.Find(ignored...); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	return code
}

// settle makes the server ready for tests that count seconds.
func settle(ctx context.Context) error {
	var errs []error
	for _, realm := range loginRealms {
		// Keycloak's hash of passwords is slow: many simultaneous logins take seconds.
		errs = append(errs, server.Admin.SetRealm(ctx, realm, map[string]any{
			"passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
		}), server.Admin.SetPassword(ctx, realm, "anna", "pw-anna"))
	}
	return errors.Join(append(errs,
		server.Admin.SetRealm(ctx, "brief", map[string]any{
			"accessTokenLifespan":   int(briefToken.Seconds()),
			"ssoSessionIdleTimeout": int(briefIdle.Seconds()),
			"ssoSessionMaxLifespan": int(briefSession.Seconds()),
		}),
		warm(ctx))...)
}

// loginRealms are the realms in which users log in.
var loginRealms = []string{"brief", "rotating", "guarded", "customer"}

// warm sends one request of each kind. The first ones after a start take Keycloak seconds, and
// tokens here do not live longer.
func warm(ctx context.Context) error {
	var errs []error
	for _, realm := range loginRealms {
		g, err := finapi.NewGrant(finapi.Config{Mandator: realm, Username: "anna", Password: auth.NewSecret("pw-anna"), AuthURL: server.URL})
		if err == nil {
			var token *finapi.Token
			if token, err = g.Password(ctx); err == nil {
				_, err = g.Refresh(ctx, token.RefreshToken)
			}
		}
		// Such a token may have expired on arrival.
		if err != nil && !errors.Is(err, auth.ErrMalformedResponse) && !errors.Is(err, auth.ErrInvalidGrant) {
			errs = append(errs, err)
		}
	}
	g, err := onefinops.NewGrant(onefinops.Config{ClientID: "ofin_test_abc", ClientSecret: auth.NewSecret("s3cr3t-ofin-test"), AuthURL: server.URL})
	if err == nil {
		_, err = g.ClientCredentials(ctx)
	}
	return errors.Join(append(errs, err)...)
}

// version returns the newest version to test with.
func version() string {
	if v := strings.Fields(os.Getenv("KEYCLOAK_VERSIONS")); len(v) > 0 {
		return v[0]
	}
	return keycloak.Versions[0]
}

// needServer skips the test if there is no Keycloak.
func needServer(t *testing.T) {
	t.Helper()
	if server == nil {
		t.Skipf("no Keycloak %s: interop/run.sh, or interop/keycloak/fetch.sh %[1]s, gets it; KEYCLOAK_URL names another", version())
	}
}

// admin fails the test if an administrator's action failed.
func admin(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("administrator: %v", err)
	}
}

// await waits for a condition, at most for limit.
func await(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}
