// Package journal remembers the exchanges with a sandbox's vendors, and shows them without their
// secrets and tokens.
package journal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
)

// most is how many exchanges a Journal remembers.
const most = 1000

// A Journal remembers the newest exchanges. It is safe for concurrent use.
type Journal struct {
	known func() Known

	mu      sync.Mutex // guards what follows
	records []*record
	count   int64
}

// New makes a Journal. It calls known when new exchanges are first looked at.
func New(known func() Known) *Journal { return &Journal{known: known} }

// Note writes a call and its answer down.
func (j *Journal) Note(c Call) {
	r := &record{picture: c.picture()}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count++
	r.seq = j.count
	j.records = append(j.records, r)
	if len(j.records) > most {
		j.records = slices.Clone(j.records[len(j.records)/4:])
	}
}

// Reset forgets the exchanges. Their numbers go on.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records = nil
}

// After lists the exchanges behind a Seq that are remembered, the oldest first.
func (j *Journal) After(seq int64) []Exchange {
	j.mu.Lock()
	from, _ := slices.BinarySearchFunc(j.records, seq+1, func(r *record, seq int64) int { return int(r.seq - seq) })
	records := slices.Clone(j.records[from:])
	j.mu.Unlock()
	list := make([]Exchange, len(records))
	var v *veil
	for i, r := range records {
		r.once.Do(func() {
			if v == nil {
				v = newVeil(j.known())
			}
			r.shown = v.exchange(r)
			r.picture = picture{} // it has secrets in it
		})
		list[i] = r.shown
	}
	return list
}

// Find lists the exchanges that a query picks. The names of its members are [Filters].
func (j *Journal) Find(query url.Values) ([]Exchange, error) {
	f, err := readFilter(query)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(j.After(f.After), func(x Exchange) bool { return !f.matches(x) })
	return append([]Exchange{}, list...), nil
}

// Next waits for an exchange that the filter picks: the oldest one that is remembered, or else the
// first that comes. changes receives after each new exchange, and done is closed once none will
// come.
func (j *Journal) Next(ctx context.Context, f Filter, changes, done <-chan struct{}) (Exchange, error) {
	if err := f.check(); err != nil {
		return Exchange{}, err
	}
	wanted, last := f, "there was none"
	for {
		for _, x := range j.After(f.After) {
			if f.matches(x) {
				return x, nil
			}
			f.After = x.Seq
			last = fmt.Sprintf("the last was %d: %s %s %d", x.Seq, x.Vendor, x.Endpoint, x.Status)
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return Exchange{}, fmt.Errorf("no exchange like %+v, %s: %w", wanted, last, context.Cause(ctx))
		case <-done:
			return Exchange{}, fmt.Errorf("stopped, without an exchange like %+v, %s", wanted, last)
		}
	}
}
