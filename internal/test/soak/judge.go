package soak

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// margin returns how long before its end a token counts as expired: 10 s or a fifth of its
// lifetime, as auth.TokenSource documents.
func margin(lifetime time.Duration) time.Duration { return min(10*time.Second, lifetime/5) }

const (
	// ledgerSlack is how long after the client sent a request the vendor may read it, on a busy
	// machine. The ledger counts a token's lifetime from the reading, the client from the sending.
	ledgerSlack = 500 * time.Millisecond
	// harnessSlack is a fifth of the time that the source may spend before it sends the token's
	// request: it reads the secret first, which counts for the margin.
	harnessSlack = 50 * time.Millisecond
	// sendSlack is how long after the source's decision a request may pass the client's transport.
	sendSlack = 100 * time.Millisecond
)

// hand is the last token that the source returned, as one judge sees it.
type hand struct {
	token string
	until time.Time // it was usable until then
}

// judge records what the callers see.
type judge struct {
	vendor  *vendor
	latency time.Duration

	harness atomic.Pointer[hand] // by the token's own Expiry
	ledger  atomic.Pointer[hand] // by the vendor's ledger
	mu      sync.Mutex           // locked to replace harness and ledger

	calls     atomic.Int64
	errors    atomic.Int64
	byHarness atomic.Int64 // failures while the harness knew of a valid token
	byLedger  atomic.Int64 // failures while the ledger had a valid token that the source had returned
	expired   atomic.Int64 // tokens that had ended when they were returned
	unknown   atomic.Int64 // tokens that the vendor never issued
	slowest   atomic.Int64 // ns, of the calls during all of which a valid token was at hand
	late      atomic.Int64 // those that took longer than the load allows
	control   atomic.Int64 // ns, of doing nothing as often: the delay of the machine itself
	valid     atomic.Int64 // those calls

	failed sync.Map // from the text of a failure that counts to an *atomic.Int64
}

// returned records a token that the source has just returned.
func (j *judge) returned(t *oauth2.Token) {
	if h := j.harness.Load(); h != nil && h.token == t.AccessToken {
		if !time.Now().Before(t.Expiry) {
			j.expired.Add(1)
		}
		return
	}
	entry, ok := j.vendor.lookup(t.AccessToken)
	if !ok {
		j.unknown.Add(1)
		return
	}
	now := time.Now()
	if !now.Before(entry.expiry) || !now.Before(t.Expiry) {
		j.expired.Add(1)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	later(&j.harness, &hand{t.AccessToken, t.Expiry.Add(-margin(entry.lifetime) - harnessSlack)})
	later(&j.ledger, &hand{t.AccessToken, entry.expiry.Add(-margin(entry.lifetime) - ledgerSlack)})
}

func later(p *atomic.Pointer[hand], h *hand) {
	if old := p.Load(); old == nil || old.until.Before(h.until) {
		p.Store(h)
	}
}

// call is one call that is judged.
type call struct {
	judge           *judge
	start           time.Time
	harness, ledger *hand // at the start
	remote          bool  // it went to the API too, so its duration says nothing about the source
}

func (j *judge) begin() call {
	// Measure as long as a call takes that finds a token, so that the machine delays both equally
	// often.
	var before, after time.Time
	before = time.Now()
	for range 5 {
		after = time.Now()
	}
	longest(&j.control, after.Sub(before))
	c := call{judge: j, harness: j.harness.Load(), ledger: j.ledger.Load()}
	c.start = time.Now()
	return c
}

// end judges a finished call. If there was a token when the call began that is valid beyond its
// end, the call had no reason to wait or fail.
func (c call) end(err error) {
	j, now := c.judge, time.Now()
	j.calls.Add(1)
	harness := c.harness != nil && now.Before(c.harness.until)
	ledger := c.ledger != nil && now.Before(c.ledger.until)
	if err != nil {
		j.errors.Add(1)
		if harness {
			j.byHarness.Add(1)
		}
		if ledger {
			j.byLedger.Add(1)
		}
		if harness || ledger {
			n, _ := j.failed.LoadOrStore(err.Error(), new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
		return
	}
	if !harness || c.remote {
		return
	}
	j.valid.Add(1)
	took := now.Sub(c.start)
	longest(&j.slowest, took)
	if took > j.latency {
		j.late.Add(1)
	}
}

func longest(most *atomic.Int64, d time.Duration) {
	for {
		old := most.Load()
		if int64(d) <= old || most.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// sending is one token request of the client; answered is zero if no answer came.
type sending struct{ sent, answered time.Time }

// distances compares the token requests with the documented distances, one by one. It returns the
// violations, and the sum of the distances: the least time that this many requests need.
func distances(sendings []sending, ledger []tokenRequest) (broken []string, needed time.Duration) {
	failures := 0
	rejected := map[string]bool{} // secrets that the vendor refused less than a minute ago; a soak is no longer
	if len(ledger) > len(sendings) {
		return []string{fmt.Sprintf("the vendor got %d requests, but %d were sent", len(ledger), len(sendings))}, 0
	}
	for i, line := range ledger {
		if rejected[line.secret] {
			broken = append(broken, fmt.Sprintf("request %d sends a secret that was refused", i))
		}
		earliest := sendings[i].sent
		switch {
		case line.outcome == refused:
			// The next secret may go at once.
			rejected[line.secret] = true
		case line.lifetime > 0 && !sendings[i].answered.IsZero():
			// The source renews a token at half of its lifetime, or up to a twentieth earlier due
			// to jitter.
			earliest, failures = earliest.Add(line.lifetime*45/100), 0
		default:
			earliest = earliest.Add(min(time.Second<<failures, time.Minute))
			if after := sendings[i].answered.Add(line.retryAfter); line.retryAfter > 0 && after.After(earliest) {
				earliest = after
			}
			failures++
		}
		if i+1 == len(ledger) {
			break
		}
		needed += earliest.Sub(sendings[i].sent)
		if early := earliest.Sub(sendings[i+1].sent); early > sendSlack {
			broken = append(broken, fmt.Sprintf("request %d came %s too early after one that was %s", i+1, early.Round(time.Millisecond), line.outcome))
		}
	}
	return broken, needed
}
