package soak

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// These tests show that the judges find violations.

func TestDistancesFindsRequestsThatComeTooEarly(t *testing.T) {
	start := time.Now()
	at := func(seconds float64) sending {
		s := start.Add(time.Duration(seconds * float64(time.Second)))
		return sending{sent: s, answered: s}
	}
	got := func(lifetime time.Duration) tokenRequest {
		return tokenRequest{outcome: granted, lifetime: lifetime, secret: "a"}
	}
	failed := tokenRequest{outcome: down, secret: "a"}
	for name, c := range map[string]struct {
		sendings []sending
		ledger   []tokenRequest
		broken   int
	}{
		"growing steps":             {[]sending{at(0), at(1), at(3), at(7)}, []tokenRequest{failed, failed, failed, failed}, 0},
		"a step too short":          {[]sending{at(0), at(1), at(2.5), at(7)}, []tokenRequest{failed, failed, failed, failed}, 1},
		"a success starts afresh":   {[]sending{at(0), at(1), at(3), at(4)}, []tokenRequest{failed, got(4 * time.Second), failed, failed}, 0},
		"a renewal too early":       {[]sending{at(0), at(1)}, []tokenRequest{got(4 * time.Second), failed}, 1},
		"Retry-After heeded":        {[]sending{at(0), at(9)}, []tokenRequest{{outcome: limited, retryAfter: 9 * time.Second}, failed}, 0},
		"Retry-After not heeded":    {[]sending{at(0), at(5)}, []tokenRequest{{outcome: limited, retryAfter: 9 * time.Second}, failed}, 1},
		"a new secret at once":      {[]sending{at(0), at(0)}, []tokenRequest{{outcome: refused, secret: "a"}, {outcome: granted, lifetime: time.Second, secret: "b"}}, 0},
		"a refused secret again":    {[]sending{at(0), at(5)}, []tokenRequest{{outcome: refused, secret: "a"}, {outcome: refused, secret: "a"}}, 1},
		"requests that nobody sent": {[]sending{at(0)}, []tokenRequest{got(time.Second), got(time.Second)}, 1},
	} {
		if broken, _ := distances(c.sendings, c.ledger); len(broken) != c.broken {
			t.Errorf("%s: %q, want %d", name, broken, c.broken)
		}
	}
}

func TestJudgeHoldsFailuresAgainstTheSource(t *testing.T) {
	now := time.Now()
	v := &vendor{tokens: map[string]issued{
		"good":  {at: now, expiry: now.Add(time.Minute), lifetime: time.Minute},
		"ended": {at: now.Add(-time.Hour), expiry: now.Add(-time.Second), lifetime: time.Minute},
	}}
	j := &judge{vendor: v, latency: time.Hour}
	c := j.begin()
	c.end(errors.New("no token yet"))
	if j.errors.Load() != 1 || j.byHarness.Load() != 0 || j.byLedger.Load() != 0 {
		t.Error("a failure before there is a token is nobody's fault")
	}
	j.returned(&oauth2.Token{AccessToken: "ended", Expiry: now.Add(-time.Second)})
	j.returned(&oauth2.Token{AccessToken: "made up", Expiry: now.Add(time.Minute)})
	if j.expired.Load() != 1 || j.unknown.Load() != 1 {
		t.Errorf("%d expired and %d unknown tokens, want 1 and 1", j.expired.Load(), j.unknown.Load())
	}
	j.returned(&oauth2.Token{AccessToken: "good", Expiry: now.Add(time.Minute)})
	c = j.begin()
	c.end(errors.New("failed in spite of it"))
	if j.byHarness.Load() != 1 || j.byLedger.Load() != 1 {
		t.Errorf("%d and %d, want both judges to hold the failure against the source", j.byHarness.Load(), j.byLedger.Load())
	}
	c = j.begin()
	c.end(nil)
	if j.valid.Load() != 1 || j.late.Load() != 0 {
		t.Error("a call in time is not counted as one")
	}
}

func TestReportFindsConnectionsBeyondTheRequests(t *testing.T) {
	extra := "2 connections for the 1 requests that were sent (at most as many)"
	for n, want := range map[int]bool{1: false, 2: true} {
		r := Report{Connections: n, sendings: make([]sending, 1)}
		if got := slices.Contains(r.Print(io.Discard), extra); got != want {
			t.Errorf("with %d connections for 1 request: %t", n, got)
		}
	}
}
