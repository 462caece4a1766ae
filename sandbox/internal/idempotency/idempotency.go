// Package idempotency remembers the answers to calls that carry an idempotency key.
package idempotency

import (
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

// keep is how long a key is remembered.
const keep = 24 * time.Hour

// most is how many keys a Store remembers, with answers of 16 MiB at most.
const most = 1000

// A Store remembers answers by slot: a key and whose it is. Its zero value is ready to use, also by
// several goroutines.
type Store struct {
	mu    sync.Mutex
	slots shelf.Shelf[string, *entry]
}

type entry struct {
	request [sha256.Size]byte
	at      time.Time
	done    chan struct{}
	answer  answer.Answer
	ok      bool // run has returned
}

// copied returns the answer for a caller, who may change it.
func (e *entry) copied() answer.Answer {
	a := e.answer
	a.Header, a.Members = maps.Clone(a.Header), slices.Clone(a.Members)
	return a
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
func (s *Store) Do(slot, path string, body []byte, now time.Time, run func() answer.Answer) (answer.Answer, Outcome) {
	sum := sha256.New()
	sum.Write([]byte(path + "\x00"))
	sum.Write(body)
	request := [sha256.Size]byte(sum.Sum(nil))
	s.mu.Lock()
	e, ok := s.slots.Get(slot)
	if !ok || now.Sub(e.at) >= keep {
		e = &entry{request: request, at: now, done: make(chan struct{})}
		s.slots.Max = most
		s.slots.Remove(slot) // it is new again
		s.slots.Put(slot, e, len(slot))
		s.mu.Unlock()
		defer close(e.done)
		e.answer = run()
		e.ok = true
		s.weigh(slot, e)
		return e.copied(), Ran
	}
	s.mu.Unlock()
	<-e.done
	switch {
	case e.request != request:
		return answer.Answer{}, Mismatched
	case !e.ok: // the first one panicked
		return run(), Ran
	}
	return e.copied(), Replayed
}

// weigh counts the size of an answer, unless its slot has been forgotten.
func (s *Store) weigh(slot string, e *entry) {
	size := len(slot) + len(e.answer.Body())
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, _ := s.slots.Get(slot); known == e {
		s.slots.Put(slot, e, size)
	}
}
