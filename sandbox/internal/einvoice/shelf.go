package einvoice

import (
	"iter"
	"strconv"
)

// A shelf keeps the newest records, at most maxRecords of them and maxText of text.
type shelf[R any] struct {
	byKey map[string]placed[R]
	order []string // the oldest first
	text  int
}

type placed[R any] struct {
	record R
	text   int
}

const (
	maxRecords = 10_000
	maxText    = 64 << 20
)

func key(tenant, id string) string { return tenant + "\x00" + id }

func billKey(number int64) string { return strconv.FormatInt(number, 10) }

// get is a record, or its zero value.
func (s *shelf[R]) get(tenant, id string) R { return s.byKey[key(tenant, id)].record }

// put adds or replaces a record. The oldest ones make room for it.
func (s *shelf[R]) put(r R, tenant, id string, text int) {
	if s.byKey == nil {
		s.byKey = map[string]placed[R]{}
	}
	k := key(tenant, id)
	if old, known := s.byKey[k]; known {
		s.text -= old.text
	} else {
		s.order = append(s.order, k)
	}
	s.byKey[k] = placed[R]{r, text}
	s.text += text
	for len(s.order) > 1 && (len(s.order) > maxRecords || s.text > maxText) {
		s.text -= s.byKey[s.order[0]].text
		delete(s.byKey, s.order[0])
		s.order = s.order[1:]
	}
}

// all yields the records, the oldest first.
func (s *shelf[R]) all() iter.Seq[R] {
	return func(yield func(R) bool) {
		for _, k := range s.order {
			if !yield(s.byKey[k].record) {
				return
			}
		}
	}
}
