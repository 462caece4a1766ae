// Package hub tells those who watch a sandbox that something has changed.
package hub

import (
	"strings"
	"sync"

	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// A Hub wakes its watchers. They read the changes themselves, so that a slow watcher delays no
// request and misses nothing. The zero Hub is ready to use.
type Hub struct {
	mu       sync.Mutex
	watchers map[chan struct{}]struct{}
	name     string
}

// Run names this Hub among those that come one after the other at an address, for watchers that
// outlive one.
func (h *Hub) Run() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.name == "" {
		h.name, _, _ = strings.Cut(uuid.New(), "-")
	}
	return h.name
}

// Watch returns a channel that receives after every change, several of which may count as one.
func (h *Hub) Watch() (changes <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		h.watchers = map[chan struct{}]struct{}{}
	}
	h.watchers[ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, ch)
	}
}

// Wake tells the watchers of a change.
func (h *Hub) Wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
