// Package ratelimit limits how often each of many clients may ask, with a token bucket for each.
package ratelimit

import (
	"crypto/sha256"
	"math"
	"sync"
	"time"
)

// most bounds the clients that are remembered.
const most = 1000

// A Limiter lets each client through Requests times in each Per, and as often at once. It is safe
// for concurrent use.
type Limiter struct {
	Requests int
	Per      time.Duration

	mu      sync.Mutex // guards buckets
	buckets map[bucketKey]bucket
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
	if l.buckets == nil {
		l.buckets = map[bucketKey]bucket{}
	}
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= most {
			l.sweep(now)
		}
		b = bucket{level: float64(l.Requests), at: now}
	}
	b.level, b.at = l.level(b, now), now
	// A hair below one is one: the level is a sum of fractions.
	if b.level < 1-1e-9 {
		l.buckets[key] = b
		return 0, time.Duration((1 - b.level) / l.rate() * float64(time.Second))
	}
	b.level--
	l.buckets[key] = b
	return int(b.level), 0
}

// rate is how many requests drip in each second.
func (l *Limiter) rate() float64 { return float64(l.Requests) / l.Per.Seconds() }

// level is what a bucket holds by now.
func (l *Limiter) level(b bucket, now time.Time) float64 {
	passed := max(0, now.Sub(b.at).Seconds())
	return math.Min(b.level+passed*l.rate(), float64(l.Requests))
}

// sweep makes room for one more bucket. It forgets the full ones, which say nothing, or else the
// one used least recently.
func (l *Limiter) sweep(now time.Time) {
	var oldest bucketKey
	var at time.Time
	for key, b := range l.buckets {
		if l.level(b, now) >= float64(l.Requests) {
			delete(l.buckets, key)
		} else if at.IsZero() || b.at.Before(at) {
			oldest, at = key, b.at
		}
	}
	if len(l.buckets) >= most {
		delete(l.buckets, oldest)
	}
}
