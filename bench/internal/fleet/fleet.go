// Package fleet lets many replicas of a service live through a day in virtual time. Each replica has
// a token source of its own, with the engine that services run; only the clock and the vendor's
// socket are replaced.
package fleet

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// A Scenario is a fleet and what happens to it.
type Scenario struct {
	Name     string
	Replicas int
	Client   string        // peer.Ours or peer.Reference
	Store    bool          // the replicas share a store; only for ours
	Day      time.Duration // how long it lasts
	Every    time.Duration // the mean distance of a replica's calls

	Lifetime time.Duration // of a token
	Latency  time.Duration // of the vendor
	Limit    int           // requests in a minute that the vendor answers; the others get 429

	Restarts   time.Duration   // the mean life of a replica; 0: for ever
	Deploys    []time.Duration // when a rolling deployment begins, which takes DeployFor
	DeployFor  time.Duration
	Closed     [2]time.Duration // from when to when the vendor answers 429 to everybody
	Revoked    time.Duration    // from when on the secret is wrong; 0: never
	StoreFails [2]time.Duration // from when to when the store fails

	everyCall bool // make those calls too that only return the token in hand
}

// A Result is what a Scenario led to.
type Result struct {
	Scenario    Scenario
	Calls       int
	Failed      int // calls without a token
	Requests    int // to the vendor
	PeakMinute  int // requests in the busiest minute
	TooMany     int // requests answered with 429
	WrongSecret int // requests with a secret that the vendor refused
	Took        time.Duration
	HeapMB      int
}

// PerMinute returns the mean number of requests in a minute.
func (r Result) PerMinute() float64 { return float64(r.Requests) / r.Scenario.Day.Minutes() }

// Run lets the scenario happen.
func Run(t *testing.T, s Scenario) Result {
	began := time.Now()
	f := &fleet{Scenario: s}
	synctest.Test(t, func(*testing.T) {
		f.begin()
		if s.Store {
			f.store = auth.MemoryStore()
		}
		var done sync.WaitGroup
		for i := range s.Replicas {
			done.Go(func() { f.replica(i) })
		}
		time.Sleep(s.Day / 2)
		synctest.Wait()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		f.result.HeapMB = int(m.HeapAlloc >> 20)
		done.Wait()
		time.Sleep(time.Hour) // until the renewals end that nobody waits for
	})
	return f.end(time.Since(began))
}

func (f *fleet) begin() {
	f.start = time.Now()
	f.minutes = make([]int, int(f.Day.Minutes())+2)
}

func (f *fleet) end(took time.Duration) Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.result
	r.Scenario, r.Took = f.Scenario, took
	for _, n := range f.minutes {
		r.PeakMinute = max(r.PeakMinute, n)
	}
	return r
}

type fleet struct {
	Scenario
	start time.Time
	store auth.Store
	url   string            // of a real vendor; "" for f itself
	base  http.RoundTripper // to a real vendor

	mu      sync.Mutex
	result  Result
	minutes []int // requests by minute
}

func (f *fleet) since() time.Duration { return time.Since(f.start) }

// within reports whether it is between from and to.
func (f *fleet) within(span [2]time.Duration) bool {
	now := f.since()
	return span[0] <= now && now < span[1]
}

// replica makes calls until the day is over. At the end of its life a new one takes its place.
func (f *fleet) replica(i int) {
	random := rand.New(rand.NewPCG(1, uint64(i)))
	between := func(mean time.Duration) time.Duration { return time.Duration(random.ExpFloat64() * float64(mean)) }
	idle := 0 // calls that need not be made
	for f.since() < f.Day {
		source := f.source()
		end := f.Day
		if f.Restarts > 0 {
			end = min(end, f.since()+max(between(f.Restarts), time.Second))
		}
		for _, d := range f.Deploys {
			if mine := d + time.Duration(i)*f.DeployFor/time.Duration(f.Replicas); mine > f.since() {
				end = min(end, mine)
			}
		}
		for f.since() < end {
			next := f.since() + max(between(f.Every), time.Millisecond)
			for fresh := f.since() + f.fresh(source); next < min(fresh, end); next += max(between(f.Every), time.Millisecond) {
				idle++
			}
			time.Sleep(min(next, end) - f.since())
			if f.since() < end {
				f.call(source)
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.result.Calls += idle
}

// fresh returns for how long a call of source does no more than return the token that it holds. In
// virtual time such calls are counted instead of made, so that a large fleet can live through a day.
func (f *fleet) fresh(s *source) time.Duration {
	if f.url != "" || f.everyCall {
		return 0
	}
	return s.fresh()
}

// patience is how long a call of a service waits for a token.
const patience = 10 * time.Second

func (f *fleet) call(s *source) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.call(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.result.Calls++
	if err != nil {
		f.result.Failed++
	}
}

// source is a replica's source of tokens.
type source struct {
	call  func(context.Context) error
	fresh func() time.Duration // until it does more than return the token that it holds
}

func (f *fleet) source() *source {
	url, base := "https://auth.example.com", http.RoundTripper(f)
	if f.url != "" {
		url, base = f.url, f.base
	}
	if f.Client == peer.Reference {
		reused, early, until := peer.Credentials(url, &http.Client{Transport: base}), peer.By(peer.Reference).Early, time.Time{}
		return &source{
			func(context.Context) error {
				t, err := reused.Token()
				if err == nil {
					until = t.Expiry.Add(-early)
				}
				return err
			},
			func() time.Duration { return time.Until(until) },
		}
	}
	tokens := peer.Vendor(url, base, f.options()...)
	return &source{
		func(ctx context.Context) error {
			_, err := tokens.TokenContext(ctx)
			return err
		},
		func() time.Duration { return tokens.Snapshot().RenewsIn },
	}
}

// RoundTrip is a request to the vendor's token endpoint.
func (f *fleet) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	_ = req.Body.Close()
	status, header, body, err := f.answer(req.Context())
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: header, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// ServeHTTP is the vendor's token endpoint over a socket.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	status, header, body, err := f.answer(r.Context())
	if err != nil {
		return
	}
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// retryAfter is what the vendor asks for with a 429: in a short day, less than a minute.
func (f *fleet) retryAfter() time.Duration { return min(time.Minute, f.Day/10) }

// answer is what the vendor answers, after its latency.
func (f *fleet) answer(ctx context.Context) (status int, header http.Header, body string, err error) {
	f.mu.Lock()
	minute := int(f.since() / time.Minute)
	f.minutes[minute]++
	f.result.Requests++
	status = http.StatusOK
	switch {
	case f.Revoked > 0 && f.since() >= f.Revoked:
		f.result.WrongSecret++
		status = http.StatusUnauthorized
	case f.minutes[minute] > f.Limit, f.within(f.Closed):
		f.result.TooMany++
		status = http.StatusTooManyRequests
	}
	n := f.result.Requests
	f.mu.Unlock()

	timer := time.NewTimer(f.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return 0, nil, "", ctx.Err()
	}
	header = http.Header{"Content-Type": {"application/json"}}
	members := map[string]any{"access_token": "token-" + strconv.Itoa(n), "token_type": "Bearer", "expires_in": int(f.Lifetime.Seconds()), "scope": "onefinops.api"}
	switch status {
	case http.StatusUnauthorized:
		members = map[string]any{"error": "unauthorized_client", "error_description": "Invalid client or Invalid client credentials"}
	case http.StatusTooManyRequests:
		header.Set("Retry-After", strconv.Itoa(int(f.retryAfter().Seconds())))
		members = map[string]any{"error": "slow_down"}
	}
	text, err := json.Marshal(members)
	return status, header, string(text), err
}
