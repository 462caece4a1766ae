package sdk_test

import (
	"context"
	"sync"

	"github.com/finsdk/finsdk-go/auth"
)

// events are the events that an observer got.
type events struct {
	mu  sync.Mutex
	all []auth.Event
}

func (e *events) Observe(_ context.Context, event auth.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

func (e *events) of(kind auth.EventKind) []auth.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []auth.Event
	for _, event := range e.all {
		if event.Kind == kind {
			found = append(found, event)
		}
	}
	return found
}
