package faults_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/faults"
)

// TestTokenRequestIsSentOnce plays the HTTP/2 cases to a Grant of x/oauth2, which builds its own
// requests, over several RoundTrippers.
func TestTokenRequestIsSentOnce(t *testing.T) {
	for _, c := range faults.Cases() {
		if !c.HTTP2 || c.Hangs {
			continue
		}
		for _, b := range []struct {
			name string
			most int // requests
			wrap func(http.RoundTripper) http.RoundTripper
		}{
			{"net/http", 1, func(base http.RoundTripper) http.RoundTripper { return base }},
			{"a wrapper", 1, func(base http.RoundTripper) http.RoundTripper { return roundTripper(base.RoundTrip) }},
			{"a RoundTripper that goes on for ever", mostConnections, persistent},
		} {
			t.Run(c.Name+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				start := serve
				if b.most > 1 {
					start = listen // a dial of the last of its requests may outlive it
				}
				server := start(t, faults.Plan{Script: c.Script, TLS: c.TLS})
				client := secureClient(t, true)
				client.Transport = b.wrap(client.Transport)
				config := clientcredentials.Config{ClientID: "id", ClientSecret: faults.PlainSecret, TokenURL: server.URL() + "/token",
					AuthStyle: oauth2.AuthStyleInParams, EndpointParams: url.Values{"n": {"1"}}}
				source, err := auth.NewTokenSource(auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
					return config.Token(ctx)
				}), auth.WithHTTPClient(client), auth.WithRequestTimeout(longTimeout))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := source.TokenContext(t.Context()); (err == nil) != c.Want.Token {
					t.Errorf("got %v", err)
				}
				if n := len(server.Requests()); n > b.most {
					t.Errorf("%d requests arrived, want %d at most", n, b.most)
				}
				if n := server.Accepted(); n > mostConnections {
					t.Errorf("%d connections, want %d at most", n, mostConnections)
				}
			})
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// persistent returns a RoundTripper that keeps a request's body and sends it until there is an
// answer.
func persistent(base http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		for {
			again := req.Clone(req.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			resp, err := base.RoundTrip(again)
			if err == nil || req.Context().Err() != nil {
				return resp, err
			}
		}
	})
}
