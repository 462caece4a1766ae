// Package ratelimit limits how often each of many clients may ask, with a token bucket for each.
package ratelimit

import (
	"crypto/sha256"
	"math"
	"sync"
	"time"
)

// most is how many clients are in a generation.
const most = 500

// A Limiter lets each client through Requests times in each Per, and as often at once. It is safe
// for concurrent use.
type Limiter struct {
	Requests int
	Per      time.Duration

	mu sync.Mutex // guards what follows
	// Clients that ask are in the new generation. Once it is full it becomes the old one, and who is
	// in that and has not asked since is forgotten.
	fresh, old map[bucketKey]bucket
}

// bucket is what a client has left.
type bucket struct {
	level float64
	at    time.Time
}

// A bucketKey is a hash of a client id. Anybody can send one, so the id itself, which may be long,
// is not kept.
type bucketKey [sha256.Size]byte

// Take takes one request out of the client's bucket, in which left remain. Where it is empty, wait
// is how long until one drips in.
func (l *Limiter) Take(client string, now time.Time) (left int, wait time.Duration) {
	key := bucketKey(sha256.Sum256([]byte(client)))
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.fresh[key]
	if !ok {
		if b, ok = l.old[key]; !ok {
			b = bucket{level: float64(l.Requests), at: now}
		}
		if l.fresh == nil || len(l.fresh) == most {
			l.fresh, l.old = map[bucketKey]bucket{}, l.fresh
		}
	}
	b.level, b.at = l.level(b, now), now
	// A hair below one is one: the level is a sum of fractions.
	if b.level < 1-1e-9 {
		l.fresh[key] = b
		return 0, time.Duration((1 - b.level) / l.rate() * float64(time.Second))
	}
	b.level--
	l.fresh[key] = b
	return int(b.level), 0
}

// rate is how many requests drip in each second.
func (l *Limiter) rate() float64 { return float64(l.Requests) / l.Per.Seconds() }

// level is what a bucket holds by now.
func (l *Limiter) level(b bucket, now time.Time) float64 {
	passed := max(0, now.Sub(b.at).Seconds())
	return math.Min(b.level+passed*l.rate(), float64(l.Requests))
}
