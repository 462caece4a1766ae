package soak

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// margin is how long before its end a token counts as expired: 10 s or a fifth of its lifetime, as
// auth.TokenSource says of itself.
func margin(lifetime time.Duration) time.Duration { return min(10*time.Second, lifetime/5) }

const (
	// ledgerSlack is how much later than the client sent it the vendor may have read a request, on
	// a machine that is as busy as this one. The ledger counts a token's life from there, the
	// client from the sending.
	ledgerSlack = 500 * time.Millisecond
	// harnessSlack is a fifth of how much earlier than the token's request the source may have
	// begun to ask: reading the secret comes before, and counts for the margin.
	harnessSlack = 50 * time.Millisecond
	// sendSlack is how much later than the source decided to send it a request may pass the
	// client's transport.
	sendSlack = 100 * time.Millisecond
)

// hand is the last token that the source has handed out, as one judge sees it.
type hand struct {
	token string
	until time.Time // it was usable until then
}

// judge notes what the callers see.
type judge struct {
	vendor  *vendor
	latency time.Duration

	harness atomic.Pointer[hand] // by the token's own Expiry
	ledger  atomic.Pointer[hand] // by the vendor's ledger
	mu      sync.Mutex           // held to replace the two

	calls     atomic.Int64
	errors    atomic.Int64
	byHarness atomic.Int64 // failures while the harness knew of a valid token
	byLedger  atomic.Int64 // failures while the ledger had a valid token that was handed out
	expired   atomic.Int64 // tokens that had ended when they were returned
	unknown   atomic.Int64 // tokens that the vendor never issued
	slowest   atomic.Int64 // ns, of the calls during all of which a valid token was at hand
	late      atomic.Int64 // those that took longer than the load allows
	control   atomic.Int64 // ns, of doing nothing, as often: what the machine itself takes
	valid     atomic.Int64 // those calls

	failed sync.Map // text of a failure that counts: *atomic.Int64
}

// returned notes a token that the source has handed out just now.
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

// call is one call under judgement.
type call struct {
	judge           *judge
	start           time.Time
	harness, ledger *hand // at the start
	remote          bool  // it went to the API too, so its duration says nothing of the source
}

func (j *judge) begin() call {
	// As long as a call takes that finds a token, so that the machine gets in the way as often.
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

// end judges how the call went. Where a token was at hand when it began and good beyond its end,
// there was nothing to wait for and nothing to fail.
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

// sending is one token request as it left the client; answered is zero when no answer came.
type sending struct{ sent, answered time.Time }

// distances holds the token requests against the documented distances, one by one. It returns what
// broke them, and what all the distances add up to: the time that so many requests need at the
// least.
func distances(sendings []sending, ledger []tokenRequest) (broken []string, needed time.Duration) {
	failures := 0
	rejected := map[string]bool{} // secrets that the vendor has refused, less than a minute ago: a soak is no longer
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
			// Renewed at half of its lifetime, or up to a twentieth earlier for the jitter.
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
