package auth

import "time"

// MaxLifetime is the longest lifetime that is believed: nobody gives out tokens for longer, and a gateway that counts
// in milliseconds or nanoseconds gives itself away.
const MaxLifetime = 30 * 24 * time.Hour

// ExpiryMargin is what has to be left of a token with that lifetime for a [TokenSource] to hand it out: 10 s, or a
// fifth of the lifetime where that is less. A Grant that has two ways to get a token tries the other one for less.
func ExpiryMargin(lifetime time.Duration) time.Duration { return min(maxMargin, lifetime/5) }
