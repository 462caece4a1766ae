package auth

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// MemoryStore returns a Store that keeps its records in memory, for several sources of one process
// that share a token, and for tests. It is a [Watcher].
func MemoryStore() Store { return &memoryStore{entries: map[string]*memoryEntry{}} }

type memoryStore struct {
	mu      sync.Mutex
	entries map[string]*memoryEntry
}

// memoryEntry is what the store knows about one key.
type memoryEntry struct {
	latest uint64    // the fence of the newest lease
	holder uint64    // the fence of the lease that was neither saved nor released, or 0
	until  time.Time // when the holder's lease runs out

	write Write
	fence uint64 // of the record; 0 if there is none
	saved time.Time

	changed chan struct{} // closed and replaced when the record changes or the lease ends
}

// entry returns what is known about key. The caller holds mu.
func (m *memoryStore) entry(key string) *memoryEntry {
	e := m.entries[key]
	if e == nil {
		e = &memoryEntry{changed: make(chan struct{})}
		m.entries[key] = e
	}
	return e
}

// record returns the record as of now, which it forgets after its ttl.
func (e *memoryEntry) record(now time.Time) Record {
	age := now.Sub(e.saved)
	if e.fence != 0 && age >= e.write.TTL {
		e.write, e.fence = Write{}, 0
	}
	if e.fence == 0 {
		return Record{}
	}
	return Record{Data: e.write.Data, Fence: e.fence, Age: age, Fresh: age < e.write.Fresh}
}

// tell wakes those who watch.
func (e *memoryEntry) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// Load implements Store.
func (m *memoryStore) Load(_ context.Context, key string) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entry(key).record(time.Now()), nil
}

// Acquire implements Store.
func (m *memoryStore) Acquire(_ context.Context, key string, have uint64, ttl time.Duration) (Attempt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, e := time.Now(), m.entry(key)
	a := Attempt{Record: e.record(now)}
	busy := e.until.Sub(now)
	switch {
	case a.Record.Fresh && a.Record.Fence != have:
	case e.holder != 0 && busy > 0:
		a.Busy = busy
	default:
		a.Lost = e.holder != 0
		e.latest++
		e.holder, e.until = e.latest, now.Add(ttl)
		a.Lease = &memoryLease{m, key, e.holder}
	}
	return a, nil
}

// Drop implements Store.
func (m *memoryStore) Drop(_ context.Context, key string, fence uint64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entry(key)
	if e.record(time.Now()).Fence != fence || fence == 0 {
		return false, nil
	}
	e.write.Fresh = 0
	return true, nil
}

// Watch implements Watcher.
func (m *memoryStore) Watch(ctx context.Context, key string, after uint64) error {
	m.mu.Lock()
	e := m.entry(key)
	fence, changed := e.record(time.Now()).Fence, e.changed
	m.mu.Unlock()
	if fence != after {
		return nil
	}
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type memoryLease struct {
	store *memoryStore
	key   string
	fence uint64
}

// Fence implements Lease.
func (l *memoryLease) Fence() uint64 { return l.fence }

// held calls f unless the lease is lost.
func (l *memoryLease) held(f func(e *memoryEntry)) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	e := l.store.entry(l.key)
	if e.holder != l.fence {
		return ErrLeaseLost
	}
	f(e)
	return nil
}

// Extend implements Lease.
func (l *memoryLease) Extend(_ context.Context, ttl time.Duration) error {
	return l.held(func(e *memoryEntry) { e.until = time.Now().Add(ttl) })
}

// Save implements Lease.
func (l *memoryLease) Save(_ context.Context, w Write) error {
	w.Data = bytes.Clone(w.Data)
	return l.held(func(e *memoryEntry) {
		e.write, e.fence, e.saved, e.holder = w, l.fence, time.Now(), 0
		e.tell()
	})
}

// Release implements Lease.
func (l *memoryLease) Release(context.Context) error {
	return l.held(func(e *memoryEntry) {
		e.holder = 0
		e.tell()
	})
}
