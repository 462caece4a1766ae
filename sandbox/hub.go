package sandbox

import (
	"strings"
	"sync"
)

// hub wakes whoever watches the sandbox. What has changed they read for themselves, so that nobody who is slow holds
// up a request, and nothing is lost.
type hub struct {
	mu       sync.Mutex
	watchers map[chan struct{}]struct{}
	name     string
}

// run names this Server among those that come one after the other at an address, for whoever watches over that.
func (h *hub) run() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.name == "" {
		h.name, _, _ = strings.Cut(newUUID(), "-")
	}
	return h.name
}

// watch returns a channel that receives after every change, several of which may count as one.
func (h *hub) watch() (changes <-chan struct{}, stop func()) {
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

func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
