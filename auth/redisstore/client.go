package redisstore

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxRetrying bounds the pauses between one operation's attempts. A source gives a store about that
// long, so a client that pauses longer only wastes it.
const maxRetrying = 250 * time.Millisecond

// settings are the fields of a client's options that New checks.
type settings struct {
	contextTimeout bool
	retries        int
	retriesField   string // what the retries are called
	min, max       time.Duration
	replicas       string // the field that sends reads to replicas
}

// settingsOf reads the options of client. Clients that embed one of go-redis have its Options method
// too.
func settingsOf(client redis.UniversalClient) (settings, bool) {
	switch c := client.(type) {
	case interface{ Options() *redis.Options }:
		o := c.Options()
		return settings{contextTimeout: o.ContextTimeoutEnabled, retries: o.MaxRetries, retriesField: "MaxRetries",
			min: o.MinRetryBackoff, max: o.MaxRetryBackoff}, true
	case interface{ Options() *redis.ClusterOptions }:
		o := c.Options()
		s := settings{contextTimeout: o.ContextTimeoutEnabled, retries: o.MaxRedirects, retriesField: "MaxRedirects",
			min: o.MinRetryBackoff, max: o.MaxRetryBackoff}
		if o.MaxRetries > 0 {
			s.retries, s.retriesField = (o.MaxRedirects+1)*(o.MaxRetries+1)-1, "MaxRetries"
		}
		switch {
		case o.RouteByLatency:
			s.replicas = "RouteByLatency"
		case o.RouteRandomly:
			s.replicas = "RouteRandomly"
		case o.ReadOnly: // the other two set it
			s.replicas = "ReadOnly"
		}
		return s, true
	case interface{ Options() *redis.RingOptions }:
		o := c.Options()
		return settings{contextTimeout: o.ContextTimeoutEnabled, retries: o.MaxRetries, retriesField: "MaxRetries",
			min: o.MinRetryBackoff, max: o.MaxRetryBackoff}, true
	}
	return settings{}, false
}

// check returns an error that names the fields of client that do not fit, with values that do.
func check(client redis.UniversalClient) error {
	s, ok := settingsOf(client)
	if !ok {
		return fmt.Errorf("the options of a %T cannot be read: give the client of go-redis, or a type that embeds it", client)
	}
	var wrong []string
	if !s.contextTimeout {
		wrong = append(wrong, "ContextTimeoutEnabled is false, so a Redis that hangs would hold calls for the ReadTimeout: set it to true")
	}
	if d := s.retrying(); d > maxRetrying {
		wrong = append(wrong, fmt.Sprintf("%s and MaxRetryBackoff let one operation pause for %s, which is more than %s: lower them",
			s.retriesField, d, maxRetrying))
	}
	if s.replicas != "" {
		wrong = append(wrong, s.replicas+" is true, so replicas would be read, which may not know the newest token: set it to false")
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// retrying returns the longest sum of the pauses between the attempts of one operation. go-redis
// pauses at most MinRetryBackoff times one plus two to the power of the attempt.
func (s settings) retrying() time.Duration {
	var sum time.Duration
	for attempt := 1; attempt <= s.retries && sum <= maxRetrying && s.min > 0; attempt++ {
		pause := s.max
		if attempt < 32 {
			if d := s.min + s.min<<attempt; d > s.min && d < s.max {
				pause = d
			}
		}
		sum += pause
	}
	return sum
}
