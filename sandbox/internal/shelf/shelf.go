// Package shelf keeps the newest of many things.
package shelf

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
)

// maxSize is how many bytes the values of a Shelf have together, unless MaxSize says otherwise.
const maxSize = 16 << 20

// A Shelf keeps values by their keys, and forgets the oldest. It is not safe for use by several
// goroutines.
type Shelf[K comparable, V any] struct {
	Max     int // values
	MaxSize int // of all values together; 0 is 16 MiB
	values  map[K]sized[V]
	keys    []K // the oldest first
	size    int
}

type sized[V any] struct {
	value V
	size  int
}

// Get returns the value of a key.
func (s *Shelf[K, V]) Get(key K) (V, bool) {
	v, ok := s.values[key]
	return v.value, ok
}

// SizeOf returns the length of a value's JSON.
func SizeOf(value any) int {
	text, _ := json.Marshal(value) // what has none has no size either
	return len(text)
}

// Put keeps a value of a size under a key. A key that is there keeps its age. The newest value
// stays whatever its size.
func (s *Shelf[K, V]) Put(key K, value V, size int) {
	if s.values == nil {
		s.values = map[K]sized[V]{}
	}
	if old, ok := s.values[key]; ok {
		s.size -= old.size
	} else {
		s.keys = append(s.keys, key)
	}
	s.values[key] = sized[V]{value, size}
	s.size += size
	for len(s.keys) > 1 && (len(s.keys) > s.Max || s.size > cmp.Or(s.MaxSize, maxSize)) {
		s.Remove(s.keys[0])
	}
}

// Remove forgets a key.
func (s *Shelf[K, V]) Remove(key K) {
	s.size -= s.values[key].size
	delete(s.values, key)
	if i := slices.Index(s.keys, key); i == 0 {
		s.keys = s.keys[1:]
	} else if i > 0 {
		s.keys = slices.Delete(s.keys, i, i+1)
	}
}

// All returns the values, the oldest first.
func (s *Shelf[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, key := range s.keys {
			if !yield(key, s.values[key].value) {
				return
			}
		}
	}
}
