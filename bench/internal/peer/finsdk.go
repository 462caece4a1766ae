package peer

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
)

func finsdk() Peer {
	return Peer{
		Name:   Ours,
		Module: "github.com/finsdk/finsdk-go",
		Early:  6 * time.Minute,
		Halves: true,
		Cache: func(f Fetch) Cache {
			return contextCache(Source(f))
		},
		Editor: func(f Fetch, hosts ...string) Editor { return Source(f, auth.WithAPIHosts(hosts...)).Authorize },
		Transport: func(f Fetch, base http.RoundTripper, hosts ...string) http.RoundTripper {
			return Source(f, auth.WithAPIHosts(hosts...)).Transport(base)
		},
		Request: func(url string, base http.RoundTripper) Cache {
			return contextCache(Vendor(url, base))
		},
	}
}

func contextCache(s *auth.TokenSource) Cache {
	return func(ctx context.Context) (string, error) {
		t, err := s.TokenContext(ctx)
		if err != nil {
			return "", err
		}
		return t.AccessToken, nil
	}
}

// Source returns a token source of this project over f.
func Source(f Fetch, opts ...auth.Option) *auth.TokenSource {
	g := auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		t, err := f(ctx)
		if err != nil {
			return nil, err
		}
		return &oauth2.Token{AccessToken: t.Value, TokenType: "Bearer", Expiry: t.Expiry}, nil
	})
	s, err := auth.NewTokenSource(g, opts...)
	if err != nil {
		panic(err)
	}
	return s
}

// Vendor returns a token source for OneFinOps, whose token endpoint stands at url.
func Vendor(url string, base http.RoundTripper, opts ...auth.Option) *auth.TokenSource {
	opts = append(opts, auth.WithHTTPClient(&http.Client{Transport: base}))
	s, err := onefinops.NewTokenSource(onefinops.Config{
		ClientID:     ClientID,
		ClientSecret: auth.NewSecret(ClientSecret),
		AuthURL:      url,
		APIURL:       "https://api.example.com",
	}, opts...)
	if err != nil {
		panic(err)
	}
	return s
}

// What the clients send to the token endpoint.
const (
	ClientID     = "ofin_test_0123456789"
	ClientSecret = "kV7pWq2ZtR9xYb4N"
	TokenPath    = "/realms/onefinops/protocol/openid-connect/token"
)
