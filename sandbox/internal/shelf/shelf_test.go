package shelf_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

func TestShelfForgetsTheOldest(t *testing.T) {
	s := shelf.Shelf[string, int]{Max: 2}
	s.Put("a", 1)
	s.Put("b", 2)
	s.Put("a", 3)
	s.Put("c", 4)
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
