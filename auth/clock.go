package auth

import "time"

// instant is one reading of both clocks, in nanoseconds. wall jumps when NTP or an operator sets
// it, or when the machine has slept. mono never jumps, but on some systems stands still during
// sleep.
type instant struct{ wall, mono int64 }

// add moves both clocks.
func (i instant) add(d time.Duration) instant { return instant{i.wall + int64(d), i.mono + int64(d)} }

// time returns the wall clock's reading.
func (i instant) time() time.Time { return time.Unix(0, i.wall) }

// before reports whether neither clock has reached limit. A token is valid only while both have
// not.
func (i instant) before(limit instant) bool { return i.wall < limit.wall && i.mono < limit.mono }

// until returns how far the monotonic clock is from limit. It alone measures pauses and back-off,
// so that a jump of the wall clock neither shortens nor prolongs them.
func (i instant) until(limit instant) time.Duration { return time.Duration(limit.mono - i.mono) }

// left returns how far the clock that is ahead is from limit: how long something stays valid.
func (i instant) left(limit instant) time.Duration {
	return min(time.Duration(limit.wall-i.wall), i.until(limit))
}

// now reads the clocks once.
func (s *TokenSource) now() instant {
	if s.clock != nil {
		return s.clock()
	}
	t := time.Now()
	return instant{wall: t.UnixNano(), mono: int64(t.Sub(s.born))}
}
