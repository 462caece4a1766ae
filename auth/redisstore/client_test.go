package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
)

// embedding is how people add methods to a client.
type embedding struct{ *redis.Client }

// hiding has no Options method.
type hiding struct{ redis.UniversalClient }

func TestNew_ClientsThatFit(t *testing.T) {
	for name, client := range map[string]redis.UniversalClient{
		"one node":       redis.NewClient(&redis.Options{ContextTimeoutEnabled: true}),
		"no retries":     redis.NewClient(&redis.Options{ContextTimeoutEnabled: true, MaxRetries: -1}),
		"no pauses":      redis.NewClient(&redis.Options{ContextTimeoutEnabled: true, MaxRetries: 9, MinRetryBackoff: -1}),
		"short pauses":   redis.NewClient(&redis.Options{ContextTimeoutEnabled: true, MaxRetries: 5, MaxRetryBackoff: 50 * time.Millisecond}),
		"embedded":       embedding{redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})},
		"Sentinel":       redis.NewFailoverClient(&redis.FailoverOptions{ContextTimeoutEnabled: true, SentinelAddrs: []string{"127.0.0.1:1"}}),
		"Cluster":        redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true}),
		"Ring":           redis.NewRing(&redis.RingOptions{ContextTimeoutEnabled: true}),
		"from Universal": redis.NewUniversalClient(&redis.UniversalOptions{ContextTimeoutEnabled: true, Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}}),
	} {
		if _, err := redisstore.New(client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_ = client.Close()
	}
}

func TestNew_NamesTheFieldThatDoesNotFit(t *testing.T) {
	for field, client := range map[string]redis.UniversalClient{
		"ContextTimeoutEnabled": redis.NewClient(&redis.Options{}),
		"MaxRetries":            redis.NewClient(&redis.Options{ContextTimeoutEnabled: true, MaxRetries: 4}),
		"MaxRetryBackoff":       redis.NewClient(&redis.Options{ContextTimeoutEnabled: true, MinRetryBackoff: 100 * time.Millisecond}),
		"MaxRedirects":          redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true, MaxRedirects: 8}),
		"MaxRetries and":        redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true, MaxRetries: 3}),
		"ReadOnly":              redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true, ReadOnly: true}),
		"RouteByLatency":        redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true, RouteByLatency: true}),
		"RouteRandomly":         redis.NewClusterClient(&redis.ClusterOptions{ContextTimeoutEnabled: true, RouteRandomly: true}),
		"hiding":                hiding{redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})},
		"nil":                   nil,
	} {
		_, err := redisstore.New(client)
		if !errors.Is(err, auth.ErrInvalidConfig) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
		if client != nil {
			_ = client.Close()
		}
	}
	for name, client := range map[string]redis.UniversalClient{
		"Sentinel": redis.NewFailoverClient(&redis.FailoverOptions{SentinelAddrs: []string{"127.0.0.1:1"}}),
		"Cluster":  redis.NewClusterClient(&redis.ClusterOptions{}),
		"Ring":     redis.NewRing(&redis.RingOptions{}),
	} {
		if _, err := redisstore.New(client); err == nil || !strings.Contains(err.Error(), "ContextTimeoutEnabled") {
			t.Errorf("%s: got %v", name, err)
		}
		_ = client.Close()
	}
}

func TestNew_PrefixThatDoesNotFit(t *testing.T) {
	client := redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})
	defer client.Close()
	for _, prefix := range []string{"", "a{b}", "a*", "a b", "a\n"} {
		if _, err := redisstore.New(client, redisstore.WithPrefix(prefix)); !errors.Is(err, auth.ErrInvalidConfig) {
			t.Errorf("%q: got %v", prefix, err)
		}
	}
}
