package sandbox

import (
	"sync/atomic"
	"time"
)

// clock is the only source of time in a Server.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds by which Advance has moved it
}

func (c *clock) now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the sandbox's clock by d, which may be negative, without waiting: tokens and sessions age at once.
// It works on top of [WithClock] too.
func (s *Server) Advance(d time.Duration) {
	s.clock.offset.Add(int64(d))
	s.keep()
}

// Now is the time by the sandbox's clock.
func (s *Server) Now() time.Time { return s.clock.now() }
