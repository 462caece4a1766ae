package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// The benchmarks stand beside their bounds, so that one run gives both: compare the ratios, not the
// nanoseconds.
//
//	go test -run '^$' -bench . -cpu 1,2 ./auth

// BenchmarkFloor is the bound for a cached token: one atomic load and one time.Now.
func BenchmarkFloor(b *testing.B) {
	var p atomic.Pointer[oauth2.Token]
	p.Store(&oauth2.Token{Expiry: time.Now().Add(time.Hour)})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if t := p.Load(); !time.Now().Before(t.Expiry) {
				b.Error("expired")
			}
		}
	})
}

func BenchmarkTokenContext(b *testing.B) {
	s := warmSource(b)
	ctx := context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.TokenContext(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkFloorAndCopy is the bound for Token.
func BenchmarkFloorAndCopy(b *testing.B) {
	var p atomic.Pointer[oauth2.Token]
	p.Store(&oauth2.Token{Expiry: time.Now().Add(time.Hour)})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t := p.Load()
			if !time.Now().Before(t.Expiry) {
				b.Error("expired")
			}
			c := *t
			sink.Store(&c)
		}
	})
}

func BenchmarkToken(b *testing.B) {
	s := warmSource(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t, err := s.Token()
			if err != nil {
				b.Error(err)
			}
			sink.Store(t)
		}
	})
}

// BenchmarkReuseTokenSource is x/oauth2's cache, for comparison.
func BenchmarkReuseTokenSource(b *testing.B) {
	s := oauth2.ReuseTokenSource(nil, warmSource(b))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Token(); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkAuthorize(b *testing.B) {
	s := warmSource(b, WithAPIHosts("api.example.com"))
	req := httptest.NewRequest(http.MethodGet, "https://api.example.com/v1/things", nil)
	b.ReportAllocs()
	for b.Loop() {
		delete(req.Header, "Authorization")
		if err := s.Authorize(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransport(b *testing.B) {
	base, req := canned()
	t := warmSource(b).Transport(base)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.RoundTrip(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXOAuth2Transport(b *testing.B) {
	base, req := canned()
	t := &oauth2.Transport{Source: oauth2.ReuseTokenSource(nil, warmSource(b)), Base: base}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.RoundTrip(req); err != nil {
			b.Fatal(err)
		}
	}
}
