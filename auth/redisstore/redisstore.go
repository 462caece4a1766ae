// Package redisstore shares tokens among the replicas of a service through Redis.
//
// It needs Redis 6.2 or newer, or a server that speaks its protocol and runs its scripts, such as
// Valkey: one node, a master behind Sentinel, or a Cluster. TLS and ACL users are settings of the
// client. docs/sharing-tokens.md lists the permissions that a user needs.
package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/finsdk/finsdk-go/auth"
)

// DefaultPrefix begins the names of keys and channels.
const DefaultPrefix = "finsdk:"

// Store is an [auth.Store] and an [auth.Watcher] over Redis. Make one with [New]. It needs no
// Close.
//
// A key of the store is one hash in Redis and one channel of the same name: the prefix, and behind
// it a digest of the key in braces. Each method but Watch is one script. Redis forgets an entry
// when its record is useless and an hour has passed since its last lease.
//
// Fences grow by the clock of Redis, so they also grow over FLUSHALL, an eviction and a failover. A
// failover that loses the newest writes, as Redis replicates asynchronously, costs one more request
// to the vendor. After a failover, ages are by the clock of the new master, so the masters' clocks
// should agree to within a few seconds.
//
// Only masters answer: a replica refuses the scripts, even those that read.
//
// If Redis does not answer an Acquire in time, the store tries for up to a second, in the
// background, to take back a lease that may have been granted. A Redis that reads the call later
// than that grants none, if it has answered this store before.
type Store struct {
	client redis.UniversalClient
	prefix string
	sent   sync.Map     // the scripts that this store has sent
	ahead  atomic.Int64 // of elapsed is the clock of Redis, in microseconds; 0 if unknown
}

var start = time.Now()

// elapsed returns the microseconds since start, which no setting of a clock changes.
func elapsed() int64 { return time.Since(start).Microseconds() }

var (
	_ auth.Store   = (*Store)(nil)
	_ auth.Watcher = (*Store)(nil)
)

// An Option changes what [New] builds.
type Option interface{ apply(*Store) }

type optionFunc func(*Store)

func (f optionFunc) apply(s *Store) { f(s) }

// WithPrefix begins the names of keys and channels with prefix, so that two fleets can share one
// Redis and an ACL user can be limited to one of them. Default: [DefaultPrefix].
func WithPrefix(prefix string) Option {
	return optionFunc(func(s *Store) { s.prefix = prefix })
}

// New returns a Store that uses client. The store never closes client.
//
// client must have ContextTimeoutEnabled, without which a Redis that hangs holds a call for the
// ReadTimeout, 5 s by default. It must not pause for more than 250 ms in all between the attempts of
// one operation, which the defaults of MaxRetries and its backoffs do not, and must not read
// replicas. Otherwise the error is [auth.ErrInvalidConfig] and names the field. New sends nothing.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	s := &Store{client: client, prefix: DefaultPrefix}
	for _, o := range opts {
		if o != nil {
			o.apply(s)
		}
	}
	err := check(client)
	if s.prefix == "" || strings.ContainsAny(s.prefix, "{}*?[]\\ \r\n\t") {
		err = errors.Join(err, errors.New("WithPrefix: a prefix is not empty, and has no spaces, braces, brackets, *, ? or \\"))
	}
	if err != nil {
		return nil, &auth.Error{Op: "configure the redis store", Kind: auth.ErrInvalidConfig, Err: err}
	}
	return s, nil
}

// name returns the name of key's hash and channel. The braces keep both in one slot of a Cluster,
// and on one shard of a Ring. It is a digest, because keys hold URLs and user names.
func (s *Store) name(key string) string {
	sum := sha256.Sum256([]byte(key))
	return s.prefix + "{" + hex.EncodeToString(sum[:16]) + "}"
}

// run runs a script on key. op names the call if Redis has to recognize it when it comes twice. The
// first call sends the whole script, so that it takes one round trip even if Redis does not know it.
func (s *Store) run(ctx context.Context, script *redis.Script, key, op string, args ...any) (any, error) {
	run := script.Run
	if _, sent := s.sent.LoadOrStore(script, true); !sent {
		run = script.Eval
	}
	return run(ctx, s.client, []string{s.name(key)}, append([]any{op}, args...)...).Result()
}

// longest caps durations, so that a script can add them to the time.
const longest = 100 * 365 * 24 * time.Hour

