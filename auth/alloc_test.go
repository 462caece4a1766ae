//go:build !race

package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/oauth2"
)

// The race detector allocates on its own, so these counts are exact without it only.

func TestToken_allocations(t *testing.T) {
	s := warmSource(t)
	ctx := context.Background()
	if n := testing.AllocsPerRun(1000, func() { _, _ = s.TokenContext(ctx) }); n != 0 {
		t.Errorf("TokenContext: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() { tok, _ := s.Token(); sink.Store(tok) }); n != 1 {
		t.Errorf("Token: %v allocations, want 1, the copy", n)
	}
}

func TestAuthorize_allocatesOneSliceOfOneString(t *testing.T) {
	s := warmSource(t, WithAPIHosts("api.example.com", "other.example.com"))
	req := httptest.NewRequest(http.MethodGet, "https://Api.example.com:443/v1", nil)
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			delete(req.Header, "Authorization")
			if err := s.Authorize(context.Background(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	if r.AllocsPerOp() > 1 || r.AllocedBytesPerOp() > 16 {
		t.Errorf("%d allocations of %d bytes, want at most 1 of 16", r.AllocsPerOp(), r.AllocedBytesPerOp())
	}
}

func TestTransport_allocatesAtMostHalfOfXOAuth2s(t *testing.T) {
	base, req := canned()
	s := warmSource(t)
	ours, theirs := s.Transport(base), &oauth2.Transport{Source: oauth2.ReuseTokenSource(nil, s), Base: base}
	count := func(rt http.RoundTripper) float64 {
		return testing.AllocsPerRun(1000, func() {
			if _, err := rt.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
	}
	if a, b := count(ours), count(theirs); a > b/2 {
		t.Errorf("%v allocations a request, x/oauth2 %v", a, b)
	}
}

func TestTransport_allocatesThriceForUpToSevenFields(t *testing.T) {
	base, req := canned()
	rt := warmSource(t).Transport(base)
	for req.Header = (http.Header{}); len(req.Header) <= 7; req.Header.Set("X-"+strconv.Itoa(len(req.Header)), "value") {
		if n := testing.AllocsPerRun(100, func() { _, _ = rt.RoundTrip(req) }); n > 3 {
			t.Errorf("%d fields: %v allocations, want 3", len(req.Header), n)
		}
	}
}

func TestTokenSource_holdsItsTokenOnce(t *testing.T) {
	s := warmSource(t)
	e := s.current.Load()
	if inHeader := e.header[len("Bearer "):]; inHeader != e.token.AccessToken || unsafe.StringData(inHeader) != unsafe.StringData(e.token.AccessToken) {
		t.Error("the header's value has a copy of the token")
	}
}
