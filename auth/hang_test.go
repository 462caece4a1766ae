package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// stuck is a store of which one operation hangs for five minutes; it minds its context or not.
type stuck struct {
	*shelf
	op    string
	minds bool
}

func (s stuck) hang(ctx context.Context, op string) error {
	switch {
	case s.op != op:
	case s.minds:
		<-ctx.Done()
		return ctx.Err()
	default:
		time.Sleep(5 * time.Minute)
	}
	return nil
}

func (s stuck) Load(ctx context.Context, key string) ([]byte, error) {
	if err := s.hang(ctx, "load"); err != nil {
		return nil, err
	}
	return s.shelf.Load(ctx, key)
}

func (s stuck) Save(ctx context.Context, key string, entry []byte, ttl time.Duration) error {
	if err := s.hang(ctx, "save"); err != nil {
		return err
	}
	return s.shelf.Save(ctx, key, entry, ttl)
}

func (s stuck) Lock(ctx context.Context, key string) (func(), error) {
	if err := s.hang(ctx, "lock"); err != nil {
		return nil, err
	}
	unlock, err := s.shelf.Lock(context.WithoutCancel(ctx), key)
	return func() {
		if s.hang(context.Background(), "unlock"); err == nil {
			unlock()
		}
	}, err
}

func TestStoreThatHangsDelaysATokenButDoesNotStopIt(t *testing.T) {
	for _, timeout := range []time.Duration{2 * time.Second, 30 * time.Second} {
		for _, op := range []string{"load", "lock", "save", "unlock"} {
			for _, minds := range []bool{true, false} {
				if minds && op == "unlock" {
					continue // it has no context to mind
				}
				t.Run(fmt.Sprintf("%s,minds=%v,timeout=%v", op, minds, timeout), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := &mint{lifetime: quarterHour, latency: 100 * time.Millisecond}
						s := newSource(t, m, WithStore(stuck{newShelf(), op, minds}), WithName("k"), WithRequestTimeout(timeout))
						start := time.Now()
						wantToken(t, s, "t1")
						limit := 100*time.Millisecond + min(storeTimeout, timeout/4) + abandonAfter
						switch op {
						case "lock":
							limit += timeout / 2 // its holder may be asking the vendor
						case "unlock":
							limit = 100 * time.Millisecond
						}
						if waited := time.Since(start); waited > limit {
							t.Errorf("waited %v, want %v at most", waited, limit)
						}
						time.Sleep(time.Hour)
						m.want(t, 1)
					})
				})
			}
		}
	}
}

// A lock that comes when nobody waits for it any more is given back, or the next process waits in
// vain.
func TestLockThatComesTooLateIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		s := newSource(t, &mint{lifetime: quarterHour}, WithStore(stuck{shelf, "lock", false}), WithName("k"))
		wantToken(t, s, "t1")
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if unlock, err := shelf.Lock(ctx, "k"); err != nil {
			t.Error("the lock is still held")
		} else {
			unlock()
		}
	})
}

// ending is a store that ends the goroutine it is called in, as a test's FailNow does.
type ending struct{ *shelf }

func (ending) Load(context.Context, string) ([]byte, error) { runtime.Goexit(); return nil, nil }

func TestStoreThatEndsItsGoroutineIsAStoreThatFails(t *testing.T) {
	s := newSource(t, &mint{lifetime: quarterHour}, WithStore(ending{newShelf()}), WithName("k"))
	wantToken(t, s, "t1")
}

// quoting is a store whose Save fails in a way that depends on the entry.
type quoting struct {
	*shelf
	fail func(entry string) error
}

func (q quoting) Save(_ context.Context, _ string, entry []byte, _ time.Duration) error {
	return q.fail(string(entry))
}

// Drivers quote what they were given: Redis the arguments of a command that it does not know, SQL a
// statement's values.
func TestStoreError_isToldByItsKind(t *testing.T) {
	for name, c := range map[string]struct {
		fail func(entry string) error
		want string // in the error
		is   error
	}{
		"any error": {func(entry string) error { return fmt.Errorf("insert failed: %s: %w", entry, io.EOF) }, "the store returned a *fmt.wrapError", io.EOF},
		"a panic":   {func(entry string) error { panic(entry) }, "the store panicked with a string", nil},
		"a connection": {func(entry string) error {
			return fmt.Errorf("%s: %w", entry, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 6379}, Err: syscall.ECONNREFUSED})
		}, "dial tcp :6379: connection refused", syscall.ECONNREFUSED},
		"a file": {func(entry string) error {
			return fmt.Errorf("%s: %w", entry, &fs.PathError{Op: "open", Path: "/tokens", Err: syscall.EACCES})
		}, "open /tokens: permission denied", fs.ErrPermission},
		"a rename": {func(entry string) error {
			return fmt.Errorf("%s: %w", entry, &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EACCES})
		}, "rename a b: permission denied", fs.ErrPermission},
		"time that ran out": {func(entry string) error { return fmt.Errorf("%s: %w", entry, context.DeadlineExceeded) }, "context deadline exceeded", context.DeadlineExceeded},
		"an Error": {func(entry string) error {
			return fmt.Errorf("%s: %w", entry, &Error{Op: "save", Err: io.ErrNoProgress})
		}, "save: failed: multiple Read", io.ErrNoProgress},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			seen := &recorder{}
			s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
				return &oauth2.Token{AccessToken: "opaque-access", RefreshToken: "opaque-refresh", Expiry: time.Now().Add(time.Hour)}, nil
			}), WithStore(quoting{newShelf(), c.fail}), WithName("k"), WithLogger(slog.New(slog.NewTextHandler(&log, nil))), WithObserver(seen))
			wantToken(t, s, "opaque-access")
			if !strings.Contains(log.String(), c.want) || strings.Contains(log.String(), "opaque-") {
				t.Error(log.String())
			}
			for _, e := range seen.events {
				if e.Err != nil && (strings.Contains(e.Err.Error(), "opaque-") || c.is != nil && !errors.Is(e.Err, c.is)) {
					t.Error(e.Err)
				}
			}
		})
	}
}

func TestTokenWithLittleLeftInTheStoreBeatsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		m := &mint{lifetime: quarterHour, before: failing(3, 99, &Error{StatusCode: 503})}
		a := newSource(t, m, WithStore(shelf), WithName("k"))
		b := newSource(t, m, WithStore(shelf), WithName("k"))
		wantToken(t, a, "t1")
		wantToken(t, b, "t1")
		time.Sleep(quarterHour)
		wantToken(t, a, "t2") // b sleeps on
		time.Sleep(quarterHour - time.Minute)
		wantToken(t, a, "t2")
		wantToken(t, b, "t2") // the vendor is down
		synctest.Wait()
	})
}
