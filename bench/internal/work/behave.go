package work

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

const coldCallers = 1000

// Cold lets many callers want a token at the same moment.
func Cold(size Size) Table {
	t := Table{
		Title:   "A thousand cold callers",
		About:   "1,000 callers want a token at the same moment, and none is there yet. The vendor takes 100 ms.",
		Columns: []string{"", "requests to the vendor", "the last caller is served after"},
	}
	const vendor = 100 * time.Millisecond
	for _, p := range size.peers() {
		var requests atomic.Int64
		cache := p.Cache(func(context.Context) (peer.Token, error) {
			requests.Add(1)
			time.Sleep(vendor)
			return peer.Token{Value: longToken, Expiry: time.Now().Add(time.Hour)}, nil
		})
		var done sync.WaitGroup
		begin := make(chan struct{})
		for range coldCallers {
			done.Go(func() {
				<-begin
				if _, err := cache(context.Background()); err != nil {
					panic(err)
				}
			})
		}
		start := time.Now()
		close(begin)
		done.Wait()
		t.row(p.Name, number(float64(requests.Load())), milliseconds(time.Since(start)))
		if p.Name == peer.Ours {
			t.count("requests for 1,000 cold callers", float64(requests.Load()), goal{target: 1})
		}
	}
	return t
}

func milliseconds(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1f µs", float64(d)/1e3)
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return number(float64(d)/1e6) + " ms"
}

// A Trace is how long calls took over time, across a renewal.
type Trace struct {
	Peer   string
	Points []Point
}

// A Point is the longest call that was under way in a slot of time.
type Point struct{ At, Took time.Duration }

const (
	stallCallers = 64
	stallVendor  = 100 * time.Millisecond
	stallCall    = 2 * time.Millisecond  // between the calls of one caller
	stallSlot    = 10 * time.Millisecond // of a Point
	// A call that lasts longer than this has waited for the vendor. The scheduler of a busy machine
	// delays a call by less.
	stalled = stallVendor / 2
)

// Renewed lets callers go on while the token is renewed.
func Renewed(size Size) (Table, []Trace) {
	t := Table{
		Title: "Callers during a renewal",
		About: fmt.Sprintf("%d callers ask for a token every %s or so, while it becomes due for renewal; the vendor takes %s. Each token lives so long that "+
			"its library renews it within the measurement. A call stalls if it lasts longer than %s.", stallCallers, stallCall, stallVendor, stalled),
		Columns: []string{"", "calls", "renewals", "calls that stalled", "p50", "p99", "longest"},
	}
	length := 2 * time.Second
	if size.Short {
		length = time.Second
	} else {
		t.About += " azcore renews a token 30 s after its request at the earliest, which is longer than this."
	}
	var traces []Trace
	for _, p := range size.peers() {
		var renewals atomic.Int64
		due := length / 2
		cache := p.Cache(func(context.Context) (peer.Token, error) {
			life := p.Lifetime(due)
			if renewals.Add(1) > 1 {
				time.Sleep(stallVendor)
				life += time.Hour // one renewal is enough
			}
			return peer.Token{Value: longToken, Expiry: time.Now().Add(life)}, nil
		})
		if _, err := cache(context.Background()); err != nil {
			panic(err)
		}
		type call struct{ at, took time.Duration }
		calls := make([][]call, stallCallers)
		var done sync.WaitGroup
		start := time.Now()
		for i := range calls {
			done.Go(func() {
				for {
					at := time.Since(start)
					if at > length {
						return
					}
					if _, err := cache(context.Background()); err != nil {
						panic(err)
					}
					calls[i] = append(calls[i], call{at, time.Since(start) - at})
					time.Sleep(stallCall)
				}
			})
		}
		done.Wait()
		trace := Trace{Peer: p.Name, Points: make([]Point, length/stallSlot+1)}
		for i := range trace.Points {
			trace.Points[i].At = time.Duration(i) * stallSlot
		}
		var took []float64
		stalls := 0
		for _, list := range calls {
			for _, c := range list {
				took = append(took, float64(c.took))
				if c.took > stalled {
					stalls++
				}
				for i := c.at / stallSlot; i <= (c.at+c.took)/stallSlot && int(i) < len(trace.Points); i++ {
					trace.Points[i].Took = max(trace.Points[i].Took, c.took)
				}
			}
		}
		traces = append(traces, trace)
		quantile := func(q float64) string { return milliseconds(time.Duration(measure.Quantile(took, q))) }
		t.row(p.Name, number(float64(len(took))), number(float64(renewals.Load()-1)), number(float64(stalls)), quantile(0.5), quantile(0.99), quantile(1))
		if p.Name == peer.Ours {
			t.count("calls stalled by a renewal", float64(stalls), goal{})
			seen := renewals.Load() - 1
			t.check("renewals meanwhile", number(float64(seen)), "1", seen == 1, seen == 1, "")
		}
	}
	return t, traces
}

