package league_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/interop/calls"
	"github.com/finsdk/finsdk-go/interop/league"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o league.Options) (*league.Server, *http.Transport) {
	t.Helper()
	server, err := league.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server, transport
}

func config(server *league.Server) fincalc.Config {
	return fincalc.Config{ClientID: league.ClientID, ClientSecret: auth.NewSecret(league.Secret), Scope: "fact-find client-information",
		EmailAddress: league.EmailAddress, AuthURL: server.URL, APIURL: server.URL}
}

func using(transport http.RoundTripper) context.Context {
	return context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: transport})
}

// scopeOf returns the scope that the last token request asked for.
func scopeOf(server *league.Server) (scope string) {
	sent := server.Sent()
	_ = json.Unmarshal(sent[len(sent)-1]["scope"], &scope)
	return scope
}

// everywhere runs a test against each release in each shape.
func everywhere(t *testing.T, test func(*testing.T, league.Version, league.Shape)) {
	for _, version := range []league.Version{league.V8, league.V9} {
		for _, shape := range league.Shapes() {
			t.Run(fmt.Sprintf("%s, %s", version, shape), func(t *testing.T) {
				t.Parallel()
				test(t, version, shape)
			})
		}
	}
}

// notPlayed are calls to the API that this server does not play.
var notPlayed = []string{"tag a client", "households", "sessions and fact finds"}

// TestCalls makes the calls of FinCalc that the server plays, with a numeric client id and with
// another.
func TestCalls(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, version league.Version, shape league.Shape) {
		server, transport := start(t, league.Options{Version: version, Shape: shape})
		c := config(server)
		for _, id := range []string{league.ClientID, league.TextClientID} {
			c.ClientID = id
			list, err := calls.FinCalc(c, transport)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range list {
				if slices.Contains(notPlayed, call.Name) {
					continue
				}
				if _, err := call.Do(t.Context()); err != nil {
					t.Errorf("%s: %v", call.Name, err)
				}
			}
		}
		want := []string{league.ClientID, league.ClientID, `"my-client"`, `"my-client"`}
		for i, sent := range server.Sent() {
			if string(sent["client_id"]) != want[i] {
				t.Errorf("sent %s, want the client id %s", sent, want[i])
			}
		}
	})
}

// TestToken checks a token of league's kind.
func TestToken(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, version league.Version, shape league.Shape) {
		for _, withoutExpiry := range []bool{false, true} {
			server, transport := start(t, league.Options{Version: version, Shape: shape, NoExpiry: withoutExpiry})
			grant, err := fincalc.NewGrant(config(server))
			if err != nil {
				t.Fatal(err)
			}
			got, err := grant.ClientCredentials(using(transport))
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(got.Expiry); left < 24*time.Hour-time.Minute || left > 24*time.Hour {
				t.Errorf("the token lives %v more", left)
			}
			// The answer has no scope, so the token has the requested one.
			if asked := scopeOf(server); asked == "" || strings.Join(got.Scope, " ") != asked {
				t.Errorf("scope %q, asked for %q", got.Scope, asked)
			}
			claims, err := auth.ParseClaims(got.AccessToken.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			age := time.Since(claims.IssuedAt)
			if claims.Subject != "" || !claims.HasAudience(league.ClientID) || age < 0 || age > time.Minute || claims.IssuedAt.Nanosecond() == 0 ||
				claims.ExpiresAt.Sub(claims.IssuedAt).Round(time.Millisecond) != 24*time.Hour || claims.ID == "" {
				t.Errorf("%+v", claims)
			}
		}
	})
}

// kinds are the SDK's errors for the rows.
var kinds = map[league.Row]error{
	league.InvalidClient:       auth.ErrInvalidCredentials,
	league.MissingClientID:     auth.ErrInvalidConfig,
	league.UnsupportedGrant:    auth.ErrInvalidConfig,
	league.InvalidScope:        auth.ErrInvalidConfig,
	league.InvalidRefreshToken: nil, // TestRefresh
	league.ServerError:         auth.ErrUnavailable,
	league.WrongEmailAddress:   auth.ErrInvalidConfig,
}

