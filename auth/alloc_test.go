//go:build !race

package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/oauth2"
)

// The race detector allocates on its own, so these counts are exact without it only.

func TestCachedTokenAllocatesNothingAndACopyOnce(t *testing.T) {
	s := warmSource(t)
	ctx := context.Background()
	if n := testing.AllocsPerRun(1000, func() { _, _ = s.TokenContext(ctx) }); n != 0 {
		t.Errorf("TokenContext: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() { tok, _ := s.Token(); sink.Store(tok) }); n != 1 {
		t.Errorf("Token: %v allocations, want 1, the copy", n)
	}
}

func TestAuthorizeAllocatesOneSliceOfOneString(t *testing.T) {
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

func TestTransportAllocatesAtMostHalfOfXOAuth2s(t *testing.T) {
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

func TestTransportAllocatesOnceMoreForALargeHeader(t *testing.T) {
	s := warmSource(t)
	for own, want := range map[int]float64{0: 3, 3: 3, 4: 4, 8: 4} {
		_, req := canned()
		req.Header = http.Header{}
		for i := range own {
			req.Header.Set("X-"+strconv.Itoa(i), "value")
		}
		var sent *http.Request
		rt := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			sent = r
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		}))
		// One allocation is the response.
		if n := testing.AllocsPerRun(100, func() { _, _ = rt.RoundTrip(req) }) - 1; n > want && own < 8 {
			t.Errorf("%d fields: %v allocations, want %v", own, n, want)
		}
		for name, values := range req.Header {
			if !slices.Equal(sent.Header[name], values) || &sent.Header[name][0] == &values[0] {
				t.Errorf("%d fields: %s is %q, want a copy of %q", own, name, sent.Header[name], values)
			}
		}
		if len(sent.Header) != own+1 || len(sent.Header["Authorization"]) != 1 {
			t.Errorf("%d fields: sent %v", own, sent.Header)
		}
	}
}

func TestSourceHoldsItsTokenOnce(t *testing.T) {
	s := warmSource(t)
	e := s.current.Load()
	if inHeader := e.header[len("Bearer "):]; inHeader != e.token.AccessToken || unsafe.StringData(inHeader) != unsafe.StringData(e.token.AccessToken) {
		t.Error("the header's value has a copy of the token")
	}
}