var errDown = errors.New("the vendor is down")

// Failing lets callers go on while the vendor fails.
func Failing(size Size) Table {
	const (
		callers = 200
		every   = 10 * time.Millisecond
		length  = time.Second
	)
	t := Table{
		Title:   "A failing vendor",
		About:   fmt.Sprintf("There is no token, every request fails after 5 ms, and %d callers try again every %s, for %s.", callers, every, length),
		Columns: []string{"", "requests to the vendor", "calls that failed"},
	}
	for _, p := range size.peers() {
		var requests, failed atomic.Int64
		cache := p.Cache(func(context.Context) (peer.Token, error) {
			requests.Add(1)
			time.Sleep(5 * time.Millisecond)
			return peer.Token{}, errDown
		})
		var done sync.WaitGroup
		start := time.Now()
		for range callers {
			done.Go(func() {
				for time.Since(start) < length {
					if _, err := cache(context.Background()); err != nil {
						failed.Add(1)
					}
					time.Sleep(every)
				}
			})
		}
		done.Wait()
		t.row(p.Name, number(float64(requests.Load())), number(float64(failed.Load())))
		if p.Name == peer.Ours {
			// Attempts keep a distance of 1 s, then 2 s. Those who wait at the end see one more.
			t.count("requests to a vendor that fails", float64(requests.Load()), goal{target: 2})
		}
	}
	return t
}

// Refused lets an API refuse tokens with 401: one that it has revoked, and then every one.
func Refused(size Size) Table {
	const (
		callers = 50
		rounds  = 10
	)
	t := Table{
		Title: "A storm of 401s",
		About: fmt.Sprintf("%d callers send requests through each library's RoundTripper, %d times. First the API has revoked the token that they hold; then it refuses every token.",
			callers, rounds),
		Columns: []string{"", "tokens for one revoked", "calls that got 401", "tokens while all are refused", "of so many calls"},
	}
	for _, p := range size.peers() {
		if p.Transport == nil {
			continue
		}
		cells := []string{p.Name}
		for _, every := range []bool{false, true} {
			var tokens, got401 atomic.Int64
			fetch := func(context.Context) (peer.Token, error) {
				return peer.Token{Value: fmt.Sprint("token-", tokens.Add(1)), Expiry: time.Now().Add(time.Hour)}, nil
			}
			var revoked atomic.Bool
			rt := p.Transport(fetch, roundTripper(func(req *http.Request) (*http.Response, error) {
				status := http.StatusOK
				if revoked.Load() && (every || req.Header.Get("Authorization") == "Bearer token-1") {
					status = http.StatusUnauthorized
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
			}))
			send := func() {
				resp, err := rt.RoundTrip(newRequest())
				must(err)
				if resp.StatusCode == http.StatusUnauthorized {
					got401.Add(1)
				}
			}
			send()
			revoked.Store(true)
			for range rounds {
				var done sync.WaitGroup
				for range callers {
					done.Go(send)
				}
				done.Wait()
			}
			fresh := float64(tokens.Load() - 1)
			if every {
				cells = append(cells, number(fresh), number(callers*rounds))
			} else {
				cells = append(cells, number(fresh), number(float64(got401.Load())))
			}
			if p.Name == peer.Ours {
				t.count("tokens for "+map[bool]string{false: "one that was revoked", true: "an API that refuses all"}[every], fresh, goal{target: 1})
				if !every {
					t.count("calls that got a 401 for a revoked token", float64(got401.Load()), goal{})
				}
			}
		}
		t.row(cells...)
	}
	return t
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
