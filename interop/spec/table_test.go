package spec_test

import (
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/interop/table"
	"github.com/finsdk/finsdk-go/sandbox"
)

// accounts returns the accounts of the realms that the table uses.
func accounts() []sandbox.Option {
	var opts []sandbox.Option
	client := func(v sandbox.Vendor, c sandbox.Client) { opts = append(opts, sandbox.WithClient(v, c)) }
	client(sandbox.Finventi, sandbox.Client{ID: "sti-client", Secret: auth.NewSecret("s3cr3t-sti"), OptionalScopes: []string{"phone"}})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-brief", Secret: auth.NewSecret("s3cr3t-brief")})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-switch", Secret: auth.NewSecret("s3cr3t-switch")})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-disabled", Secret: auth.NewSecret("s3cr3t-disabled"), Disabled: true})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-no-account", Secret: auth.NewSecret("s3cr3t-no-account"), NoServiceAccount: true})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-public", Public: true})
	client(sandbox.Finventi, sandbox.Client{ID: "sti-audience", Secret: auth.NewSecret("s3cr3t-audience"), Audiences: []string{"sti-audience"}})
	for _, mandator := range []string{"customer", "brief", "rotating", "guarded"} {
		client(sandbox.FinAPI, sandbox.Client{ID: "demobank-server", Secret: auth.NewSecret("s3cr3t-server"), Realm: mandator, DirectAccess: true})
		client(sandbox.FinAPI, sandbox.Client{ID: "demobank-no-direct", Realm: mandator, Public: true})
		client(sandbox.FinAPI, sandbox.Client{ID: "demobank-other", Realm: mandator, Public: true, DirectAccess: true})
		for _, u := range []sandbox.User{
			{Username: "anna", Password: auth.NewSecret("pw-anna")},
			{Username: "ümläut", Password: auth.NewSecret(`p&w=+% ü"'`)},
			{Username: "disabled", Password: auth.NewSecret("pw-disabled"), Disabled: true},
			{Username: "todo", Password: auth.NewSecret("pw-todo"), RequiredActions: []string{"UPDATE_PASSWORD"}},
			{Username: "bare", Password: auth.NewSecret("pw-bare"), RequiredActions: []string{"UPDATE_PROFILE"}},
			{Username: "locked", Password: auth.NewSecret("pw-locked")},
		} {
			u.Mandator = mandator
			opts = append(opts, sandbox.WithUser(u))
		}
	}
	client(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_abc", Secret: auth.NewSecret("s3cr3t-ofin-test")})
	client(sandbox.OneFinOps, sandbox.Client{ID: "ofin_live_abc", Secret: auth.NewSecret("s3cr3t-ofin-live")})
	client(sandbox.OneFinOps, sandbox.Client{ID: "ofin_test_rotate", Secret: auth.NewSecret("s3cr3t-ofin-rotate")})
	return opts
}

// TestTable sends every request that was sent to real Keycloaks. The documents have each of the
// sandbox's answers. Another test compares the answers with Keycloak's.
func TestTable(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sandbox.Option{
		"as it is":       nil,
		"before 26.6":    {sandbox.WithKeycloak265()},
		"rotation":       {sandbox.WithRefreshRotation()},
		"locked early":   {sandbox.WithBruteForce(1, 0)},
		"disabled realm": {sandbox.WithDisabledRealm(sandbox.FinAPI, "customer"), sandbox.WithDisabledRealm(sandbox.Finventi, "sti-connector")},
		"https required": {sandbox.WithHTTPSRequired()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t, append(accounts(), opts...)...)
			target := table.Target{BaseURL: v.url}
			for _, c := range table.Cases() {
				if c.Event != "" {
					continue // there is no administrator here
				}
				// Waiting leads to no other kinds of answers. TestLifetimes moves the clock.
				c.Wait = 0
				before := c.Before
				c.Before = nil
				for _, r := range before {
					r.Wait = 0
					c.Before = append(c.Before, r)
				}
				if _, err := target.Send(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
