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
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// stuck makes one operation of a store hang for five minutes. It heeds its context or not.
func stuck(shelf *shelf, stuck string, heeds bool) *shelf {
	shelf.hook = func(ctx context.Context, op string) error {
		switch {
		case stuck != op:
		case heeds:
			<-ctx.Done()
			return ctx.Err()
		default:
			time.Sleep(5 * time.Minute)
		}
		return nil
	}
	return shelf
}

func TestStore_thatHangsDelaysATokenButDoesNotStopIt(t *testing.T) {
	for _, timeout := range []time.Duration{2 * time.Second, 30 * time.Second} {
		for _, op := range []string{"acquire", "save", "release", "extend"} {
			for _, heeds := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s,heeds=%v,timeout=%v", op, heeds, timeout), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := &mint{lifetime: quarterHour, latency: 100 * time.Millisecond}
						s := newSource(t, m, WithStore(stuck(newShelf(), op, heeds)), WithName("k"), WithRequestTimeout(timeout))
						start := time.Now()
						wantToken(t, s, "t1")
						limit := 100 * time.Millisecond
						switch op {
						case "acquire":
							limit += storeLimit + storeGrace
						case "save":
							limit += saveMoment
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

// The key of the record follows from the secret, so a flight asks for it before the Grant does.
func TestSecretSource_thatHangsIsToldToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank("right")
		var inside atomic.Int64
		s := b.replica(t, "r", MemoryStore(), func(ctx context.Context) (Secret, error) {
			inside.Add(1)
			defer inside.Add(-1)
			<-ctx.Done()
			return Secret{}, ctx.Err()
		})
		for range 3 {
			start := time.Now()
			_, err := s.Token()
			if waited := time.Since(start); !errors.Is(err, ErrUnavailable) || waited > DefaultRequestTimeout*3/2 || inside.Load() != 0 {
				t.Errorf("after %v, with %d in the SecretSource: %v", waited, inside.Load(), err)
			}
		}
	})
}

// An operation that never returns keeps a goroutine, and with files on a dead server a thread. So
// few of them may run.
func TestStore_thatNeverReturnsKeepsFewGoroutines(t *testing.T) {
	for _, hangs := range []string{"load", "acquire", "watch", "save", "drop", "everything"} {
		t.Run(hangs, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var running, most atomic.Int64
				thaw := make(chan struct{})
				shelf := newShelf()
				shelf.hook = func(_ context.Context, op string) error {
					if hangs == op || hangs == "everything" {
						most.Store(max(most.Load(), running.Add(1)))
						defer running.Add(-1)
						<-thaw
					}
					return nil
				}
				m := &mint{lifetime: quarterHour}
				s := newSource(t, m, WithStore(shelf), WithName("k"))
				ctx, cancel := context.WithCancel(t.Context())
				followed := make(chan struct{})
				go func() {
					defer close(followed)
					_ = s.Follow(ctx)
				}()
				for range 40 {
					s.Invalidate(mustToken(t, s))
					time.Sleep(quarterHour)
				}
				if n := most.Load(); n > maxStuck+1 {
					t.Errorf("%d operations at once", n)
				}
				close(thaw)
				time.Sleep(time.Hour)
				shelf.operations()
				wantToken(t, s, fmt.Sprint("t", m.calls.Load()+1))
				if ops := shelf.operations(); !strings.Contains(ops, "acquire save") {
					t.Errorf("the store works again, and was asked for %q", ops)
				}
				cancel()
				<-followed
			})
		})
	}
}

// A lease that comes when nobody waits for it any more is given back, or the next process waits in
// vain.
func TestLease_thatComesTooLateIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := newShelf()
		shelf.hook = func(_ context.Context, op string) error {
			if op == "acquire" {
				time.Sleep(time.Second)
			}
			return nil
		}
		s := newSource(t, &mint{lifetime: quarterHour}, WithStore(shelf), WithName("k"))
		wantToken(t, s, "t1")
		time.Sleep(time.Second)
		if at, err := shelf.memoryStore.Acquire(t.Context(), "k", 0, time.Second); err != nil || at.Lease == nil || at.Lost {
			t.Errorf("got %+v, %v; want the lease", at, err)
		}
	})
}

// quoting is a store whose Save fails in a way that depends on the record.
type quoting struct {
	*shelf
	fail func(entry string) error
}

func (q quoting) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (Attempt, error) {
	at, err := q.shelf.Acquire(ctx, key, have, ttl)
	at.Lease = quotingLease{at.Lease, q.fail}
	return at, err
}

type quotingLease struct {
	Lease
	fail func(entry string) error
}

func (l quotingLease) Save(_ context.Context, w Write) error { return l.fail(string(w.Data)) }

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
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				seen := &recorder{}
				s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
					return &oauth2.Token{AccessToken: "opaque-access", RefreshToken: "opaque-refresh", Expiry: time.Now().Add(time.Hour)}, nil
				}), WithStore(quoting{newShelf(), c.fail}), WithName("k"), WithLogger(slog.New(slog.NewTextHandler(&log, nil))), WithObserver(seen))
				wantToken(t, s, "opaque-access")
				synctest.Wait()
				if !strings.Contains(log.String(), c.want) || strings.Contains(log.String(), "opaque-") {
					t.Error(log.String())
				}
				for _, e := range seen.events {
					if e.Err != nil && (strings.Contains(e.Err.Error(), "opaque-") || c.is != nil && !errors.Is(e.Err, c.is)) {
						t.Error(e.Err)
					}
				}
			})
		})
	}
}

func TestStore_tokenWithLittleLeftBeatsNone(t *testing.T) {
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
