package sandbox

import (
	"errors"
	"sync/atomic"
	"time"
)

// clock is the only source of time in a Server.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds by which Advance has moved it
}

func (c *clock) now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the sandbox's clock by d, which may be negative, without waiting: tokens and
// sessions age at once. It also works with [WithClock]. The clock can be off by at most 292 years,
// the range of a time.Duration; Advance ignores a move beyond that.
func (s *Server) Advance(d time.Duration) {
	_ = s.advance(d) // it says so above
}

func (s *Server) advance(d time.Duration) error {
	for {
		before := s.clock.offset.Load()
		after := before + int64(d)
		if (after > before) != (d > 0) && d != 0 {
			return errors.New("the clock cannot be more than 292 years off")
		}
		if s.clock.offset.CompareAndSwap(before, after) {
			s.keep()
			return nil
		}
	}
}

// Now is the time by the sandbox's clock.
func (s *Server) Now() time.Time { return s.clock.now() }
