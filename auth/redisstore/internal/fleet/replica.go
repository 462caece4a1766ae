//go:build linux

// Package fleet has the tests of a fleet: replicas of a service, each a process of its own, that
// share tokens through a real Redis.
package fleet

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/redisstore"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/onefinops"
)

// setupVariable is the environment variable that makes a process a replica.
const setupVariable = "FINSDK_FLEET_REPLICA"

// setup says what a replica's service is configured with.
type setup struct {
	Vendor     string // finapi, fincalc or onefinops
	AuthURL    string
	SecretFile string
	Mandator   string // of finapi
	Username   string // of finapi

	Redis    string // address
	Master   string // the name of Sentinel's master: Redis is then the address of Sentinel
	User     string
	Password string
	Keys     []string // files with keys for auth.Seal

	StopAt  string // a step at which the process stops itself, as SIGSTOP does
	Foreign bool   // the replica's version writes members into an entry that this one does not know
	Timeout time.Duration
}

// command is a line of a replica's standard input.
type command struct {
	Do      string        // get, load or renew
	N       int           // how many goroutines
	Timeout time.Duration // of each call
	For     time.Duration // load: how long
}

// result is a line of its standard output, for each command.
type result struct {
	Tokens  map[string]int // which access tokens the calls got, and how often
	Errors  map[string]int
	Early   int           // calls that failed although they had time left
	Slowest time.Duration // of all calls
	Left    time.Duration // the shortest RetryAfter
	Events  []string      // store events with an error, since the last command
}

// replicaMain runs the process as a replica until its standard input ends.
func replicaMain(config string) error {
	logging.Disable()
	var s setup
	if err := json.Unmarshal([]byte(config), &s); err != nil {
		return err
	}
	r := &replica{}
	if err := r.start(s); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(result{})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		if err := out.Encode(r.run(c)); err != nil {
			return err
		}
	}
	return nil
}

type replica struct {
	source *auth.TokenSource

	mu     sync.Mutex
	events map[string]bool
}

// Observe implements auth.Observer.
func (r *replica) Observe(_ context.Context, e auth.Event) {
	if e.Kind == auth.EventStore && e.Err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events[e.Op+": "+e.Err.Error()] = true
	}
}

func (r *replica) start(s setup) error {
	r.events = map[string]bool{}
	var client redis.UniversalClient
	if s.Master != "" {
		client = redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.Master, SentinelAddrs: []string{s.Redis}, ContextTimeoutEnabled: true})
	} else {
		client = redis.NewClient(&redis.Options{Addr: s.Redis, Username: s.User, Password: s.Password, ContextTimeoutEnabled: true})
	}
	shared, err := redisstore.New(client)
	if err != nil {
		return err
	}
	// As the page says, so that the first call does not have to connect.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	_ = client.Ping(ctx).Err()
	cancel()
	var store auth.Store = shared
	if s.StopAt != "" {
		store = &stopping{shared, s.StopAt}
	}
	if s.Foreign {
		store = &foreign{shared}
	}
	if len(s.Keys) > 0 {
		var keys []auth.SecretSource
		for _, file := range s.Keys {
			keys = append(keys, auth.FileSecret(file))
		}
		store = auth.Seal(store, keys...)
	}
	opts := []auth.Option{auth.WithStore(store), auth.WithObserver(r)}
	if s.Timeout > 0 {
		opts = append(opts, auth.WithRequestTimeout(s.Timeout))
	}
	secret := auth.FileSecret(s.SecretFile)
	switch s.Vendor {
	case "finapi":
		r.source, err = finapi.NewTokenSource(finapi.Config{Mandator: cmp.Or(s.Mandator, "demobank"), Username: cmp.Or(s.Username, "alice"), SecretSource: secret, AuthURL: s.AuthURL, APIURL: s.AuthURL}, opts...)
	case "fincalc":
		r.source, err = fincalc.NewTokenSource(fincalc.Config{ClientID: "7", Scope: "all", EmailAddress: "alice@example.com", SecretSource: secret, AuthURL: s.AuthURL, APIURL: s.AuthURL}, opts...)
	case "onefinops":
		r.source, err = onefinops.NewTokenSource(onefinops.Config{ClientID: "ofin_test_1", SecretSource: secret, AuthURL: s.AuthURL, APIURL: s.AuthURL}, opts...)
	default:
		err = fmt.Errorf("no vendor %q", s.Vendor)
	}
	return err
}

