package peer

import (
	"context"
	"net/http"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/httptransport"
)

func google() Peer {
	cache := func(f Fetch) Cache {
		p := auth.NewCachedTokenProvider(providerFunc(f), nil)
		return func(ctx context.Context) (string, error) {
			t, err := p.Token(ctx)
			if err != nil {
				return "", err
			}
			return t.Value, nil
		}
	}
	return Peer{
		Name:   "cloud.google.com/go/auth",
		Module: "cloud.google.com/go/auth",
		Early:  3*time.Minute + 45*time.Second,
		Cache:  cache,
		Editor: func(f Fetch, _ ...string) Editor { return setBearer(cache(f)) },
		Transport: func(f Fetch, base http.RoundTripper, _ ...string) http.RoundTripper {
			c := &http.Client{Transport: base}
			creds := auth.NewCredentials(&auth.CredentialsOptions{TokenProvider: auth.NewCachedTokenProvider(providerFunc(f), nil)})
			if err := httptransport.AddAuthorizationMiddleware(c, creds); err != nil {
				panic(err)
			}
			return c.Transport
		},
	}
}

type providerFunc Fetch

func (f providerFunc) Token(ctx context.Context) (*auth.Token, error) {
	t, err := f(ctx)
	if err != nil {
		return nil, err
	}
	return &auth.Token{Value: t.Value, Type: "Bearer", Expiry: t.Expiry}, nil
}
