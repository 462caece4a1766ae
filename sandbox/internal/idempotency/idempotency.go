// Package idempotency remembers the answers to calls that carry an idempotency key.
package idempotency

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

// Keep is how long a key is remembered.
const Keep = 24 * time.Hour

// most is how many keys a Store remembers.
const most = 1000

// A Store remembers answers by slot: a key and whose it is. Its zero value is ready to use, also by
// several goroutines.
type Store[A any] struct {
	mu    sync.Mutex
	slots shelf.Shelf[string, *entry[A]]
}

type entry[A any] struct {
	request [sha256.Size]byte
	at      time.Time
	done    chan struct{}
	answer  A
	ok      bool // run has returned
}

// An Outcome is what became of a call.
type Outcome int

// The outcomes.
const (
	Ran        Outcome = iota // it was the first one
	Replayed                  // it got the first one's answer
	Mismatched                // the key was used for another request
)

// Do runs a call, unless its slot has an answer already. A second call waits for the first. What
// belongs to the request is its path and its body.
func (s *Store[A]) Do(slot, path string, body []byte, now time.Time, run func() A) (A, Outcome) {
	sum := sha256.New()
	sum.Write([]byte(path + "\x00"))
	sum.Write(body)
	request := [sha256.Size]byte(sum.Sum(nil))
	s.mu.Lock()
	e, ok := s.slots.Get(slot)
	if !ok || now.Sub(e.at) >= Keep {
		e = &entry[A]{request: request, at: now, done: make(chan struct{})}
		s.slots.Max = most
		s.slots.Remove(slot) // it is new again
		s.slots.Put(slot, e, 0)
		s.mu.Unlock()
		defer close(e.done)
		e.answer = run()
		e.ok = true
		return e.answer, Ran
	}
	s.mu.Unlock()
	<-e.done
	var none A
	switch {
	case e.request != request:
		return none, Mismatched
	case !e.ok: // the first one panicked
		return run(), Ran
	}
	return e.answer, Replayed
}
