package auth

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

const (
	minRefreshWindow = 60 * time.Second // the least that vendors ask for, if tokens live long enough
	maxRefreshWindow = 15 * time.Minute // the default maximum, for tokens that live for hours
	jitterShare      = 10               // the window is widened by up to a tenth
	acceptedPause    = 10 * time.Second // instead of firstPause if a call has succeeded with the token
)

// entry is a token together with everything that the hot path needs to return it. It is immutable
// once stored, except for accepted.
type entry struct {
	token  *oauth2.Token
	header string  // the value of the Authorization header
	stale  instant // from here on the token is renewed in the background
	dead   instant // from here on the token is not returned
	expiry instant
	sent   instant // when its request was sent
	minted instant

	fence    uint64      // of the store's record that has it, or 0
	replaces int         // how many tokens in a row an API refused before this one
	accepted atomic.Bool // an API has accepted it
}

// newEntry checks t and computes how long it can be used. sent is when its request was sent, now is
// when the answer arrived.
func (s *TokenSource) newEntry(t *oauth2.Token, sent, now instant) (*entry, error) {
	malformed := func(format string, args ...any) *Error {
		return s.own(&Error{Op: "read the token", Kind: ErrMalformedResponse, Err: fmt.Errorf(format, args...)})
	}
	expired := func(format string, args ...any) *Error {
		e := malformed(format, args...)
		e.Transient = true // the next token may live longer
		e.Hint = "check this machine's clock; if it is right, the vendor issues expired tokens"
		return e
	}
	if t == nil {
		return nil, malformed("the Grant returned neither a token nor an error")
	}
	if err := accesstoken.Check(t.AccessToken); err != nil {
		return nil, malformed("%w", err)
	}
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return nil, malformed("the token is not a Bearer token")
	}
	// The token is a part of the header's value, so that a source holds it once.
	header := "Bearer " + t.AccessToken
	token := *t
	token.AccessToken = header[len("Bearer "):]
	if token.Expiry.IsZero() {
		if token.ExpiresIn > 0 {
			token.Expiry = sent.time().Add(clampSeconds(token.ExpiresIn))
		} else if token.ExpiresIn == 0 {
			exp, err := jwtExpiry(token.AccessToken)
			if err != nil {
				return nil, malformed("no expires_in, and the token does not tell its expiry: %w", err)
			}
			token.Expiry = exp
		}
	}
	// Expiry may be any time. Sub saturates, and min keeps the sums below from overflowing.
	left := min(token.Expiry.Sub(now.time()), accesstoken.MaxLifetime)
	if token.ExpiresIn > 0 {
		// Since Expiry was computed, somebody may have set back the wall clock, or it may be behind
		// the clock of the process that stored the token. So also count what has passed on the
		// monotonic clock.
		left = min(left, clampSeconds(token.ExpiresIn)-max(time.Duration(now.mono-sent.mono), 0))
	}
	if left <= 0 {
		return nil, expired("the token had expired on arrival")
	}
	if token.Expiry.Sub(now.time()) > left {
		token.Expiry = now.time().Add(left)
	}
	lifetime := left + time.Duration(now.wall-sent.wall)
	if lifetime < left {
		lifetime = left
	}
	margin := accesstoken.Margin(lifetime)
	window := s.window(lifetime)
	expiry := now.add(left)
	e := &entry{
		token:  &token,
		header: header,
		// stale must not be after dead: a fresh token is not compared with dead.
		stale: expiry.add(-max(window, margin)),
		// One nanosecond later, so that a token with exactly the margin left is still returned.
		dead:   expiry.add(-margin + 1),
		expiry: expiry,
		sent:   sent,
		minted: now,
	}
	if !now.before(e.dead) {
		return nil, expired("the token had all but expired on arrival: %s left of %s", rounded(left), rounded(lifetime))
	}
	return e, nil
}

// pause returns how long after its arrival a token is kept even if an API refuses it. A token that
// did not replace a refused one is replaced at once, and so is one that did if some call has
// succeeded with it. After further refusals in a row the pause grows: an API that refuses every
// token, perhaps on one path only, must not cost a new token for every call.
func (e *entry) pause() time.Duration {
	first, earlier := firstPause, e.replaces-1
	if e.accepted.Load() {
		first, earlier = acceptedPause, e.replaces-2
	}
	if earlier < 0 {
		return 0
	}
	return min(first<<min(earlier, 10), maxPause)
}

// window returns how long before its expiry a token of the given lifetime is renewed.
func (s *TokenSource) window(lifetime time.Duration) time.Duration {
	w := s.refreshWindow
	if w == 0 {
		w = min(max(minRefreshWindow, lifetime/10), maxRefreshWindow)
	}
	return min(w+time.Duration(s.jitter*float64(w/jitterShare)), lifetime/2)
}

// clampSeconds converts a lifetime in seconds to a duration that cannot overflow.
func clampSeconds(n int64) time.Duration {
	if n > int64(accesstoken.MaxLifetime/time.Second) {
		return accesstoken.MaxLifetime
	}
	return time.Duration(n) * time.Second
}
