package clientbook

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Goroutines create, add, remove and delete tags. No client keeps a tag that is deleted.
func TestBook_concurrentChanges(t *testing.T) {
	b := New()
	clients := b.List(Filter{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			client := clients[i%2].GUID
			for n := range 50 {
				tag, err := b.CreateTag(fmt.Sprint("Tag ", i, " ", n), "#000000")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := b.AddTag(client, tag.GUID); err != nil {
					t.Error(err)
				}
				if n%2 == 0 {
					err = b.RemoveTag(client, tag.GUID)
				}
				if err := errors.Join(err, b.DeleteTag(tag.GUID)); err != nil {
					t.Error(err)
				}
				b.List(Filter{Tags: []string{tag.GUID}})
				b.Tags()
			}
		})
	}
	wg.Wait()
	for _, c := range clients {
		tags, err := b.TagsOf(c.GUID)
		if want := len(c.tags); err != nil || len(tags) != want {
			t.Errorf("%s has %v, %v, and had %d", c.FirstName, tags, err, want)
		}
	}
	if n := len(b.Tags()); n != 4 {
		t.Errorf("%d tags are left", n)
	}
}

func TestBook_boundsTheTextOfTags(t *testing.T) {
	b := New()
	long := strings.Repeat("x", maxText/2)
	tag, err := b.CreateTag(long, "#000000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateTag(long, "#000000"); !errors.Is(err, ErrFull) {
		t.Errorf("a second long tag: %v, want %v", err, ErrFull)
	}
	if _, err := b.ChangeTag(tag.GUID, long+long, ""); !errors.Is(err, ErrFull) {
		t.Errorf("a longer name: %v, want %v", err, ErrFull)
	}
}
