//go:build unix

package redisstore_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
	"github.com/finsdk/finsdk-go/auth/storetest"
)

// open returns a store over client.
func open(t *testing.T, client redis.UniversalClient, opts ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealKey() auth.SecretSource {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return auth.StaticSecret(auth.NewSecret(base64.StdEncoding.EncodeToString(key)))
}

func TestStore(t *testing.T) {
	t.Run("one node", func(t *testing.T) {
		srv := redistest.Start(t)
		client := srv.Client()
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
	t.Run("sealed", func(t *testing.T) {
		srv := redistest.Start(t)
		client := srv.Client()
		storetest.Run(t, func(t *testing.T) auth.Store { return auth.Seal(open(t, client), sealKey()) })
	})
	t.Run("Cluster", func(t *testing.T) {
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.Cluster(t), ContextTimeoutEnabled: true, PoolSize: 64})
		t.Cleanup(func() { _ = client.Close() })
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
	if testing.Short() {
		return
	}
	t.Run("RESP2", func(t *testing.T) {
		srv := redistest.Start(t)
		client := redis.NewClient(&redis.Options{Addr: srv.Addr, ContextTimeoutEnabled: true, PoolSize: 64, Protocol: 2})
		t.Cleanup(func() { _ = client.Close() })
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
	t.Run("TLS", func(t *testing.T) {
		srv, config := redistest.TLS(t)
		client := redis.NewClient(&redis.Options{Addr: srv.Addr, ContextTimeoutEnabled: true, PoolSize: 64, TLSConfig: config})
		t.Cleanup(func() { _ = client.Close() })
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
	t.Run("Sentinel", func(t *testing.T) {
		_, _, sentinel := redistest.Sentinel(t)
		client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: redistest.MasterName, SentinelAddrs: []string{sentinel.Addr},
			ContextTimeoutEnabled: true, PoolSize: 64})
		t.Cleanup(func() { _ = client.Close() })
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
	t.Run("Ring", func(t *testing.T) {
		client := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": redistest.Start(t).Addr, "b": redistest.Start(t).Addr},
			ContextTimeoutEnabled: true, PoolSize: 64})
		t.Cleanup(func() { _ = client.Close() })
		storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
	})
}

var background = context.Background()

// take takes the lease of key.
func take(t *testing.T, s auth.Store, key string, have uint64) auth.Attempt {
	t.Helper()
	a, err := s.Acquire(background, key, have, 5*time.Second)
	if err != nil || a.Lease == nil {
		t.Fatalf("got %+v, %v", a, err)
	}
	return a
}

var write = auth.Write{Data: []byte("a token"), TTL: time.Hour, Fresh: time.Hour}

func save(t *testing.T, l auth.Lease) {
	t.Helper()
	if err := l.Save(background, write); err != nil {
		t.Fatal(err)
	}
}

func TestFencesGrowOverFlushAndRestart(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client())
	var last uint64
	for _, lose := range []func(){
		func() { srv.Do("flushall") },
		func() { srv.Do("script", "flush") },
		func() { srv.Do("del", srv.Do("keys", "*").([]any)[0]) }, // as an eviction does
		func() { srv.Kill(); srv.Launch() },
		func() {},
	} {
		a := take(t, s, "k", last)
		if a.Lease.Fence() <= last {
			t.Fatalf("fence %d after %d", a.Lease.Fence(), last)
		}
		last = a.Lease.Fence()
		save(t, a.Lease)
		lose()
	}
}

func TestFencesGrowWhileTheClockOfRedisIsBehind(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client())
	save(t, take(t, s, "k", 0).Lease)
	key := srv.Do("keys", "*").([]any)[0]
	hour := uint64(time.Now().Add(time.Hour).UnixMicro())
	srv.Do("hset", key, "latest", hour, "fence", hour)
	if a := take(t, s, "k", hour); a.Lease.Fence() != hour+1 {
		t.Errorf("got fence %d, want %d", a.Lease.Fence(), hour+1)
	}
}

func TestClockThatWasSetBack(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client())
	first := take(t, s, "k", 0).Lease
	save(t, first)
	take(t, s, "k", first.Fence())
	key := srv.Do("keys", "*").([]any)[0]
	hour := uint64(time.Now().Add(time.Hour).UnixMicro())
	srv.Do("hset", key, "since", hour, "saved", hour)
	a, err := s.Acquire(background, "k", 0, time.Second)
	if err != nil || a.Lease == nil || !a.Lost || a.Record.Fence != 0 {
		t.Errorf("got %+v, %v; want a lost lease, and no record of unknown age", a, err)
	}
}

func TestSpoiltHashIsNoRecord(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client())
	for field, values := range map[string][]string{
		"fence":  {"", "x", "-1", "nan", "inf", "1e300", "9999999999999999999"},
		"saved":  {"-inf", "9e15"},
		"ttl":    {"", "x", "-5", "nan"},
		"latest": {"", "nan", "inf", "9999999999999999999"},
		"holder": {"x", "-3", "nan"},
		"lease":  {"x", "nan", "-inf"},
	} {
		for _, value := range values {
			t.Run(field+"="+value, func(t *testing.T) {
				srv.Do("flushall")
				first := take(t, s, "k", 0).Lease
				save(t, first)
				srv.Do("hset", keyOf(t, srv), field, value)
				a, err := s.Acquire(background, "k", first.Fence(), time.Minute)
				if err != nil || a.Lease == nil || a.Lease.Fence() <= first.Fence() || a.Busy != 0 {
					t.Fatalf("got %+v, %v", a, err)
				}
				save(t, a.Lease)
				if r, err := s.Load(background, "k"); err != nil || string(r.Data) != "a token" || r.Fence != a.Lease.Fence() {
					t.Errorf("got %+v, %v", r, err)
				}
			})
		}
	}
}

func keyOf(t *testing.T, srv *redistest.Server) any {
	keys := srv.Do("keys", "*").([]any)
	if len(keys) != 1 {
		t.Fatalf("%d keys", len(keys))
	}
	return keys[0]
}

func TestOneHashPerEntryAndNothingReadableInItsName(t *testing.T) {
	srv := redistest.Start(t)
	s := open(t, srv.Client(), redisstore.WithPrefix("billing:"))
	save(t, take(t, s, "https://vendor.example user@example.com", 0).Lease)
	name := keyOf(t, srv).(string)
	if !strings.HasPrefix(name, "billing:{") || strings.Contains(name, "example") {
		t.Errorf("the key is called %s", name)
	}
	if ttl := srv.Do("pttl", name).(int64); ttl <= 0 || ttl > (2*time.Hour).Milliseconds() {
		t.Errorf("Redis forgets it in %d ms", ttl)
	}
}

func TestCallThatComesTwiceIsDoneOnce(t *testing.T) {
	srv := redistest.Start(t)
	client := srv.Client()
	client.AddHook(again{})
	s := open(t, client)
	a := take(t, s, "k", 0)
	if a.Lost {
		t.Error("the lease before counts as lost")
	}
	if err := a.Lease.Extend(background, time.Minute); err != nil {
		t.Error(err)
	}
	save(t, a.Lease)
	if err := a.Lease.Save(background, write); !errors.Is(err, auth.ErrLeaseLost) {
		t.Errorf("a second save: %v", err)
	}
	if ok, err := s.Drop(background, "k", a.Lease.Fence()); !ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
	b := take(t, s, "k", 0)
	if err := b.Lease.Release(background); err != nil {
		t.Error(err)
	}
}

// again sends each command twice, as a client does that lost the first answer.
type again struct{}

func (again) DialHook(next redis.DialHook) redis.DialHook { return next }
func (again) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (again) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if err := next(ctx, cmd); err != nil {
			return err
		}
		return next(ctx, cmd)
	}
}

