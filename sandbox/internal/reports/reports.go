// Package reports keeps what clients of Finventi's RRC have reported: elements of several lists,
// each under a refId.
package reports

import (
	"fmt"
	"maps"
	"sync"

	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

// most is how many elements a Book keeps, 16 MiB at most. It forgets the oldest.
const most = 10_000

// A Book is safe for use by several goroutines. Its zero value is empty.
type Book struct {
	mu       sync.Mutex
	elements shelf.Shelf[place, map[string]any]
}

// A place is a refId in a list.
type place struct{ list, ref string }

// A Problem is why an element of a change is refused. Without Member, its refId is unknown;
// otherwise that member may not change.
type Problem struct {
	Index  int
	Member string
}

func (p *Problem) Error() string {
	if p.Member == "" {
		return fmt.Sprintf("[%d].refId is unknown", p.Index)
	}
	return fmt.Sprintf("[%d].%s never changes", p.Index, p.Member)
}

// Add puts elements into a list. It returns them with the refIds that newRef makes.
func (b *Book) Add(list string, elements []any, newRef func() string) []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.elements.Max = most
	added := make([]map[string]any, 0, len(elements))
	for _, element := range elements {
		members, _ := element.(map[string]any)
		members = maps.Clone(members)
		ref := newRef()
		members["refId"] = ref
		b.elements.Put(place{list, ref}, members, shelf.SizeOf(members))
		added = append(added, members)
	}
	return added
}

// Change replaces the elements of a list that have the refIds of these, all of them or, with a
// Problem, none. The fixed members have to stay as they are.
func (b *Book) Change(list string, elements []any, fixed ...string) ([]map[string]any, *Problem) {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := make([]map[string]any, 0, len(elements))
	for i, element := range elements {
		members, _ := element.(map[string]any)
		ref, _ := members["refId"].(string)
		old, ok := b.elements.Get(place{list, ref})
		if !ok {
			return nil, &Problem{Index: i}
		}
		for _, name := range fixed {
			if members[name] != old[name] {
				return nil, &Problem{Index: i, Member: name}
			}
		}
		changed = append(changed, members)
	}
	for _, members := range changed {
		ref, _ := members["refId"].(string)
		b.elements.Put(place{list, ref}, members, shelf.SizeOf(members))
	}
	return changed, nil
}

// Has reports whether a list has an element.
func (b *Book) Has(list, ref string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.elements.Get(place{list, ref})
	return ok
}
