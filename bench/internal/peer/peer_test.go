package peer_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

func TestEachPeerKeepsATokenAndSendsIt(t *testing.T) {
	for _, p := range peer.All() {
		t.Run(p.Name, func(t *testing.T) {
			var fetched atomic.Int64
			fetch := func(context.Context) (peer.Token, error) {
				fetched.Add(1)
				return peer.Token{Value: "the-token", Expiry: time.Now().Add(time.Hour)}, nil
			}
			cache := p.Cache(fetch)
			for range 3 {
				if got, err := cache(t.Context()); err != nil || got != "the-token" {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			if n := fetched.Load(); n != 1 {
				t.Errorf("%d requests for three calls, want 1", n)
			}
			if p.Editor != nil {
				req := httptest.NewRequest(http.MethodGet, "https://api.example.com/", nil)
				if err := p.Editor(fetch, "api.example.com")(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Bearer the-token" {
					t.Errorf("the editor: %v, %v", req.Header, err)
				}
			}
			if p.Transport != nil {
				var sent string
				rt := p.Transport(fetch, roundTripper(func(r *http.Request) (*http.Response, error) {
					sent = r.Header.Get("Authorization")
					return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
				}), "api.example.com")
				req := httptest.NewRequest(http.MethodGet, "https://api.example.com/", nil)
				if _, err := rt.RoundTrip(req); err != nil || sent != "Bearer the-token" {
					t.Errorf("the transport sent %q, %v", sent, err)
				}
			}
			if p.Request != nil {
				get := p.Request("https://auth.example.com", roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != peer.TokenPath || r.PostFormValue("client_secret") != peer.ClientSecret {
						t.Errorf("%s with %v", r.URL, r.PostForm)
					}
					return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
						Body: io.NopCloser(strings.NewReader(`{"access_token":"the-token","token_type":"Bearer","expires_in":900}`))}, nil
				}))
				if got, err := get(t.Context()); err != nil || got != "the-token" {
					t.Errorf("over HTTP: %q, %v", got, err)
				}
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
