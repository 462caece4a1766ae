package soak_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

const (
	windowCallers = 64
	vendorTakes   = 100 * time.Millisecond
)

// TestNobodyWaitsInTheRefreshWindow has 64 callers in the refresh window, and a vendor that takes
// 100 ms. In virtual time, a call takes no time unless it waits.
func TestNobodyWaitsInTheRefreshWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lifetime = 15 * time.Minute
		grant := &slowGrant{lifetime: lifetime}
		source, err := auth.NewTokenSource(grant)
		if err != nil {
			t.Fatal(err)
		}
		old, err := source.TokenContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(lifetime - time.Minute)
		var wg sync.WaitGroup
		var inFlight, renewed atomic.Int64
		for range windowCallers {
			wg.Go(func() {
				for range 150 {
					start := time.Now()
					token, err := source.TokenContext(t.Context())
					if took := time.Since(start); err != nil || took != 0 {
						t.Errorf("%v after %s", err, took)
						return
					}
					switch {
					case token != old:
						renewed.Add(1)
					case grant.flying.Load():
						inFlight.Add(1)
					}
					<-time.After(time.Millisecond)
				}
			})
		}
		wg.Wait()
		if inFlight.Load() < windowCallers*90 || renewed.Load() < windowCallers*40 || grant.requests.Load() != 2 {
			t.Errorf("%d calls during the request and %d after it; %d requests, want 2", inFlight.Load(), renewed.Load(), grant.requests.Load())
		}
	})
}

// BenchmarkRefreshWindow has 64 callers that ask every millisecond, while a vendor that takes 100
// ms renews the token. It reports, in nanoseconds, the slowest call and the 99.9th percentile, both
// during a request and between requests, which are cache hits. A busy machine adds to all four, so
// compare them.
//
//	go test -run '^$' -bench RefreshWindow ./internal/test/soak
func BenchmarkRefreshWindow(b *testing.B) {
	grant := &slowGrant{lifetime: time.Second}
	source, err := auth.NewTokenSource(grant)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	if _, err := source.TokenContext(ctx); err != nil {
		b.Fatal(err)
	}
	var (
		wg          sync.WaitGroup
		mu          sync.Mutex
		window, hit []time.Duration
	)
	for range windowCallers {
		wg.Go(func() {
			var inWindow, between []time.Duration
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				<-tick.C
				flying := grant.flying.Load()
				start := time.Now()
				_, err := source.TokenContext(ctx)
				took := time.Since(start)
				switch {
				case err != nil:
					b.Error(err)
					return
				case flying && grant.flying.Load():
					inWindow = append(inWindow, took)
				case !flying:
					between = append(between, took)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			window, hit = append(window, inWindow...), append(hit, between...)
		})
	}
	for b.Loop() {
		for n := grant.landed.Load(); grant.landed.Load() == n; {
			<-time.After(10 * time.Millisecond)
		}
	}
	cancel()
	wg.Wait()
	for name, samples := range map[string][]time.Duration{"window": window, "hit": hit} {
		if len(samples) == 0 {
			b.Fatalf("no samples of %s", name)
		}
		slices.Sort(samples)
		b.ReportMetric(float64(samples[len(samples)-1]), name+"-max-ns")
		b.ReportMetric(float64(samples[len(samples)*999/1000]), name+"-p99.9-ns")
	}
}

// slowGrant is a Grant that takes 100 ms.
type slowGrant struct {
	lifetime         time.Duration
	requests, landed atomic.Int64
	flying           atomic.Bool
}

func (g *slowGrant) RequestToken(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	sent := time.Now()
	g.flying.Store(g.requests.Add(1) > 1)
	defer func() {
		g.flying.Store(false)
		g.landed.Add(1)
	}()
	select {
	case <-time.After(vendorTakes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &oauth2.Token{AccessToken: sent.Format("t150405.000000000"), TokenType: "Bearer", Expiry: sent.Add(g.lifetime)}, nil
}