// TestRows tests every refusal in every shape.
func TestRows(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, version league.Version, shape league.Shape) {
		server, transport := start(t, league.Options{Version: version, Shape: shape})
		grant, err := fincalc.NewGrant(config(server))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range append(league.Rows(), league.WrongEmailAddress) {
			want, listed := kinds[row]
			if !listed {
				t.Errorf("nobody says what to make of %q", row)
			}
			if want == nil {
				continue
			}
			server.Force(row)
			_, err := grant.ClientCredentials(using(transport))
			var failure *auth.Error
			switch {
			case !errors.As(err, &failure):
				t.Errorf("%s: %v is no *auth.Error", row, err)
			case !errors.Is(err, want):
				t.Errorf("%s: %v, want %v", row, err, want)
			case failure.Description == "" || failure.Hint == "" && want != auth.ErrUnavailable:
				t.Errorf("%s: nothing to go by in %v", row, err)
			case strings.Contains(err.Error(), league.Secret):
				t.Errorf("%s: the secret is in %v", row, err)
			}
			if row == league.InvalidScope && shape == league.Bare && !strings.Contains(failure.Error(), "`everything`") {
				t.Errorf("league's hint is lost: %v", err)
			}
			if _, err := grant.ClientCredentials(using(transport)); err != nil {
				t.Errorf("after %s: %v", row, err)
			}
		}
	})
}

// TestRefusals causes the refusals that a caller of the SDK can cause.
func TestRefusals(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, version league.Version, shape league.Shape) {
		server, transport := start(t, league.Options{Version: version, Shape: shape})
		for name, row := range map[string]struct {
			change func(*fincalc.Config)
			want   error
		}{
			"wrong secret":      {func(c *fincalc.Config) { c.ClientSecret = auth.NewSecret("wrong") }, auth.ErrInvalidCredentials},
			"unknown client":    {func(c *fincalc.Config) { c.ClientID = "54321" }, auth.ErrInvalidCredentials},
			"invalid scope":     {func(c *fincalc.Config) { c.Scope = "everything" }, auth.ErrInvalidConfig},
			"another's address": {func(c *fincalc.Config) { c.EmailAddress = "someone@example.com" }, auth.ErrInvalidConfig},
		} {
			c := config(server)
			row.change(&c)
			source, err := fincalc.NewTokenSource(c, auth.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = source.Token()
			if name == "invalid scope" && scopeOf(server) != c.Scope {
				continue // FinCalc's document prescribes the scope
			}
			if !errors.Is(err, row.want) {
				t.Errorf("%s: %v, want %v", name, err, row.want)
			}
		}
	})
}

// TestThrottle asks for more tokens than Passport issues in a minute.
func TestThrottle(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, version league.Version, shape league.Shape) {
		server, transport := start(t, league.Options{Version: version, Shape: shape, PerMinute: 3})
		grant, err := fincalc.NewGrant(config(server))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := grant.ClientCredentials(using(transport)); err != nil {
				t.Fatal(err)
			}
		}
		_, err = grant.ClientCredentials(using(transport))
		var failure *auth.Error
		if !errors.Is(err, auth.ErrRateLimited) || !errors.As(err, &failure) || failure.RetryAfter <= 0 || failure.RetryAfter > time.Minute ||
			failure.Description != "Too Many Attempts." {
			t.Errorf("%v, RetryAfter %v", err, failure.RetryAfter)
		}
	})
}

// TestThrottledSource shares one source among many callers, who stay far below the throttle.
func TestThrottledSource(t *testing.T) {
	t.Parallel()
	server, transport := start(t, league.Options{Version: league.V9, Shape: league.Enveloped, PerMinute: 1})
	source, err := fincalc.NewTokenSource(config(server), auth.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() {
			if _, err := source.Token(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(server.Sent()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestRefresh puts the server in finAPI's place: after league's answer to a bad refresh token, in
// either release, the source logs in again.
func TestRefresh(t *testing.T) {
	t.Parallel()
	for _, version := range []league.Version{league.V8, league.V9} {
		server, transport := start(t, league.Options{Version: version, Shape: league.Bare})
		grant, err := finapi.NewGrant(finapi.Config{Mandator: "customer", Username: "anna", Password: auth.NewSecret("pw"), AuthURL: server.URL, APIURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		ctx := using(transport)
		first, err := grant.RequestToken(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := grant.RequestToken(ctx, first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := grant.Refresh(ctx, auth.NewSecret(first.RefreshToken)); !errors.Is(err, auth.ErrInvalidGrant) {
			t.Errorf("%s: %v, want ErrInvalidGrant", version, err)
		}
		server.Force(league.InvalidRefreshToken)
		third, err := grant.RequestToken(ctx, second)
		if err != nil || third.RefreshToken == second.RefreshToken {
			t.Errorf("%s: %v", version, err)
		}
	}
}
