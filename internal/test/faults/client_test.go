package faults_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/internal/test/faults"
	"github.com/finsdk/finsdk-go/onefinops"
)

// client is one vendor's token source, built as a service builds it.
type client struct {
	name  string
	shape faults.Shape
	warm  bool // the case is played to the second request, after a good answer to the first
	open  func(url string, secret auth.Secret, opts ...auth.Option) (*auth.TokenSource, error)
}

var clients = []client{
	{name: "finventi", open: func(url string, secret auth.Secret, opts ...auth.Option) (*auth.TokenSource, error) {
		return finventi.NewTokenSource(finventi.Config{ClientID: "rrc-1", ClientSecret: secret, AuthURL: url, APIURL: api}, opts...)
	}},
	{name: "onefinops", open: func(url string, secret auth.Secret, opts ...auth.Option) (*auth.TokenSource, error) {
		return onefinops.NewTokenSource(onefinops.Config{ClientID: "ofin_test_1", ClientSecret: secret, AuthURL: url}, opts...)
	}},
	{name: "fincalc", shape: faults.Envelope, open: func(url string, secret auth.Secret, opts ...auth.Option) (*auth.TokenSource, error) {
		return fincalc.NewTokenSource(fincalc.Config{ClientID: "12345", ClientSecret: secret, Scope: "fact-find",
			EmailAddress: "hello@example.com", AuthURL: url}, opts...)
	}},
	{name: "finapi password", open: openFinapi},
	{name: "finapi refresh", open: openFinapi, warm: true},
}

func openFinapi(url string, secret auth.Secret, opts ...auth.Option) (*auth.TokenSource, error) {
	return finapi.NewTokenSource(finapi.Config{Mandator: "customer", Username: "user", Password: secret, AuthURL: url, APIURL: api}, opts...)
}

const api = "https://api.example.test"

// secureClient returns a client that trusts the certificates of package faults.
func secureClient(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: faults.Roots(), ServerName: "127.0.0.1"},
		ForceAttemptHTTP2:      http2,
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        50 * time.Millisecond, // a dial of net/http's may end after its request
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// warmUp gets a token and invalidates it, so that the next call asks the vendor again.
func warmUp(t *testing.T, s *auth.TokenSource) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	token, err := s.TokenContext(ctx)
	for err != nil && ctx.Err() == nil { // a short request timeout may be too short on a busy machine
		token, err = s.TokenContext(ctx)
	}
	if err != nil {
		t.Fatalf("the first answer was good, but: %v", err)
	}
	s.Invalidate(token)
}
