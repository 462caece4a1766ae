//go:build linux

package fleet

import (
	"fmt"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
)

const (
	faultReplicas = 5
	faultLifetime = 4 * time.Second // of access tokens, so that there are renewals all the time
)

// underLoad loads a fleet for 12 s and calls fault after 2 s. fault ends by itself, and does so within
// 4 s. Then underLoad checks that no call failed, that the vendor got no more requests than from
// replicas without a store, and that the fleet shares one token again.
func underLoad(t *testing.T, s setup, fault func()) {
	t.Helper()
	v := newVendor(t)
	v.lifetime = faultLifetime
	v.delay = 50 * time.Millisecond
	s.Vendor, s.AuthURL, s.SecretFile = "onefinops", v.URL, secret(t, "secret", "right")
	fleet := launch(t, faultReplicas, s)
	for _, p := range fleet {
		p.send(command{Do: "load", N: 4, Timeout: 3 * time.Second, For: 12 * time.Second})
	}
	start := time.Now()
	time.Sleep(2 * time.Second)
	fault()
	if d := time.Since(start); d > 6*time.Second {
		t.Errorf("the fault took until %s", d)
	}
	r := gather(fleet)
	seen := v.seen()
	t.Logf("%d calls, %d failed, the slowest took %s; %d requests; store events: %q", r.served()+r.failed(), r.failed(), r.Slowest.Round(time.Millisecond), len(seen), r.Events)
	if r.failed() > 0 || r.served() < 1000 {
		t.Errorf("%d served, failed: %v", r.served(), r.Errors)
	}
	// A token is renewed at half of its lifetime at the earliest.
	if most := faultReplicas * int(12*time.Second/(faultLifetime/2)+1); len(seen) > most {
		t.Errorf("%d requests, want at most %d", len(seen), most)
	}

	// Sharing again: within a few lifetimes, there is one request a lifetime.
	redistest.Eventually(t, "the fleet shares one token again", func() bool {
		before := len(v.seen())
		r := all(fleet, command{Do: "load", N: 1, Timeout: 3 * time.Second, For: faultLifetime})
		if r.failed() > 0 {
			t.Errorf("failed: %v", r.Errors)
		}
		return len(v.seen())-before <= 3 && len(r.Tokens) <= 3
	})
}

func skipInShort(t *testing.T) {
	if testing.Short() {
		t.Skip("left out in short form: make redis without -short runs it")
	}
}

func TestFleet_RedisFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(s *redistest.Server){
		"refuses connections": func(s *redistest.Server) { s.Kill(); time.Sleep(3 * time.Second); s.Launch() },
		"is frozen":           func(s *redistest.Server) { s.Freeze(); time.Sleep(3 * time.Second); s.Thaw() },
		"is restarted empty":  func(s *redistest.Server) { s.Kill(); s.Launch() },
		"is flushed": func(s *redistest.Server) {
			for range 30 {
				s.Do("flushall")
				time.Sleep(100 * time.Millisecond)
			}
		},
		"loses its scripts": func(s *redistest.Server) {
			for range 30 {
				s.Do("script", "flush")
				time.Sleep(100 * time.Millisecond)
			}
		},
		"is full": func(s *redistest.Server) {
			s.Do("config", "set", "maxmemory-policy", "noeviction")
			s.Do("config", "set", "maxmemory", "1")
			time.Sleep(3 * time.Second)
			s.Do("config", "set", "maxmemory", "0")
		},
		"evicts everything": func(s *redistest.Server) {
			s.Do("config", "set", "maxmemory-policy", "allkeys-random")
			s.Do("config", "set", "maxmemory", "1")
			time.Sleep(3 * time.Second)
			s.Do("config", "set", "maxmemory", "0")
		},
		"takes no writes": func(s *redistest.Server) {
			s.Do("config", "set", "min-replicas-to-write", "1")
			time.Sleep(3 * time.Second)
			s.Do("config", "set", "min-replicas-to-write", "0")
		},
		"drops its connections": func(s *redistest.Server) {
			for range 30 {
				s.Do("client", "kill", "type", "normal")
				s.Do("client", "kill", "type", "pubsub")
				time.Sleep(100 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "is frozen" {
				skipInShort(t)
			}
			t.Parallel()
			srv := redistest.Start(t)
			underLoad(t, setup{Redis: srv.Addr}, func() { fault(srv) })
		})
	}
}

