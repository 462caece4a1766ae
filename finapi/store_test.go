package finapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// witness is a store that records the keys and records that it is given.
type witness struct {
	auth.Store
	mu   sync.Mutex
	seen []string
}

func (w *witness) saw(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, text)
}

func (w *witness) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	w.saw(key)
	at, err := w.Store.Acquire(ctx, key, have, ttl)
	if at.Lease != nil {
		at.Lease = witnessLease{at.Lease, w}
	}
	return at, err
}

type witnessLease struct {
	auth.Lease
	witness *witness
}

func (l witnessLease) Save(ctx context.Context, w auth.Write) error {
	l.witness.saw(string(w.Data))
	return l.Lease.Save(ctx, w)
}

func TestReplicasShareTokenDetailsAndRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: granted("login", "first", "1800"), refresh: granted("refreshed", "second", "1800")}
		store := &witness{Store: auth.MemoryStore()}
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
		want(replica(), "refreshed1") // a new process with an expired token and a valid refresh token
		want(a, "refreshed1")
		want(b, "refreshed1")
		time.Sleep(1801 * time.Second)
		want(replica(), "login2") // the stored refresh token has ended by its own lifetime
		if k.logins != 2 || strings.Join(k.sent, " ") != "first" {
			t.Errorf("%d logins, refresh tokens %q", k.logins, k.sent)
		}
		synctest.Wait()
		if len(store.seen) < 6 {
			t.Errorf("the store was used %d times", len(store.seen))
		}
		for _, text := range store.seen {
			if strings.Contains(text, "<username>") || strings.Contains(text, "<user password>") {
				t.Errorf("the store sees the user or the password: %s", text)
			}
		}
	})
}

// A record counts only for the password that it was got with, although a refresh needs no password.
func TestStoreLetsNoWrongPasswordIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keycloak{t: t, login: granted("login", "r", "1800"), refresh: granted("refreshed", "r", "1800")}
		store := auth.MemoryStore()
		replica := func(password string) *auth.TokenSource {
			c := suite.Documented(t, "https://auth.example")
			c.Password = auth.NewSecret(password)
			s, err := NewTokenSource(c, auth.WithStore(store), auth.WithHTTPClient(&http.Client{Transport: k}))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		mustToken(t, replica("right"))
		synctest.Wait()
		mustToken(t, replica("right"))
		k.login = refused(400, "invalid_grant", "Invalid user credentials")
		for range 3 {
			if _, err := replica("wrong").Token(); !errors.Is(err, auth.ErrInvalidCredentials) {
				t.Errorf("got %v", err)
			}
			synctest.Wait()
		}
		if k.logins != 2 || k.renews != 0 {
			t.Errorf("%d logins and %d refreshes, want one for each password", k.logins, k.renews)
		}
		mustToken(t, replica("right"))
	})
}
