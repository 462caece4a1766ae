package clientbook

import (
	"errors"
	"fmt"
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
