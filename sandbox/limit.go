package sandbox

import (
	"crypto/sha256"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Limit lets through Requests in each Per, and as many at once; a token bucket.
type Limit struct {
	Requests int
	Per      time.Duration
}

type limitKey struct {
	vendor   Vendor
	endpoint Endpoint
}

// WithLimit limits how often each client may ask one of a vendor's endpoints. Requests beyond are
// answered with 429 and a Retry-After header. The zero Limit lifts the limit.
//
// OneFinOps starts with 60 a minute on the token endpoint and 600 a minute on the API, FinCalc with
// 60 a minute on the token endpoint, the others without a limit.
func WithLimit(v Vendor, e Endpoint, l Limit) Option {
	return option(func(s *settings) {
		switch err := vendors.Check(v); {
		case err != nil:
			s.fail("%w", err)
			return
		case !vendors.Serves(v, e):
			s.fail("%s has no endpoint %q; it has %s", v, e, vendors.Words(vendors.Endpoints(v)))
			return
		}
		if l.Requests < 0 || l.Per < 0 || (l.Requests > 0) != (l.Per > 0) {
			s.fail("a limit of %d requests in %v makes no sense", l.Requests, l.Per)
		}
		s.limits[limitKey{v, e}] = l
	})
}

func defaultLimits() map[limitKey]Limit {
	return map[limitKey]Limit{
		{OneFinOps, TokenEndpoint}: {60, time.Minute},
		{OneFinOps, APIEndpoint}:   {600, time.Minute},
		{FinCalc, TokenEndpoint}:   {60, time.Minute},
	}
}

// bucket is what a client has left of a limit.
type bucket struct {
	level float64
	at    time.Time
}

// A bucketKey is a hash of a client id. Anybody can send one, so the id itself, which may be long,
// is not kept.
type bucketKey [sha256.Size]byte

// maxBuckets bounds the clients that are remembered for each limit.
const maxBuckets = 1000

// take takes one request out of the client's bucket. Where it is empty, wait is how long until one
// drips in.
func (s *Server) take(v Vendor, e Endpoint, client string, now time.Time) (limit Limit, left int, wait time.Duration) {
	limit, ok := s.limits[limitKey{v, e}]
	if !ok || limit.Requests == 0 {
		return Limit{}, 0, 0
	}
	key := bucketKey(sha256.Sum256([]byte(client)))
	s.mu.Lock()
	defer s.mu.Unlock()
	buckets := s.buckets[limitKey{v, e}]
	if buckets == nil {
		buckets = map[bucketKey]bucket{}
		s.buckets[limitKey{v, e}] = buckets
	}
	b, ok := buckets[key]
	if !ok {
		if len(buckets) >= maxBuckets {
			limit.sweep(buckets, now)
		}
		b = bucket{level: float64(limit.Requests), at: now}
	}
	b.level, b.at = limit.level(b, now), now
	// A hair below one is one: the level is a sum of fractions.
	if b.level < 1-1e-9 {
		buckets[key] = b
		return limit, 0, time.Duration((1 - b.level) / limit.rate() * float64(time.Second))
	}
	b.level--
	buckets[key] = b
	return limit, int(b.level), 0
}

// rate is how many requests drip in each second.
func (l Limit) rate() float64 { return float64(l.Requests) / l.Per.Seconds() }

// level is what a bucket holds by now.
func (l Limit) level(b bucket, now time.Time) float64 {
	passed := max(0, now.Sub(b.at).Seconds())
	return math.Min(b.level+passed*l.rate(), float64(l.Requests))
}

// sweep makes room for one more bucket. It forgets the full ones, which say nothing, or else the
// one used least recently.
func (l Limit) sweep(buckets map[bucketKey]bucket, now time.Time) {
	var oldest bucketKey
	var at time.Time
	for key, b := range buckets {
		if l.level(b, now) >= float64(l.Requests) {
			delete(buckets, key)
		} else if at.IsZero() || b.at.Before(at) {
			oldest, at = key, b.at
		}
	}
	if len(buckets) >= maxBuckets {
		delete(buckets, oldest)
	}
}

// overLimit counts the call against its client's limit, and is the vendor's 429 where that is
// spent.
func (c *call) overLimit() *answer {
	limit, left, wait := c.server.take(c.vendor, c.endpoint, c.client, c.now)
	c.limit, c.left = limit, left
	if wait == 0 {
		return nil
	}
	a := tooMany(c.vendor, c.endpoint)
	if c.vendor == FinCalc {
		a.with("X-RateLimit-Limit", strconv.Itoa(limit.Requests)).with("X-RateLimit-Remaining", "0")
	}
	a.with("Retry-After", strconv.Itoa(retryAfter(wait)))
	return &a
}

// tooMany is the 429 of Laravel, of OneFinOps's API, or of the gateway before a Keycloak, which has
// none of its own.
func tooMany(v Vendor, e Endpoint) answer {
	switch {
	case v == FinCalc:
		return jsonAnswer(http.StatusTooManyRequests, object{{"message", "Too Many Attempts."}})
	case v == OneFinOps && e == APIEndpoint:
		return onefinopsFailure(http.StatusTooManyRequests, "The client's limit is spent")
	}
	return textAnswer(http.StatusTooManyRequests, "text/plain; charset=utf-8", "Too Many Requests\n")
}

// retryAfter is a wait as the header has it, whole seconds and never none.
func retryAfter(wait time.Duration) int {
	return max(1, int(math.Ceil(wait.Seconds()-1e-9)))
}