func TestOperationIsOneRoundTripEvenOnAnEmptyRedis(t *testing.T) {
	client := redistest.Start(t).Client()
	if err := client.Ping(background).Err(); err != nil { // connect
		t.Fatal(err)
	}
	var sent counter
	client.AddHook(&sent)
	s := open(t, client)
	for range 2 {
		a := take(t, s, "k", 0)
		_ = a.Lease.Extend(background, time.Minute)
		_ = a.Lease.Save(background, write)
		_, _ = s.Load(background, "k")
		_, _ = s.Drop(background, "k", a.Lease.Fence())
		_ = take(t, s, "k", 0).Lease.Release(background)
	}
	if n := sent.Load(); n != 14 {
		t.Errorf("14 operations sent %d commands", n)
	}
}

// counter counts the commands that a client sends.
type counter struct{ atomic.Int64 }

func (*counter) DialHook(next redis.DialHook) redis.DialHook { return next }
func (*counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.Add(1)
		return next(ctx, cmd)
	}
}

func TestWatchIsWokenByARelease(t *testing.T) {
	s := open(t, redistest.Start(t).Client())
	a := take(t, s, "k", 0)
	ctx, cancel := context.WithTimeout(background, 10*time.Second)
	defer cancel()
	woken := make(chan error, 1)
	go func() { woken <- s.Watch(ctx, "k", 0) }()
	for { // until the watch has subscribed
		if err := a.Lease.Release(background); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-woken:
			if err != nil {
				t.Errorf("got %v", err)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
		a = take(t, s, "k", 0)
	}
}

func TestLeaseOfAnAnswerThatDidNotArriveIsTakenBack(t *testing.T) {
	srv := redistest.Start(t)
	proxy, delay := redistest.SlowProxy(t, srv.Addr, 0)
	slow, other := open(t, redistest.Client(t, proxy)), open(t, srv.Client())
	for _, lost := range []bool{false, true} {
		take(t, slow, fmt.Sprint("another", lost), 0) // it is connected, and Redis knows the script
		key := fmt.Sprintf("after a lost lease: %t", lost)
		if lost {
			if _, err := other.Acquire(background, key, 0, time.Millisecond); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		delay(400 * time.Millisecond)
		if a, err := slow.Acquire(limited(t), key, 0, time.Hour); err == nil {
			t.Fatalf("got %+v", a)
		}
		delay(0)
		redistest.Eventually(t, "the lease is free", func() bool {
			a, err := other.Acquire(background, key, 0, time.Hour)
			if a.Lease != nil && a.Lost != lost {
				t.Errorf("%s: got %+v", key, a)
			}
			return err == nil && a.Lease != nil
		})
	}
}

func TestLeaseIsNotGrantedToACallThatWasGivenUpLongAgo(t *testing.T) {
	srv := redistest.Start(t)
	frozen, other := open(t, srv.Client()), open(t, srv.Client())
	take(t, frozen, "another", 0) // it is connected
	srv.Freeze()
	if a, err := frozen.Acquire(limited(t), "k", 0, time.Hour); err == nil {
		t.Fatalf("got %+v", a)
	}
	time.Sleep(2 * time.Second) // nobody takes it back any more
	srv.Thaw()
	time.Sleep(100 * time.Millisecond)
	if a := take(t, other, "k", 0); a.Lost {
		t.Error("a lease that nobody had counts as lost")
	}
}
