package shelf_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

func TestShelf_forgetsTheOldest(t *testing.T) {
	s := shelf.Shelf[string, int]{Max: 2}
	s.Put("a", 1, 0)
	s.Put("b", 2, 0)
	s.Put("a", 3, 0)
	s.Put("c", 4, 0)
	if _, ok := s.Get("a"); ok {
		t.Error("the oldest is still there")
	}
	if got, ok := s.Get("b"); !ok || got != 2 {
		t.Errorf("b is %d, %t", got, ok)
	}
	var keys []string
	for key := range s.All() {
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"b", "c"}) {
		t.Errorf("got %q, want b and c", keys)
	}
	if all := maps.Collect(s.All()); all["c"] != 4 {
		t.Errorf("got %v", all)
	}
	for key := range s.All() {
		if key == "b" {
			break
		}
	}
}

func TestShelf_boundsTheSizeOfAllValues(t *testing.T) {
	s := shelf.Shelf[string, int]{Max: 10, MaxSize: 3}
	for i, key := range []string{"a", "b", "c", "b", "d"} {
		s.Put(key, i, 1)
	}
	if got := slices.Sorted(maps.Keys(maps.Collect(s.All()))); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("got %q, want b, c and d", got)
	}
	s.Put("c", 9, 3)
	s.Put("long", 10, 99)
	if got := maps.Collect(s.All()); len(got) != 1 || got["long"] != 10 {
		t.Errorf("got %v, want the newest alone, whatever its size", got)
	}
}

func TestShelf_removesAKey(t *testing.T) {
	s := shelf.Shelf[string, int]{Max: 2, MaxSize: 2}
	s.Put("a", 1, 1)
	s.Put("b", 2, 1)
	s.Remove("b")
	s.Remove("b")
	s.Put("c", 3, 1)
	if got := maps.Collect(s.All()); len(got) != 2 || got["a"] != 1 || got["c"] != 3 {
		t.Errorf("got %v, want a and c", got)
	}
}
