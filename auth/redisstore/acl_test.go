//go:build unix

package redisstore_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
	"github.com/finsdk/finsdk-go/auth/storetest"
)

// documented returns the rules of the user in docs/sharing-tokens.md.
func documented(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/sharing-tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if rules, ok := strings.CutPrefix(line, "ACL SETUSER finsdk "); ok {
			return strings.Fields(rules)
		}
	}
	t.Fatal("the page names no user")
	return nil
}

func setUser(srv *redistest.Server, name string, rules []string) {
	args := []any{"acl", "setuser", name, "reset"}
	for _, rule := range rules {
		args = append(args, rule)
	}
	srv.Do(args...)
}

func loginAs(t *testing.T, srv *redistest.Server, user string) *redisstore.Store {
	client := redis.NewClient(&redis.Options{Addr: srv.Addr, Username: user, Password: "PASSWORD", ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = client.Close() })
	return open(t, client)
}

func TestACL_UserOfThePageCanDoEverything(t *testing.T) {
	srv := redistest.Start(t)
	setUser(srv, "finsdk", documented(t))
	storetest.Run(t, func(t *testing.T) auth.Store { return loginAs(t, srv, "finsdk") })
}

func TestACL_UserOfThePageCanDoNothingElse(t *testing.T) {
	srv := redistest.Start(t)
	setUser(srv, "finsdk", documented(t))
	client := redis.NewClient(&redis.Options{Addr: srv.Addr, Username: "finsdk", Password: "PASSWORD", ContextTimeoutEnabled: true})
	defer client.Close()
	for _, command := range [][]any{{"get", "finsdk:x"}, {"hset", "other", "a", "b"}, {"publish", "other", "x"}, {"flushall"}, {"keys", "*"}, {"config", "get", "*"}} {
		if err := client.Do(background, command...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%v: got %v", command, err)
		}
	}
}

func TestACL_EachRuleOfThePageIsNeeded(t *testing.T) {
	srv := redistest.Start(t)
	rules := documented(t)
	for i, rule := range rules {
		if rule == "on" || rule[0] == '>' || rule[0] == '-' || strings.HasPrefix(rule, "reset") {
			continue
		}
		t.Run(rule, func(t *testing.T) {
			setUser(srv, "limited", slices.Delete(slices.Clone(rules), i, i+1))
			if everything(t, srv, loginAs(t, srv, "limited")) {
				t.Errorf("everything works without %s", rule)
			}
		})
	}
	setUser(srv, "limited", rules)
	if !everything(t, srv, loginAs(t, srv, "limited")) {
		t.Error("something fails with all of them")
	}
}

// everything reports whether every operation succeeds, a watch is subscribed, and a save is published.
func everything(t *testing.T, srv *redistest.Server, s *redisstore.Store) bool {
	srv.Do("flushall")
	srv.Do("script", "flush")
	a, err := s.Acquire(background, "k", 0, time.Minute)
	if err != nil || a.Lease == nil {
		return false
	}
	name := keyOf(t, srv).(string)
	listener := srv.Client().Subscribe(background, name)
	defer listener.Close()
	if _, err := listener.Receive(background); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(background)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Watch(ctx, "k", 0)
	}()
	defer func() { cancel(); <-ended }()
	subscribed := false
	for end := time.Now().Add(time.Second); !subscribed && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		subscribed = srv.Do("pubsub", "numsub", name).([]any)[1].(int64) == 2
	}
	if a.Lease.Extend(background, time.Minute) != nil || a.Lease.Save(background, write) != nil {
		return false
	}
	_, unheard := listener.ReceiveTimeout(background, time.Second)
	_, unread := s.Load(background, "k")
	dropped, err := s.Drop(background, "k", a.Lease.Fence())
	return subscribed && unheard == nil && unread == nil && dropped && err == nil
}

// wantOnPage checks that the page names rules.
func wantOnPage(t *testing.T, rules string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/sharing-tokens.md")
	if err != nil || !strings.Contains(string(page), "`"+rules+"`") {
		t.Errorf("the page does not name `%s`: %v", rules, err)
	}
	return strings.Fields(rules)
}

func TestACL_Cluster(t *testing.T) {
	addrs := redistest.Cluster(t)
	rules := append(documented(t), wantOnPage(t, "+cluster|slots")...)
	for _, addr := range addrs {
		args := []any{"acl", "setuser", "finsdk"}
		for _, rule := range rules {
			args = append(args, rule)
		}
		if err := redistest.Client(t, addr).Do(background, args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs[:1], Username: "finsdk", Password: "PASSWORD", ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = client.Close() })
	storetest.Run(t, func(t *testing.T) auth.Store { return open(t, client) })
}

func TestACL_SentinelAndDatabase(t *testing.T) {
	master, replica, sentinel := redistest.Sentinel(t)
	setUser(sentinel, "watcher", append([]string{"on", ">PASSWORD"}, wantOnPage(t, "+sentinel|get-master-addr-by-name +sentinel|sentinels +subscribe &+switch-master &+replica-reconf-done")...))
	for _, srv := range []*redistest.Server{master, replica} {
		setUser(srv, "finsdk", append(documented(t), wantOnPage(t, "+select")...))
	}
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: redistest.MasterName, SentinelAddrs: []string{sentinel.Addr},
		SentinelUsername: "watcher", SentinelPassword: "PASSWORD", Username: "finsdk", Password: "PASSWORD", DB: 3, ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = client.Close() })
	s := open(t, client)
	save(t, take(t, s, "k", 0).Lease)
	redistest.Failover(t, sentinel)
	redistest.Eventually(t, "the store found the new master", func() bool {
		role, _ := replica.Do("role").([]any)
		a, err := s.Acquire(limited(t), "k", 7, time.Second)
		return len(role) > 0 && role[0] == "master" && err == nil && a.Record.Fence != 0
	})
}
