package peer

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func xoauth2() Peer {
	return Peer{
		Name:   Reference,
		Module: "golang.org/x/oauth2",
		Early:  10 * time.Second,
		Cache: func(f Fetch) Cache {
			return sourceCache(oauth2.ReuseTokenSource(nil, sourceFunc(f)))
		},
		Editor: func(f Fetch, _ ...string) Editor {
			s := oauth2.ReuseTokenSource(nil, sourceFunc(f))
			return func(_ context.Context, req *http.Request) error {
				t, err := s.Token()
				if err != nil {
					return err
				}
				t.SetAuthHeader(req)
				return nil
			}
		},
		Transport: func(f Fetch, base http.RoundTripper, _ ...string) http.RoundTripper {
			return &oauth2.Transport{Source: oauth2.ReuseTokenSource(nil, sourceFunc(f)), Base: base}
		},
		Request: func(url string, base http.RoundTripper) Cache {
			return sourceCache(Credentials(url, &http.Client{Transport: base}))
		},
	}
}

func sourceCache(s oauth2.TokenSource) Cache {
	return func(context.Context) (string, error) {
		t, err := s.Token()
		if err != nil {
			return "", err
		}
		return t.AccessToken, nil
	}
}

// Credentials returns a source for the token endpoint at url.
func Credentials(url string, client *http.Client) oauth2.TokenSource {
	c := &clientcredentials.Config{ClientID: ClientID, ClientSecret: ClientSecret, TokenURL: url + TokenPath, AuthStyle: oauth2.AuthStyleInParams}
	return c.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, client))
}

type sourceFunc Fetch

func (f sourceFunc) Token() (*oauth2.Token, error) {
	t, err := f(context.Background())
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: t.Value, TokenType: "Bearer", Expiry: t.Expiry}, nil
}
