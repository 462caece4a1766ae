// Package shelf keeps the newest of many things.
package shelf

import (
	"iter"
	"slices"
)

// A Shelf keeps at most Max values by their keys, and forgets the oldest. It is not safe for use by
// several goroutines.
type Shelf[K comparable, V any] struct {
	Max    int
	values map[K]V
	keys   []K // the oldest first
}

// Get returns the value of a key.
func (s *Shelf[K, V]) Get(key K) (V, bool) {
	value, ok := s.values[key]
	return value, ok
}

// Put keeps a value under a key. A key that is there keeps its age.
func (s *Shelf[K, V]) Put(key K, value V) {
	if s.values == nil {
		s.values = make(map[K]V)
	}
	if _, ok := s.values[key]; !ok {
		if len(s.keys) >= s.Max {
			delete(s.values, s.keys[0])
			s.keys = slices.Delete(s.keys, 0, 1)
		}
		s.keys = append(s.keys, key)
	}
	s.values[key] = value
}

// All returns the values, the oldest first.
func (s *Shelf[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, key := range s.keys {
			if !yield(key, s.values[key]) {
				return
			}
		}
	}
}
