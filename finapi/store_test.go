package finapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// memory is a store for one process.
type memory struct {
	mu      sync.Mutex
	lock    chan struct{}
	entries map[string][]byte
}

func newMemory() *memory {
	return &memory{lock: make(chan struct{}, 1), entries: map[string][]byte{}}
}

func (m *memory) Load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[key], nil
}

func (m *memory) Save(_ context.Context, key string, entry []byte, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[key] = entry
	return nil
}

func (m *memory) Lock(ctx context.Context, _ string) (func(), error) {
	select {
	case m.lock <- struct{}{}:
		return func() { <-m.lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestReplicasShareTokenDetailsAndRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: granted("login", "first", "1800"), refresh: granted("refreshed", "second", "1800")}
		store := newMemory()
		replica := func() *auth.TokenSource {
			s, err := NewTokenSource(suite.Documented(t, "https://auth.example"), auth.WithStore(store), auth.WithHTTPClient(&http.Client{Transport: k}))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		want := func(s *auth.TokenSource, access string) {
			t.Helper()
			tok, err := s.TokenContext(t.Context())
			if err != nil || tok.AccessToken != access {
				t.Fatalf("got %v, %v, want %s", tok, err, access)
			}
			if d := TokenOf(tok); d.Err() != nil || d.MandatorName != "M" {
				t.Errorf("got %v, %v", d, d.Err())
			}
		}
		a, b := replica(), replica()
		want(a, "login1")
		want(b, "login1")
		time.Sleep(901 * time.Second)
		want(replica(), "refreshed1") // a process that starts with a dead token and a live refresh token
		want(a, "refreshed1")
		want(b, "refreshed1")
		time.Sleep(1801 * time.Second)
		want(replica(), "login2") // the stored refresh token is dead by its own word
		if k.logins != 2 || strings.Join(k.sent, " ") != "first" {
			t.Errorf("%d logins, refresh tokens %q", k.logins, k.sent)
		}
		for key, entry := range store.entries {
			if strings.Contains(key, "<username>") || strings.Contains(string(entry), "<user password>") {
				t.Errorf("the store holds the user or the password: %s %s", key, entry)
			}
		}
	})
}