// micros returns d in microseconds, rounded up, because what lasts at all must not last for 0.
func micros(d time.Duration) string {
	d = min(max(d, 0), longest)
	return strconv.FormatInt(int64((d+time.Microsecond-1)/time.Microsecond), 10)
}

// Load implements [auth.Store].
func (s *Store) Load(ctx context.Context, key string) (auth.Record, error) {
	a, _, err := s.attempt(s.run(ctx, load, key, ""))
	if err != nil {
		return auth.Record{}, failure("load", err)
	}
	return a.Record, nil
}

// Acquire implements [auth.Store].
func (s *Store) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	op, sent := rand.Text(), s.ahead.Load()
	if sent != 0 {
		sent += elapsed()
	}
	a, fence, err := s.attempt(s.run(ctx, acquire, key, op, strconv.FormatUint(have, 10), micros(ttl), sent))
	if err != nil {
		var answer redis.Error
		if !errors.As(err, &answer) {
			go s.undo(context.WithoutCancel(ctx), key, op)
		}
		return auth.Attempt{}, failure("acquire", err)
	}
	if fence != 0 {
		a.Lease = &lease{s, key, fence}
	}
	return a, nil
}

// undoLimit bounds an undo.
const undoLimit = time.Second

// undo ends a lease that Redis granted in an answer that did not arrive. Otherwise everybody would
// wait until it runs out.
func (s *Store) undo(ctx context.Context, key, op string) {
	ctx, cancel := context.WithTimeout(ctx, undoLimit)
	defer cancel()
	_, _ = s.run(ctx, undo, key, op)
}

// Drop implements [auth.Store].
func (s *Store) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	dropped, err := yes(s.run(ctx, drop, key, "", strconv.FormatUint(fence, 10)))
	if err != nil {
		return false, failure("drop", err)
	}
	return dropped, nil
}

// errAnswer is the error for an answer that is not the script's.
var errAnswer = errors.New("not the script's answer")

// attempt reads the answer of load and acquire, and the fence of the lease that was granted, if any.
func (s *Store) attempt(v any, err error) (auth.Attempt, uint64, error) {
	if err != nil {
		return auth.Attempt{}, 0, err
	}
	list, _ := v.([]any)
	if len(list) != 8 {
		return auth.Attempt{}, 0, errAnswer
	}
	data, ok := list[0].(string)
	var n [8]int64
	for i := 1; i < len(list); i++ {
		var isInt bool
		n[i], isInt = list[i].(int64)
		ok = ok && isInt && n[i] >= 0
	}
	if !ok {
		return auth.Attempt{}, 0, errAnswer
	}
	s.ahead.Store(n[7] - elapsed())
	a := auth.Attempt{Busy: time.Duration(n[5]) * time.Microsecond, Lost: n[6] == 1}
	if n[1] != 0 {
		a.Record = auth.Record{Data: []byte(data), Fence: uint64(n[1]), Age: time.Duration(n[2]) * time.Microsecond, Fresh: n[3] == 1}
	}
	return a, uint64(n[4]), nil
}

// yes reads the answer of the other scripts.
func yes(v any, err error) (bool, error) {
	n, ok := v.(int64)
	if err == nil && !ok {
		err = errAnswer
	}
	return n == 1, err
}

// lease is an [auth.Lease].
type lease struct {
	store *Store
	key   string
	fence uint64
}

// Fence implements [auth.Lease].
func (l *lease) Fence() uint64 { return l.fence }

// Extend implements [auth.Lease].
func (l *lease) Extend(ctx context.Context, ttl time.Duration) error {
	return l.run(ctx, "extend", extend, micros(ttl))
}

// Save implements [auth.Lease].
func (l *lease) Save(ctx context.Context, w auth.Write) error {
	return l.run(ctx, "save", save, w.Data, micros(w.TTL), micros(w.Fresh))
}

// Release implements [auth.Lease].
func (l *lease) Release(ctx context.Context) error {
	return l.run(ctx, "release", release)
}

func (l *lease) run(ctx context.Context, op string, script *redis.Script, args ...any) error {
	args = append([]any{strconv.FormatUint(l.fence, 10)}, args...)
	held, err := yes(l.store.run(ctx, script, l.key, rand.Text(), args...))
	switch {
	case err != nil:
		return failure(op, err)
	case !held:
		return auth.ErrLeaseLost
	}
	return nil
}
