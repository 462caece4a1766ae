package work

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

const heldToken = 1600

// Held measures the memory of a source that keeps a token.
func Held(size Size) Table {
	t := Table{
		Title:   "Memory held a source",
		About:   fmt.Sprintf("1,000 sources, each with a token of its own of %s bytes, after a garbage collection.", number(heldToken)),
		Columns: []string{"", "bytes a source", "of them beside the token"},
	}
	const sources = 1000
	add := func(name string, held float64) { t.row(name, number(held), number(held-heldToken)) }
	for _, p := range size.peers() {
		held := measure.Held(sources, func() any {
			cache := p.Cache(func(context.Context) (peer.Token, error) {
				return peer.Token{Value: randomToken(heldToken), Expiry: time.Now().Add(time.Hour)}, nil
			})
			if _, err := cache(context.Background()); err != nil {
				panic(err)
			}
			return cache
		})
		add(p.Name, held)
		if p.Name == peer.Ours {
			t.count("bytes held a source", held, goal{target: 3 << 10})
		}
	}
	held := measure.Held(sources, func() any {
		s := peer.Vendor("https://auth.example.com", freshTokens{})
		if _, err := s.TokenContext(context.Background()); err != nil {
			panic(err)
		}
		return s
	})
	add(peer.Ours+", onefinops.NewTokenSource over HTTP", held)
	held = measure.Held(sources, func() any {
		client := &http.Client{Transport: freshTokens{}}
		s := peer.Credentials("https://auth.example.com", client)
		if _, err := s.Token(); err != nil {
			panic(err)
		}
		return s
	})
	add(peer.Reference+", clientcredentials over HTTP", held)
	return t
}

// freshTokens answers each token request with a token of its own.
type freshTokens struct{}

func (freshTokens) RoundTrip(req *http.Request) (*http.Response, error) {
	body := []byte(`{"access_token":"` + randomToken(heldToken) + `","token_type":"Bearer","expires_in":900,"scope":"onefinops.api"}`)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: req}, nil
}

func randomToken(n int) string {
	token := make([]byte, n)
	for i := range token {
		token[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[rand.IntN(64)]
	}
	return string(token)
}
