package accounts

import (
	"maps"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A State is all that a Book keeps, or a change: then it holds only new or changed tokens, sessions
// and users.
type State struct {
	Realms map[vendors.Vendor]map[string]*realmState `json:"realms,omitempty"`
	Tokens []tokenState                              `json:"tokens,omitempty"`
	// Revoked maps the ids of revoked tokens to their expiry. RevokedBefore is set by
	// [Book.RevokeAll].
	Revoked       map[string]time.Time         `json:"revoked,omitempty"`
	RevokedBefore map[vendors.Vendor]time.Time `json:"revoked_before,omitempty"`
}

// A realmState is the state of a realm.
type realmState struct {
	HMAC      []byte                 `json:"hmac,omitempty"`
	NotBefore time.Time              `json:"not_before,omitzero"`
	Clients   map[string]clientState `json:"clients,omitempty"`
	Users     map[string]userState   `json:"users,omitempty"`
	Sessions  []Session              `json:"sessions,omitempty"`
	Ended     []string               `json:"ended,omitempty"` // sessions that are no more
}

// A tokenState is the state of a token.
type tokenState struct {
	Token
	// Dead says in old files, which have no Revoked, that a token was revoked.
	Dead bool `json:"dead,omitempty"`
}

// A clientState counts only as long as the client is configured as it was.
type clientState struct {
	Configured string        `json:"configured"` // fingerprint
	Secrets    []secretState `json:"secrets"`
	Disabled   bool          `json:"disabled"`
}

type secretState struct {
	Value string    `json:"value"`
	Until time.Time `json:"until"`
}

type userState struct {
	Configured  string    `json:"configured"`
	Password    string    `json:"password"`
	Disabled    bool      `json:"disabled"`
	Failures    int       `json:"failures"`
	LockedUntil time.Time `json:"locked_until"`
}

// realm returns the part of a realm, and makes it if there is none.
func (s *State) realm(v vendors.Vendor, name string) *realmState {
	if s.Realms == nil {
		s.Realms = map[vendors.Vendor]map[string]*realmState{}
	}
	if s.Realms[v] == nil {
		s.Realms[v] = map[string]*realmState{}
	}
	if s.Realms[v][name] == nil {
		s.Realms[v][name] = &realmState{}
	}
	return s.Realms[v][name]
}

func (u *LiveUser) state() userState {
	return userState{u.configured, u.Password.Reveal(), u.Disabled, u.failures, u.lockedUntil}
}

func (rm *Realm) state(now time.Time) *realmState {
	s := &realmState{HMAC: rm.hmac, NotBefore: rm.notBefore, Clients: map[string]clientState{}, Users: map[string]userState{}}
	for id, c := range rm.clients {
		cs := clientState{Configured: c.configured, Disabled: c.Disabled}
		for _, l := range c.secrets {
			cs.Secrets = append(cs.Secrets, secretState{l.value.Reveal(), l.until})
		}
		s.Clients[id] = cs
	}
	for name, u := range rm.users {
		s.Users[name] = u.state()
	}
	for _, x := range rm.sessions {
		if now.Before(x.End(rm.Lifetimes)) {
			s.Sessions = append(s.Sessions, *x)
		}
	}
	return s
}

// Snapshot returns all that the Book keeps of the four vendors. [Book.Changes] then begins anew.
func (b *Book) Snapshot(now time.Time) State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s State
	for _, v := range vendors.All() {
		for name, rm := range b.realms[v] {
			*s.realm(v, name) = *rm.state(now)
		}
	}
	for _, t := range b.tokens.order {
		if now.Before(t.Expiry) {
			s.Tokens = append(s.Tokens, tokenState{Token: *t})
		}
	}
	s.Revoked, s.RevokedBefore = maps.Clone(b.tokens.revoked), maps.Clone(b.tokens.before)
	b.forget()
	return s
}

// Restore takes up a State, or a change that came after it. What the options do not name any more
// is gone.
func (b *Book) Restore(s State, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for v, realms := range s.Realms {
		for name, saved := range realms {
			if rm := b.realms[v][name]; rm != nil && saved != nil {
				rm.restore(saved)
			}
		}
	}
	for _, t := range s.Tokens {
		switch known := b.tokens.byID[t.ID]; {
		case known != nil:
			*known = t.Token
		case now.Before(t.Expiry):
			b.tokens.add(&t.Token)
		}
		if t.Dead {
			b.tokens.revoke(t.ID, t.Expiry, now)
		}
	}
	maps.Copy(b.tokens.revoked, s.Revoked)
	maps.Copy(b.tokens.before, s.RevokedBefore)
}

func (rm *Realm) restore(s *realmState) {
	if len(s.HMAC) > 0 { // otherwise it is a change
		rm.hmac, rm.notBefore = s.HMAC, s.NotBefore
	}
	for id, cs := range s.Clients {
		c := rm.clients[id]
		if c == nil || len(cs.Secrets) == 0 || cs.Configured != c.configured {
			continue
		}
		c.Disabled, c.secrets = cs.Disabled, nil
		for _, l := range cs.Secrets {
			c.secrets = append(c.secrets, liveSecret{auth.NewSecret(l.Value), l.Until})
		}
	}
	for name, us := range s.Users {
		if u := rm.users[name]; u != nil && us.Configured == u.configured {
			u.Password, u.Disabled, u.failures, u.lockedUntil = auth.NewSecret(us.Password), us.Disabled, us.Failures, us.LockedUntil
		}
	}
	for _, x := range s.Sessions {
		rm.sessions[x.ID] = &x
	}
	for _, id := range s.Ended {
		delete(rm.sessions, id)
	}
}

// A change is of a *Token, a revocation, a *Session or a *LiveUser.
type change struct {
	realm *Realm // nil with a token, which names its own
	what  any
}

// touch notes a change.
func (b *Book) touch(rm *Realm, what any) {
	if b.track && !b.noted[what] {
		b.noted[what] = true
		b.changed = append(b.changed, change{rm, what})
	}
}

func (b *Book) forget() { b.changed, b.noted = nil, map[any]bool{} }

// Track makes the Book note its changes, once all that was kept is restored.
func (b *Book) Track(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.track = true
	b.tokens.sweep(now)
	for _, realms := range b.realms {
		for _, rm := range realms {
			// The sessions of deleted users end, as with a Keycloak.
			maps.DeleteFunc(rm.sessions, func(_ string, x *Session) bool { return b.user(rm, x.User) == nil })
		}
	}
}

// Changes returns what calls have changed since the last Changes or [Book.Snapshot], and whether
// that is anything.
func (b *Book) Changes() (s State, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.changed {
		switch x := c.what.(type) {
		case *Token:
			s.Tokens = append(s.Tokens, tokenState{Token: *x})
		case revocation:
			if s.Revoked == nil {
				s.Revoked = map[string]time.Time{}
			}
			s.Revoked[x.id] = x.end
		case *Session:
			saved := s.realm(c.realm.Vendor, c.realm.Name)
			if c.realm.sessions[x.ID] == x {
				saved.Sessions = append(saved.Sessions, *x)
			} else {
				saved.Ended = append(saved.Ended, x.ID)
			}
		case *LiveUser:
			saved := s.realm(c.realm.Vendor, c.realm.Name)
			if saved.Users == nil {
				saved.Users = map[string]userState{}
			}
			saved.Users[x.Username] = x.state()
		}
	}
	some = len(b.changed) > 0
	b.forget()
	return s, some
}
