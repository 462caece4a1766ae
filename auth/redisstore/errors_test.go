//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
)

// wantHint checks that err is an [auth.Error] whose text has the code and a hint, and quotes neither
// key nor value.
func wantHint(t *testing.T, op string, err error, code, hint string) {
	t.Helper()
	var failure *auth.Error
	if !errors.As(err, &failure) {
		t.Errorf("%s: got %T %v", op, err, err)
		return
	}
	for _, text := range []string{code, hint} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %q is not in: %v", op, text, err)
		}
	}
	for e := err; e != nil; {
		for _, private := range []string{"finsdk:{", "vendor.example", "top secret", "user_script"} {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, private) {
				t.Errorf("%s: the error quotes %q: %s", op, private, text)
			}
		}
		joined, ok := e.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) == 0 {
			break
		}
		e = joined.Unwrap()[len(joined.Unwrap())-1]
	}
}

const key = "https://vendor.example"

var secretWrite = auth.Write{Data: []byte("top secret"), TTL: time.Hour, Fresh: time.Hour}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(background, 250*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestError_RedisThatIsFull(t *testing.T) {
	srv := redistest.Start(t, "--maxmemory-policy", "noeviction")
	s := open(t, srv.Client())
	a := take(t, s, key, 0)
	srv.Do("config", "set", "maxmemory", "1")
	_, err := s.Acquire(limited(t), "other", 0, time.Second)
	wantHint(t, "Acquire", err, "OOM", "maxmemory")
	wantHint(t, "Save", a.Lease.Save(limited(t), secretWrite), "OOM", "maxmemory")
	if _, err := s.Load(limited(t), key); err != nil {
		t.Errorf("Load writes nothing, but: %v", err)
	}
	srv.Do("config", "set", "maxmemory", "0")
	if err := a.Lease.Save(limited(t), secretWrite); err != nil {
		t.Errorf("after it has room again: %v", err)
	}
}

func TestError_ReplicaAnswersNothing(t *testing.T) {
	master := redistest.Start(t)
	s := open(t, master.Client())
	a := take(t, s, key, 0)
	save(t, a.Lease)
	host, port, _ := strings.Cut(master.Addr, ":")
	replica := redistest.Start(t, "--replicaof", host, port)
	redistest.Eventually(t, "the replica has the record", func() bool { return len(replica.Do("keys", "*").([]any)) == 1 })
	r := open(t, replica.Client())
	_, err := r.Load(limited(t), key)
	wantHint(t, "Load", err, "READONLY", "replica")
	_, err = r.Acquire(limited(t), key, 0, time.Second)
	wantHint(t, "Acquire with a fresh record", err, "READONLY", "replica")
	_, err = r.Acquire(limited(t), key, a.Lease.Fence(), time.Second)
	wantHint(t, "Acquire", err, "READONLY", "replica")
	_, err = r.Drop(limited(t), key, 7)
	wantHint(t, "Drop", err, "READONLY", "replica")
	wantHint(t, "Watch", r.Watch(limited(t), key, a.Lease.Fence()), "READONLY", "replica")
}

func TestError_Permissions(t *testing.T) {
	srv := redistest.Start(t)
	login := func(user, password string) auth.Store {
		client := redis.NewClient(&redis.Options{Addr: srv.Addr, Username: user, Password: password, ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = client.Close() })
		return open(t, client)
	}
	srv.Do("acl", "setuser", "keyless", "on", ">pass", "resetkeys", "~other:*", "+@all")
	srv.Do("acl", "setuser", "scriptless", "on", ">pass", "~*", "+@all", "-evalsha", "-eval")
	srv.Do("acl", "setuser", "writeless", "on", ">pass", "~*", "+@all", "-hset", "-hdel")
	for _, user := range []string{"keyless", "scriptless", "writeless"} {
		s := login(user, "pass")
		_, err := s.Load(limited(t), key)
		wantHint(t, user+": Load", err, "NOPERM", "docs/sharing-tokens.md")
		_, err = s.Acquire(limited(t), key, 0, time.Second)
		wantHint(t, user+": Acquire", err, "NOPERM", "docs/sharing-tokens.md")
	}
	_, err := login("keyless", "wrong").Load(limited(t), key)
	wantHint(t, "wrong password", err, "WRONGPASS", "Password")
	srv.Do("acl", "setuser", "default", "off")
	_, err = login("", "").Load(limited(t), key)
	wantHint(t, "no password", err, "NOAUTH", "Password")
}

func TestError_NameOfAnotherProgram(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client())
	save(t, take(t, s, key, 0).Lease)
	name := keyOf(t, srv)
	srv.Do("set", name, "top secret")
	_, err := s.Load(limited(t), key)
	wantHint(t, "Load", err, "WRONGTYPE", "WithPrefix")
}

func TestError_NodeOfACluster(t *testing.T) {
	s := open(t, redistest.Client(t, redistest.Cluster(t)[0]))
	var err error
	for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} { // some belong to another node
		if _, err = s.Load(limited(t), k); err != nil {
			break
		}
	}
	wantHint(t, "Load", err, "MOVED", "NewClusterClient")
}

func TestError_FrozenRedisHoldsNobody(t *testing.T) {
	srv := redistest.Start(t)
	warm, cold := open(t, srv.Client()), open(t, srv.Client())
	save(t, take(t, warm, key, 0).Lease)
	srv.Freeze()
	defer srv.Thaw()
	for name, s := range map[string]auth.Store{"connected": warm, "not connected": cold} {
		start := time.Now()
		_, err := s.Load(limited(t), key)
		if d := time.Since(start); d > 400*time.Millisecond {
			t.Errorf("%s: it took %s", name, d)
		}
		wantHint(t, name, err, "deadline exceeded", "hangs")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v is no timeout", name, err)
		}
	}
}

func TestError_RedisThatRefusesConnections(t *testing.T) {
	s := open(t, redistest.Client(t, "127.0.0.1:"+redistest.FreePort(t)))
	_, err := s.Load(limited(t), key)
	wantHint(t, "Load", err, "redis store: load", "")
	var failure *auth.Error
	if !errors.As(err, &failure) || failure.Err == nil {
		t.Errorf("got %v", err)
	}
	t.Log(err)
}
