package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

func TestJournal_measuresDurations(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.mustInject(sandbox.Fault{Vendor: sandbox.Finventi, Delay: 1500 * time.Millisecond, Times: 1})
		c.finventiToken()
		c.finventiToken()
		if j := c.Journal(); j[0].Duration != 1500*time.Millisecond || j[1].Duration != 0 {
			t.Errorf("%v, %v", j[0].Duration, j[1].Duration)
		}
		c.wantAdmin(http.MethodGet, "/journal", "", 200, `"duration_ns":1500000000`)
	})
}

func TestJournal_filters(t *testing.T) {
	c := start(t)
	token := c.mint(sandbox.OneFinOps).text("access_token")                             // 1
	c.call(sandbox.OneFinOps, token)                                                    // 2
	c.login()                                                                           // 3
	c.post(finapiToken, "client_id", "demobank-cli", "grant_type", "x")                 // 4
	c.askToken(sandbox.Finventi, "fault-503")                                           // 5
	c.post("/realms/customer/protocol/openid-connect/token", "client_id", "sti-client") // 6
	c.call(sandbox.FinAPI, "x")                                                         // 7
	for query, want := range map[string]string{
		"":                               "1234567",
		"vendor=finapi":                  "347",
		"vendor=fincalc":                 "",
		"endpoint=token":                 "1345",
		"endpoint=other":                 "6",
		"client=demobank-cli":            "34",
		"user=anna":                      "3",
		"status=200":                     "123",
		"status=4xx":                     "467",
		"status=503":                     "5",
		"fault=503":                      "5",
		"after=3&status=4xx":             "467",
		"vendor=finapi&status=4xx":       "47",
		"vendor=finapi&endpoint=api":     "7",
		"after=7":                        "",
		"vendor=finapi&client=&status=":  "347",
		"client=sti-client&endpoint=api": "",
	} {
		var list []sandbox.Exchange
		r := c.admin(http.MethodGet, "/journal?"+query, "")
		if err := json.Unmarshal([]byte(r.body), &list); err != nil || list == nil {
			t.Errorf("%s: %s", query, r.body)
		}
		got := ""
		for _, x := range list {
			got += string(rune('0' + x.Seq))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for query, part := range map[string]string{
		"vendor=nope":    "finventi, finapi, onefinops, fincalc",
		"endpoint=nope":  "token, certs, revoke, logout, introspect, userinfo, discovery, api, other",
		"status=teapot":  "401 or 4xx",
		"status=99":      "401 or 4xx",
		"status=9xx":     "401 or 4xx",
		"after=x":        "no number",
		"vendr=finventi": "after, client, endpoint, fault, status, user, vendor",
		"user=a&user=b":  "user",
		"a=b;c=d":        "query",
	} {
		c.wantAdmin(http.MethodGet, "/journal?"+query, "", 400, part)
	}
}

func TestNextExchange_waits(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.mint(sandbox.Finventi)
		ctx := t.Context()
		// What has come already counts, unless After says otherwise.
		first, err := c.NextExchange(ctx, sandbox.ExchangeFilter{Vendor: sandbox.Finventi})
		if err != nil || first.Seq != 1 {
			t.Fatal(first, err)
		}
		type result struct {
			x   sandbox.Exchange
			err error
		}
		got := make(chan result, 1)
		wait := func(ctx context.Context, f sandbox.ExchangeFilter) {
			go func() {
				x, err := c.NextExchange(ctx, f)
				got <- result{x, err}
			}()
			synctest.Wait()
		}
		wait(ctx, sandbox.ExchangeFilter{After: first.Seq, Endpoint: sandbox.TokenEndpoint, Status: 4})
		c.mint(sandbox.Finventi)
		c.post(finapiToken, "grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "x")
		if r := <-got; r.err != nil || r.x.Seq != 3 || r.x.User != "anna" {
			t.Errorf("%+v", r)
		}

		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		began := time.Now()
		_, err = c.NextExchange(limited, sandbox.ExchangeFilter{Client: "nobody"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err == nil || !strings.Contains(err.Error(), "nobody") || !strings.Contains(err.Error(), "the last was 3: finapi token 400") {
			t.Errorf("%v does not say what was missed", err)
		}
		for _, f := range []sandbox.ExchangeFilter{{Vendor: "nope"}, {Endpoint: "nope"}, {Status: 6}, {Status: -1}, {Status: 600}} {
			if _, err := c.NextExchange(ctx, f); err == nil {
				t.Errorf("%+v makes sense", f)
			}
		}

		wait(ctx, sandbox.ExchangeFilter{After: 3})
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if r := <-got; r.err == nil {
			t.Errorf("%+v of a sandbox that was stopped", r)
		}
	})
}
