package sandbox

import (
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Limit allows Requests in each Per, and as many at once. It is a token bucket.
type Limit struct {
	Requests int
	Per      time.Duration
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
		s.limits[gate.Key{Vendor: v, Endpoint: e}] = l
	})
}

func defaultLimits() map[gate.Key]Limit {
	return map[gate.Key]Limit{
		{Vendor: OneFinOps, Endpoint: TokenEndpoint}: {60, time.Minute},
		{Vendor: OneFinOps, Endpoint: APIEndpoint}:   {600, time.Minute},
		{Vendor: FinCalc, Endpoint: TokenEndpoint}:   {60, time.Minute},
	}
}
