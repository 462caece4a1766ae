package sandbox

import (
	"slices"
	"time"
)

// maxJournal is how many exchanges a Server remembers.
const maxJournal = 1000

// Journal lists the exchanges that are remembered, the oldest first.
func (s *Server) Journal() []Exchange { return s.journalAfter(0) }

func (s *Server) journalAfter(seq int64) []Exchange {
	s.mu.Lock()
	from, _ := slices.BinarySearchFunc(s.journal, seq+1, func(r *record, seq int64) int { return int(r.seq - seq) })
	records := slices.Clone(s.journal[from:])
	s.mu.Unlock()
	list := make([]Exchange, len(records))
	var v *veil
	for i, r := range records {
		r.once.Do(func() {
			if v == nil {
				v = s.veil()
			}
			r.shown = v.exchange(r)
			r.picture = picture{} // it has secrets in it
		})
		list[i] = r.shown
	}
	return list
}

// ResetJournal forgets the exchanges. Their numbers go on.
func (s *Server) ResetJournal() {
	s.mu.Lock()
	s.journal = nil
	s.mu.Unlock()
	s.changed()
}

// note writes a call and its answer into the journal.
func (s *Server) note(c *call, a answer, p *script) {
	r := &record{picture: c.picture(a)}
	r.took = time.Since(c.began)
	if p != nil {
		r.label, r.silent = p.label, p.wire == wireHang || p.wire == wireReset
	}
	s.mu.Lock()
	s.exchanges++
	r.seq = s.exchanges
	s.journal = append(s.journal, r)
	if len(s.journal) > maxJournal {
		s.journal = slices.Clone(s.journal[len(s.journal)/4:])
	}
	s.mu.Unlock()
	s.changed()
}
