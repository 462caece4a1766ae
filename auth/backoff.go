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

// backoff spaces the attempts of one source after failures: 1 s, 2 s, 4 s up to 60 s, each lengthened by up to a
// quarter so that replicas drift apart. A step counts from when the failed request was sent: one that took longer
// than the step needs no further wait.
type backoff struct {
	failures int
	until    instant // no request before this
	err      error   // the last failure
}

func (b *backoff) fail(err error, sent, now instant, retryAfter time.Duration) {
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

// wait returns how long no request may be sent; zero or less means that one may.
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

// rejection remembers credentials that the vendor has refused. They are not sent again before the pause ends:
// Keycloak locks users after repeated wrong passwords, and some vendors limit their token endpoint.
type rejection struct {
	fingerprint string // of the secret; "" when the Grant does not tell
	pause       time.Duration
	until       instant
	err         *Error
	changes     int // how many of the credentials refused in a row differed from those before
}

// remember starts a pause for the credentials, twice as long when the same ones were refused before.
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
	// A vendor that names a longer wait with its refusal is obeyed.
	r.until = now.add(max(r.pause, min(err.RetryAfter, retryafter.Max)))
}

// changing reports whether new credentials keep being refused too: two replicas of a secret store that disagree, or a
// secret made for each request. Being new, they are never among the refused ones; attempts with them keep the distance
// of other failures.
func (r *rejection) changing() bool { return r.changes > 1 }

// refusal returns the remembered error, with what is left of the pause, or nil when fingerprint may be sent.
func (r *rejection) refusal(fingerprint string, now instant) *Error {
	left := now.until(r.until)
	if r.err == nil || r.fingerprint != fingerprint || left <= 0 {
		return nil
	}
	e := *r.err
	e.RetryAfter = left
	return &e
}
