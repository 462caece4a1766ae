// Package accesstoken has what everybody who handles an access token has to agree on.
package accesstoken

import (
	"errors"
	"time"
)

// MaxLifetime is the longest lifetime that is believed. Nobody issues tokens for longer; a gateway
// that counts in milliseconds or nanoseconds says more.
const MaxLifetime = 30 * 24 * time.Hour

// MaxMargin is the largest [Margin]: x/oauth2's.
const MaxMargin = 10 * time.Second

// Margin is what has to be left of a token with that lifetime for a token source to hand it out:
// MaxMargin, or a fifth of the lifetime where that is less.
func Margin(lifetime time.Duration) time.Duration { return min(MaxMargin, lifetime/5) }

// Check returns an error unless s can be an access token that travels in a header: at least one
// character, all of them visible ASCII (RFC 6749 appendix A.12, RFC 6750 section 2.1).
func Check(s string) error {
	if s == "" {
		return errors.New("the access token is missing")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return errors.New("the access token has a character that no header can carry")
		}
	}
	return nil
}
