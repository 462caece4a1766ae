//go:build linux

package fleet

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
)

// mint is a Grant whose tokens are numbered.
type mint struct{ asked int }

// RequestToken implements auth.Grant.
func (m *mint) RequestToken(context.Context, *oauth2.Token) (*oauth2.Token, error) {
	m.asked++
	return &oauth2.Token{AccessToken: fmt.Sprintf("minted-%d", m.asked), ExpiresIn: 3600, RefreshToken: "refresh"}, nil
}

// first returns the first token of a new process, and how many requests and reports of the store it
// took.
func first(t *testing.T, store auth.Store, name string) (token string, asked, reports int) {
	t.Helper()
	m := &mint{}
	source, err := auth.NewTokenSource(m, auth.WithStore(store), auth.WithName(name), auth.WithObserver(
		auth.ObserverFunc(func(_ context.Context, e auth.Event) {
			if e.Kind == auth.EventStore && e.Err != nil {
				reports++
			}
		})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tok, err := source.TokenContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return tok.AccessToken, m.asked, reports
}

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

func TestSpoiltRecordIsNoToken(t *testing.T) {
	srv := redistest.Start(t)
	plain, err := redisstore.New(srv.Client())
	if err != nil {
		t.Fatal(err)
	}
	key := auth.StaticSecret(auth.NewSecret(newKey()))
	for name, store := range map[string]auth.Store{"plain": plain, "sealed": auth.Seal(plain, key)} {
		t.Run(name, func(t *testing.T) {
			srv.Do("flushall")
			names := func() []any { return srv.Do("keys", "*").([]any) }
			first(t, store, "other")
			other := names()[0].(string)
			first(t, store, "service")
			hash := names()[0].(string)
			if hash == other {
				hash = names()[1].(string)
			}
			redistest.Eventually(t, "both records are saved", func() bool {
				return srv.Do("hget", hash, "data") != nil && srv.Do("hget", other, "data") != nil
			})
			whole := []byte(srv.Do("hget", hash, "data").(string))
			fields := srv.Do("hgetall", hash)

			spoilt := [][]byte{nil, []byte("{}"), []byte(srv.Do("hget", other, "data").(string)), append(bytes.Clone(whole), '}')}
			for bit := 0; bit < 8*len(whole); bit += 29 {
				data := bytes.Clone(whole)
				data[bit/8] ^= 1 << (bit % 8)
				spoilt = append(spoilt, data)
			}
			for n := 1; n < len(whole); n += 13 {
				spoilt = append(spoilt, whole[:n])
			}
			restore := func() {
				srv.Do("del", hash)
				args := []any{"hset", hash}
				for field, value := range fields.(map[any]any) {
					args = append(args, field, value)
				}
				srv.Do(args...)
			}
			restore()
			if _, asked, reports := first(t, store, "service"); asked != 0 || reports != 0 {
				t.Fatalf("the whole record: %d requests, %d reports", asked, reports)
			}
			for _, data := range spoilt {
				restore()
				srv.Do("hset", hash, "data", data)
				token, asked, reports := first(t, store, "service")
				if token != "minted-1" || asked != 1 || reports != 1 {
					t.Errorf("%q: got %s after %d requests, with %d reports", data, token, asked, reports)
				}
			}
			t.Logf("%d spoilt records", len(spoilt))
		})
	}
}

func TestFleet_KeysRotate(t *testing.T) {
	srv := redistest.Start(t)
	v := newVendor(t)
	older, newer := secret(t, "older", newKey()), secret(t, "newer", newKey())
	s := setup{Vendor: "onefinops", AuthURL: v.URL, SecretFile: secret(t, "secret", "right"), Redis: srv.Addr}
	with := func(keys ...string) setup {
		s.Keys = keys
		return s
	}
	for _, step := range []struct {
		name  string
		fleet []setup
		most  int // requests
	}{
		{"one key", []setup{with(older), with(older)}, 1},
		{"the new key is appended", []setup{with(older), with(older, newer)}, 1},
		{"the new key comes first", []setup{with(older, newer), with(newer, older)}, 1},
		{"the old key is gone", []setup{with(newer, older), with(newer)}, 1},
	} {
		srv.Do("flushall")
		before := len(v.seen())
		fleet := launchEach(t, step.fleet...)
		for _, p := range fleet { // whoever comes first seals
			p.send(command{Do: "get", N: 2, Timeout: 5 * time.Second})
			if r := p.answer(); r.served() != 2 || len(r.Events) > 0 {
				t.Errorf("%s: %v, %v, %q", step.name, r.Tokens, r.Errors, r.Events)
			}
		}
		if n := len(v.seen()) - before; n > step.most {
			t.Errorf("%s: %d requests", step.name, n)
		}
	}
	// A key that cannot be read: nothing is stored, and calls go on.
	srv.Do("flushall")
	fleet := launchEach(t, with(filepath.Join(t.TempDir(), "missing")))
	if r := all(fleet, command{Do: "get", N: 2, Timeout: 5 * time.Second}); r.served() != 2 || len(r.Events) == 0 {
		t.Errorf("without a key: %v, %v, %q", r.Tokens, r.Errors, r.Events)
	}
	if keys := srv.Do("keys", "*").([]any); len(keys) != 0 {
		t.Errorf("without a key, Redis holds %v", keys)
	}
}
