package sandbox

import (
	"maps"
	"time"
)

// merger adds changes to a state. It knows where everything stands, so that each costs what is in
// it.
type merger struct {
	into     *savedState
	tokens   map[string]int
	sessions map[*savedRealm]map[string]int
}

func newMerger(into *savedState) *merger {
	m := &merger{into: into, tokens: map[string]int{}, sessions: map[*savedRealm]map[string]int{}}
	for i, t := range into.Tokens {
		m.tokens[t.ID] = i
	}
	return m
}

func (m *merger) add(change savedState) {
	for _, t := range change.Tokens {
		if i, known := m.tokens[t.ID]; known {
			m.into.Tokens[i] = t
			continue
		}
		m.tokens[t.ID] = len(m.into.Tokens)
		m.into.Tokens = append(m.into.Tokens, t)
	}
	if m.into.Revoked == nil {
		m.into.Revoked = map[string]time.Time{}
	}
	maps.Copy(m.into.Revoked, change.Revoked)
	for v, realms := range change.Realms {
		for name, from := range realms {
			if from != nil {
				m.addRealm(m.into.realm(v, name), from)
			}
		}
	}
}

func (m *merger) addRealm(to, from *savedRealm) {
	at := m.sessions[to]
	if at == nil {
		at = map[string]int{}
		for i, x := range to.Sessions {
			at[x.ID] = i
		}
		m.sessions[to] = at
	}
	for _, x := range from.Sessions {
		if i, known := at[x.ID]; known {
			to.Sessions[i] = x
			continue
		}
		at[x.ID] = len(to.Sessions)
		to.Sessions = append(to.Sessions, x)
	}
	for _, id := range from.Ended {
		if i, known := at[id]; known {
			to.Sessions[i] = savedSession{}
			delete(at, id)
		}
	}
	for name, u := range from.Users {
		if to.Users == nil {
			to.Users = map[string]savedUser{}
		}
		to.Users[name] = u
	}
}
