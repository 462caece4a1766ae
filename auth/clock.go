package auth

import "time"

// instant is one reading of both clocks, in nanoseconds. wall follows NTP, an operator, or a machine that
// slept; mono never jumps, but stands still during sleep on some systems.
type instant struct{ wall, mono int64 }

// add moves both clocks.
func (i instant) add(d time.Duration) instant { return instant{i.wall + int64(d), i.mono + int64(d)} }

// time returns the wall clock's reading.
func (i instant) time() time.Time { return time.Unix(0, i.wall) }

// before reports whether neither clock has reached limit. A token is valid only if both say so.
func (i instant) before(limit instant) bool { return i.wall < limit.wall && i.mono < limit.mono }

// until returns how far the monotonic clock is from limit. Pauses and back-off are measured by it alone, so that
// a wall clock that jumps neither shortens nor prolongs them.
func (i instant) until(limit instant) time.Duration { return time.Duration(limit.mono - i.mono) }

// now reads the clocks once.
func (s *TokenSource) now() instant {
	if s.clock != nil {
		return s.clock()
	}
	t := time.Now()
	return instant{wall: t.UnixNano(), mono: int64(t.Sub(s.born))}
}
