package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

// TestServer_boundsMemoryOfStrangers runs alone: it measures what the process holds. The clock
// stands still, so that no limit recovers.
func TestServer_boundsMemoryOfStrangers(t *testing.T) {
	held := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	long := func(size, i int) string {
		digits := strconv.Itoa(i)
		return strings.Repeat("0", size-len(digits)) + digits
	}
	padding := func(i int) string {
		return "&a=" + long(100<<10, i) + "&b=" + long(100<<10, i) + "&c=" + long(100<<10, i)
	}
	for name, test := range map[string]struct {
		requests int
		limit    int64
		path     string
		body     func(i int) string
	}{
		"long client ids of a form": {100, 1 << 20, onefinopsToken, func(i int) string {
			return form("grant_type", "client_credentials", "client_id", long(128<<10, i))
		}},
		"long client ids of JSON": {20, 1 << 20, fincalcToken, func(i int) string {
			return `{"client_id":"` + long(1<<20-100, i) + `"}`
		}},
		"many client ids": {4000, 256 << 10, onefinopsToken, func(i int) string {
			return form("grant_type", "client_credentials", "client_id", long(8, i))
		}},
		"long client ids beside a magic username": {100, 1 << 20, finapiToken, func(i int) string {
			return form("grant_type", "password", "username", "fault-flaky", "client_id", long(128<<10, i))
		}},
		"long usernames beside a magic client id": {100, 1 << 20, finventiToken, func(i int) string {
			return form("grant_type", "client_credentials", "client_id", "fault-flaky", "username", long(128<<10, i))
		}},
		"tokens of a magic client id in a long form": {20, 1 << 20, finventiToken, func(i int) string {
			return form("grant_type", "client_credentials", "client_id", "fault-short-lived", "client_secret", "x") + padding(i)
		}},
		"sessions of a magic username in a long form": {20, 1 << 20, finapiToken, func(i int) string {
			return form("grant_type", "password", "client_id", "demobank-cli", "username", "fault-short-lived", "password", "x") + padding(i)
		}},
	} {
		s := sandbox.New(sandbox.WithClock(newClock().Now))
		send := func(i int) int {
			r := httptest.NewRequest(http.MethodPost, test.path, strings.NewReader(test.body(i)))
			r.Header.Set("Content-Type", formType)
			if test.path == fincalcToken {
				r.Header.Set("Content-Type", "application/json")
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code
		}
		send(0) // makes the key
		before := held()
		for i := range test.requests {
			send(i)
		}
		s.ResetJournal()
		if grown := held() - before; grown > test.limit {
			t.Errorf("%s: %d requests hold %d KiB", name, test.requests, grown>>10)
		}
		runtime.KeepAlive(s)
	}
}

// TestServer_refusesPagesOfOtherSites sends what a page of another site can make a browser send.
func TestServer_refusesPagesOfOtherSites(t *testing.T) {
	c := start(t, sandbox.WithBruteForce(3, time.Hour), sandbox.WithLimit(sandbox.FinAPI, sandbox.TokenEndpoint, sandbox.Limit{Requests: 5, Per: time.Hour}))
	cross := []string{"Content-Type", formType, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}
	for range 10 {
		r := c.do(c.request(http.MethodPost, finapiToken, form("grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "wrong"), cross...))
		r.want(t, http.StatusForbidden, "another site's page may not do this", "")
	}
	if r := c.login(); r.status != http.StatusOK {
		t.Errorf("anna gets %d %s", r.status, r.body)
	}
	for _, path := range []string{
		"/finventi/auth/realms/sti-connector/protocol/openid-connect/certs", "/finventi/auth/realms/sti-connector", "/finventi/auth/nowhere",
		whoAmI, "/onefinops/api/nowhere", fincalcToken, listClients, "/nowhere",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			if r := c.do(c.request(method, path, "", cross...)); r.status != http.StatusForbidden {
				t.Errorf("%s %s: %d", method, path, r.status)
			}
		}
	}
	for _, site := range []string{"same-origin", "same-site", "none"} {
		r := c.do(c.request(http.MethodGet, "/finventi/auth/realms/sti-connector", "", "Sec-Fetch-Site", site))
		if r.status != http.StatusOK {
			t.Errorf("%s: %d", site, r.status)
		}
	}
}