func TestFleet_RedisIsSlow(t *testing.T) {
	skipInShort(t)
	t.Parallel()
	proxy, delay := redistest.SlowProxy(t, redistest.Start(t).Addr, 0)
	underLoad(t, setup{Redis: proxy}, func() {
		delay(200 * time.Millisecond)
		time.Sleep(3 * time.Second)
		delay(0)
	})
}

func TestFleet_SentinelFailsOver(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(master, sentinel *redistest.Server){
		"because the master died": func(master, _ *redistest.Server) { master.Kill() },
		"because the master hangs": func(master, _ *redistest.Server) {
			master.Freeze()
			time.Sleep(3 * time.Second)
			master.Thaw()
		},
		"because somebody asked for it": func(_, sentinel *redistest.Server) { redistest.Failover(t, sentinel) },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "because the master died" {
				skipInShort(t)
			}
			t.Parallel()
			master, _, sentinel := redistest.Sentinel(t)
			underLoad(t, setup{Redis: sentinel.Addr, Master: redistest.MasterName}, func() { fault(master, sentinel) })
		})
	}
}

// A process that starts while Redis fails is served nearly as fast as without a store.
func TestFleet_ColdCallWhileRedisFails(t *testing.T) {
	for name, address := range map[string]func(t *testing.T) string{
		"refuses connections": func(t *testing.T) string { return "127.0.0.1:" + redistest.FreePort(t) },
		"is frozen": func(t *testing.T) string {
			srv := redistest.Start(t)
			srv.Freeze()
			t.Cleanup(srv.Thaw)
			return srv.Addr
		},
		"is slow": func(t *testing.T) string {
			proxy, _ := redistest.SlowProxy(t, redistest.Start(t).Addr, 200*time.Millisecond)
			return proxy
		},
	} {
		t.Run(name, func(t *testing.T) {
			addr := address(t)
			v := newVendor(t)
			v.delay = 100 * time.Millisecond
			fleet := launch(t, 1, setup{Vendor: "onefinops", AuthURL: v.URL, SecretFile: secret(t, "secret", "right"), Redis: addr})
			r := all(fleet, command{Do: "get", N: 20, Timeout: 5 * time.Second})
			t.Logf("a cold call on a vendor of %s took %s; %q", v.delay, r.Slowest.Round(time.Millisecond), r.Events)
			if r.served() != 20 || len(v.seen()) != 1 || r.Slowest > 2*time.Second {
				t.Errorf("%d served in %s with %d requests: %v", r.served(), r.Slowest, len(v.seen()), r.Errors)
			}
		})
	}
}

func TestFleet_EntriesOfTwoVersions(t *testing.T) {
	srv := redistest.Start(t)
	v := newVendor(t)
	s := setup{Vendor: "fincalc", AuthURL: v.URL, SecretFile: secret(t, "secret", "right"), Redis: srv.Addr}
	for i, foreignFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("written by the later version first: %t", foreignFirst), func(t *testing.T) {
			srv.Do("flushall")
			later := s
			later.Foreign = true
			first, second := later, s
			if !foreignFirst {
				first, second = s, later
			}
			fleet := launchEach(t, first, second)
			for _, p := range fleet {
				p.send(command{Do: "get", N: 5, Timeout: 5 * time.Second})
				if r := p.answer(); len(r.Events) > 0 || len(r.Tokens) != 1 {
					t.Errorf("got %v, %v, %v", r.Tokens, r.Errors, r.Events)
				}
			}
			if n := len(v.seen()); n != i+1 {
				t.Errorf("%d requests in all, want %d", n, i+1)
			}
		})
	}
}
