package soak

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// Report is the result of a soak.
type Report struct {
	Load Load

	Calls, Errors, Valid int64
	Late                 int64 // calls that were slow while a valid token was at hand
	ByHarness, ByLedger  int64 // calls that failed while a valid token was at hand
	Expired, Unknown     int64 // tokens that should not have been returned
	Unlawful             int   // API calls with a token that was not valid
	Slowest, Control     time.Duration
	Before, After        int   // goroutines
	Rotation             error // of replacing the secret's file
	Connections          int   // to the token endpoint
	Failed               map[string]int64

	sendings []sending
	ledger   []tokenRequest
}

func (j *judge) report(l Load) Report {
	r := Report{
		Load: l, Calls: j.calls.Load(), Errors: j.errors.Load(), Valid: j.valid.Load(), Late: j.late.Load(),
		ByHarness: j.byHarness.Load(), ByLedger: j.byLedger.Load(),
		Expired: j.expired.Load(), Unknown: j.unknown.Load(),
		Slowest: time.Duration(j.slowest.Load()), Control: time.Duration(j.control.Load()), Failed: map[string]int64{},
	}
	j.failed.Range(func(text, n any) bool {
		r.Failed[text.(string)] = n.(*atomic.Int64).Load()
		return true
	})
	j.vendor.mu.Lock()
	r.Unlawful = j.vendor.unlawful
	j.vendor.mu.Unlock()
	return r
}

// bound returns the most requests that the documented distances allow in the time. It assumes the
// answers after which the next request may come soonest: a failure, or a token with the shortest
// lifetime. The rotation adds one.
func (r Report) bound() int {
	shortest := min(time.Second, minLifetime*45/100)
	return int(r.Load.Duration/shortest) + 2
}

// Print writes the report, and returns the bounds that are broken.
func (r Report) Print(w io.Writer) []string {
	var broken []string
	line := func(ok bool, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		mark := "  "
		if !ok {
			mark, broken = "✗ ", append(broken, text)
		}
		fmt.Fprintln(w, mark+text)
	}
	fmt.Fprintf(w, "soak: %d goroutines for %s, seed %d\n", r.Load.Goroutines, r.Load.Duration, r.Load.Seed)
	line(r.Calls > 0 && r.Valid > 0, "%d calls, %d of them while a valid token was at hand, %d failed", r.Calls, r.Valid, r.Errors)
	line(r.ByHarness == 0, "%d calls failed while the harness knew of a valid token (must be 0)", r.ByHarness)
	line(r.ByLedger == 0, "%d calls failed while the vendor's ledger had a valid token that was handed out (must be 0)", r.ByLedger)
	for text, n := range r.Failed {
		line(false, "    %d times: %s", n, text)
	}
	line(r.Expired == 0 && r.Unknown == 0, "%d expired and %d unknown tokens were returned (must be 0)", r.Expired, r.Unknown)
	line(r.Unlawful == 0, "%d API calls carried a token that was not valid (must be 0)", r.Unlawful)
	// A busy machine delays single calls. A wait for the vendor delays all callers, for longer than
	// Latency.
	line(r.Late*10_000 <= r.Valid, "%s was the longest call while a valid token was at hand, %d took more than %s (at most 1 in 10,000); doing nothing took up to %s",
		r.Slowest.Round(time.Microsecond), r.Late, r.Load.Latency, r.Control.Round(time.Microsecond))
	counts := map[outcome]int{}
	for _, l := range r.ledger {
		counts[l.outcome]++
	}
	early, needed := distances(r.sendings, r.ledger)
	line(len(r.ledger) <= r.bound(), "%d requests to the vendor (at most %d): %d granted, %d slow, %d limited, %d down, %d reset, %d stuck, %d refused",
		len(r.ledger), r.bound(), counts[granted], counts[slow], counts[limited], counts[down], counts[torn], counts[stuck], counts[refused])
	line(r.Connections <= len(r.sendings), "%d connections for the %d requests that were sent (at most as many)", r.Connections, len(r.sendings))
	line(len(early) == 0, "their distances should be %s at the least, added up, and are within that of back-off one by one: %d are not (must be 0)",
		needed.Round(time.Millisecond), len(early))
	for _, e := range early {
		line(false, "    %s", e)
	}
	line(r.Rotation == nil && counts[refused] <= 1, "%d requests had the secret that was rotated away (at most 1)", counts[refused])
	sent, granted := r.second()
	line(sent == 0 || granted > 0, "%d requests had the new secret, and %d of them got a token (at least 1)", sent, granted)
	line(true, "%s was the longest that a request was on its way to the vendor", r.lag().Round(time.Microsecond))
	line(r.After <= r.Before, "%d goroutines before, %d after", r.Before, r.After)
	return broken
}

// second counts the requests with the second secret, and the tokens that they brought.
func (r Report) second() (sent, granted int) {
	for _, l := range r.ledger {
		if l.secret == secondSecret {
			sent++
			if l.lifetime > 0 {
				granted++
			}
		}
	}
	return sent, granted
}

// lag returns the longest time that a token request was on its way.
func (r Report) lag() (most time.Duration) {
	for i := range min(len(r.ledger), len(r.sendings)) {
		most = max(most, r.ledger[i].at.Sub(r.sendings[i].sent))
	}
	return most
}
