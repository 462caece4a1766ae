// Package idempotency remembers the answers to calls that carry an idempotency key.
package idempotency

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// Keep is how long a key is remembered.
const Keep = 24 * time.Hour

// most is how many keys a Store remembers.
const most = 1000

// A Store remembers answers by slot: a key and whose it is. Its zero value is ready to use, also by
// several goroutines.
type Store[A any] struct {
	mu    sync.Mutex
	slots map[string]*entry[A]
	order []string // the oldest slot first
}

type entry[A any] struct {
	request [sha256.Size]byte
	at      time.Time
	done    chan struct{}
	answer  A
	ok      bool // run has returned
}

// What became of a call.
type Outcome int

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
	e := s.slots[slot]
	if e == nil || now.Sub(e.at) >= Keep {
		e = &entry[A]{request: request, at: now, done: make(chan struct{})}
		s.add(slot, e)
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

// add puts an entry into a slot. The mutex is held.
func (s *Store[A]) add(slot string, e *entry[A]) {
	if s.slots == nil {
		s.slots = map[string]*entry[A]{}
	}
	if s.slots[slot] != nil {
		s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == slot })
	}
	if len(s.order) >= most {
		delete(s.slots, s.order[0])
		s.order = s.order[1:]
	}
	s.slots[slot] = e
	s.order = append(s.order, slot)
}
