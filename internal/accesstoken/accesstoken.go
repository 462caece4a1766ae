// Package accesstoken holds the rules for access tokens that all packages must agree on.
package accesstoken

import (
	"errors"
	"time"
)

// MaxLifetime caps the lifetime of a token. Nobody issues tokens for longer, but a gateway that
// counts in milliseconds or nanoseconds claims more.
const MaxLifetime = 30 * 24 * time.Hour

// MaxMargin is the largest [Margin]. x/oauth2 has the same.
const MaxMargin = 10 * time.Second

// Margin returns how much of its lifetime a token must have left for a token source to return it:
// MaxMargin, or a fifth of the lifetime if that is less.
func Margin(lifetime time.Duration) time.Duration { return min(MaxMargin, lifetime/5) }

// Check returns an error unless s can be an access token in a header: at least one character, all
// of them visible ASCII (RFC 6749 appendix A.12, RFC 6750 section 2.1).
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