func (r *replica) run(c command) result {
	res := result{Tokens: map[string]int{}, Errors: map[string]int{}}
	var mu sync.Mutex
	call := func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
		defer cancel()
		start := time.Now()
		t, err := r.source.TokenContext(ctx)
		took := time.Since(start)
		mu.Lock()
		defer mu.Unlock()
		res.Slowest = max(res.Slowest, took)
		if err == nil {
			res.Tokens[t.AccessToken]++
			return
		}
		res.Errors[err.Error()]++
		if ctx.Err() == nil {
			res.Early++
		}
		var failure *auth.Error
		if errors.As(err, &failure) && failure.RetryAfter > 0 && (res.Left == 0 || failure.RetryAfter < res.Left) {
			res.Left = failure.RetryAfter
		}
	}
	if c.Do == "renew" { // what an API's 401 does
		ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
		if t, err := r.source.TokenContext(ctx); err == nil {
			r.source.Invalidate(t)
		}
		cancel()
	}
	var wg sync.WaitGroup
	end := time.Now().Add(c.For)
	for range c.N {
		wg.Go(func() {
			for call(); c.Do == "load" && time.Now().Before(end); call() {
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	res.Events = slices.Sorted(maps.Keys(r.events))
	clear(r.events)
	return res
}

// stopping is a store whose process stops itself at a step, once.
type stopping struct {
	*redisstore.Store
	at string
}

func (s *stopping) reach(step string) {
	if s.at == step {
		s.at = ""
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(20 * time.Millisecond) // it takes a moment to reach all threads
	}
}

// Acquire implements auth.Store.
func (s *stopping) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	s.reach("before the lease")
	a, err := s.Store.Acquire(ctx, key, have, ttl)
	if a.Lease != nil {
		s.reach("with the lease")
		a.Lease = &stoppingLease{a.Lease, s}
	}
	return a, err
}

type stoppingLease struct {
	auth.Lease
	store *stopping
}

// Save implements auth.Lease.
func (l *stoppingLease) Save(ctx context.Context, w auth.Write) error {
	l.store.reach("before the save")
	err := l.Lease.Save(ctx, w)
	l.store.reach("after the save")
	return err
}

// foreign is the store of another version, whose entries have members that this one does not know.
type foreign struct{ *redisstore.Store }

// Acquire implements auth.Store.
func (f *foreign) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	a, err := f.Store.Acquire(ctx, key, have, ttl)
	if a.Lease != nil {
		a.Lease = &foreignLease{a.Lease, key}
	}
	return a, err
}

type foreignLease struct {
	auth.Lease
	key string
}

// Save implements auth.Lease.
func (l *foreignLease) Save(ctx context.Context, w auth.Write) error {
	const checksum = 16 // characters, before the JSON
	var members map[string]any
	if err := json.Unmarshal(w.Data[checksum:], &members); err != nil {
		return err
	}
	members["from_a_later_version"] = map[string]any{"nested": []int{1, 2}}
	body, err := json.Marshal(members)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(slices.Concat([]byte(l.key), []byte{0}, body))
	w.Data = append([]byte(hex.EncodeToString(sum[:])[:checksum]), body...)
	return l.Lease.Save(ctx, w)
}

// secretFile writes a secret as a mounted one, by rename.
func secretFile(dir, name, secret string) (string, error) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".new", []byte(secret+"\n"), 0o600); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}
