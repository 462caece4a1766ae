package sandbox

import (
	"math"
	"strconv"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Limit allows Requests in each Per, and as many at once. It is a token bucket.
type Limit struct {
	Requests int
	Per      time.Duration
}

type limitKey struct {
	vendor   Vendor
	endpoint Endpoint
}

// WithLimit limits how often each client may call one of a vendor's endpoints. Further requests get
// 429 and a Retry-After header. The zero Limit removes the limit.
//
// By default OneFinOps allows 60 a minute on the token endpoint and 600 a minute on the API,
// FinCalc 60 a minute on the token endpoint, and the others have no limit.
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

// overLimit counts the call against its client's limit, and is the vendor's 429 where that is
// spent.
func (c exchange) overLimit() *answer.Answer {
	limiter := c.server.limiters[limitKey{c.Vendor, c.Endpoint}]
	if limiter == nil {
		return nil
	}
	left, wait := limiter.Take(c.Client, c.Now)
	c.Limit, c.Left = limiter.Requests, left
	if wait == 0 {
		return nil
	}
	a := failures.TooMany(c.Vendor, c.Endpoint)
	if c.Vendor == FinCalc {
		a.With("X-RateLimit-Limit", strconv.Itoa(limiter.Requests)).With("X-RateLimit-Remaining", "0")
	}
	a.With("Retry-After", strconv.Itoa(retryAfter(wait)))
	return &a
}

// retryAfter is a wait as the header has it, whole seconds and never none.
func retryAfter(wait time.Duration) int {
	return max(1, int(math.Ceil(wait.Seconds()-1e-9)))
}
