package auth

import (
	"math/rand/v2"
	"time"

	"github.com/finsdk/finsdk-go/internal/retryafter"
)

const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// backoff spaces the attempts of one source after failures. The steps are 1 s, 2 s, 4 s and so on
// up to 60 s. Each is lengthened by up to a quarter at random, so that replicas drift apart. A step
// counts from when the failed request was sent, so a request that took longer than its step needs
// no further wait.
type backoff struct {
	failures int
	until    instant // no request before this
	err      *Error  // the last failure
}

func (b *backoff) fail(err *Error, sent, now instant, retryAfter time.Duration) {
	step := maxBackoff
	if b.failures < 6 {
		step = firstBackoff << b.failures
	}
	step += rand.N(step / 4)
	b.failures++
	b.err = err
	b.until = sent.add(step)
	if after := now.add(min(retryAfter, retryafter.Max)); retryAfter > 0 && after.mono > b.until.mono {
		b.until = after
	}
}

// wait returns how long no request may be sent. If it is zero or less, one may be sent now.
func (b *backoff) wait(now instant) time.Duration {
	if b.failures == 0 {
		return 0
	}
	return now.until(b.until)
}

const (
	firstPause = time.Minute
	maxPause   = 16 * time.Minute
)

// rejection remembers credentials that the vendor has refused. They are not sent again before the
// pause ends: Keycloak locks users after repeated wrong passwords, and some vendors limit their
// token endpoint.
type rejection struct {
	fingerprint string // of the secret; "" if the Grant does not name it
	pause       time.Duration
	until       instant
	err         *Error
	changes     int // how many credentials in a row were refused, each unlike the one before
}

// remember starts a pause for the credentials. The pause doubles if the same ones were refused
// before.
func (r *rejection) remember(fingerprint string, err *Error, now instant) {
	if r.err != nil && r.fingerprint == fingerprint {
		r.pause = min(2*r.pause, maxPause)
	} else {
		if r.err != nil {
			r.changes++
		}
		r.pause = firstPause
	}
	r.fingerprint, r.err = fingerprint, err
	// If the vendor asks for a longer wait, keep to it.
	r.until = now.add(max(r.pause, min(err.RetryAfter, retryafter.Max)))
}

// changing reports whether the vendor keeps refusing new credentials: two replicas of a secret
// store disagree, or each request makes its own secret. New credentials never match the refused
// ones, so attempts with them keep the distance of other failures.
func (r *rejection) changing() bool { return r.changes > 1 }

// refusal returns the remembered error, with the rest of the pause as its RetryAfter. It returns
// nil if the credentials may be sent.
func (r *rejection) refusal(fingerprint string, now instant) *Error {
	left := now.until(r.until)
	if r.err == nil || r.fingerprint != fingerprint || left <= 0 {
		return nil
	}
	e := *r.err
	e.RetryAfter = left
	return &e
}
