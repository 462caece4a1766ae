package sandbox

import (
	"fmt"
	"maps"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/einvoice"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
)

// stateVersion is that of the file's format.
const stateVersion = 2

// savedState is the whole state, or a change: then it holds only new or changed tokens, sessions
// and users.
type savedState struct {
	Version int                               `json:"version,omitempty"`
	Offset  time.Duration                     `json:"clock_offset,omitempty"`
	Keys    map[Vendor][]savedKey             `json:"keys,omitempty"`
	Realms  map[Vendor]map[string]*savedRealm `json:"realms,omitempty"`
	Tokens  []savedToken                      `json:"tokens,omitempty"`
	// Revoked maps the ids of revoked tokens to their expiry. RevokedBefore is set by
	// [Server.RevokeTokens].
	Revoked       map[string]time.Time `json:"revoked,omitempty"`
	RevokedBefore map[Vendor]time.Time `json:"revoked_before,omitempty"`
	EInvoices     einvoice.State       `json:"einvoices,omitzero"`
}

// realm is the part that is one realm's.
func (state *savedState) realm(v Vendor, name string) *savedRealm {
	if state.Realms == nil {
		state.Realms = map[Vendor]map[string]*savedRealm{}
	}
	if state.Realms[v] == nil {
		state.Realms[v] = map[string]*savedRealm{}
	}
	if state.Realms[v][name] == nil {
		state.Realms[v][name] = &savedRealm{}
	}
	return state.Realms[v][name]
}

type savedKey struct {
	Private     []byte `json:"private"` // PKCS #8
	Certificate []byte `json:"certificate"`
}

type savedRealm struct {
	HMAC      []byte                 `json:"hmac,omitempty"`
	NotBefore time.Time              `json:"not_before,omitzero"`
	Clients   map[string]savedClient `json:"clients,omitempty"`
	Users     map[string]savedUser   `json:"users,omitempty"`
	Sessions  []savedSession         `json:"sessions,omitempty"`
	Ended     []string               `json:"ended,omitempty"` // sessions that are no more
}

// savedClient counts only as long as the client is configured as it was.
type savedClient struct {
	Configured string        `json:"configured"` // fingerprint
	Secrets    []savedSecret `json:"secrets"`
	Disabled   bool          `json:"disabled"`
}

type savedSecret struct {
	Value string    `json:"value"`
	Until time.Time `json:"until"`
}

type savedUser struct {
	Configured  string    `json:"configured"`
	Password    string    `json:"password"`
	Disabled    bool      `json:"disabled"`
	Failures    int       `json:"failures"`
	LockedUntil time.Time `json:"locked_until"`
}

type savedSession struct {
	ID       string    `json:"id"`
	Client   string    `json:"client"`
	User     string    `json:"user"`
	Scope    string    `json:"scope"`
	Started  time.Time `json:"started"`
	Used     time.Time `json:"used"`
	Refresh  string    `json:"refresh"`
	Detached bool      `json:"detached"`
}

type savedToken struct {
	IssuedToken
	// Dead is where files before Revoked had that a token was revoked.
	Dead bool `json:"dead,omitempty"`
}

// snapshot is the whole state, which is as good as written.
func (s *Server) snapshot() (savedState, error) {
	state := savedState{Version: stateVersion, Offset: time.Duration(s.clock.offset.Load()), Keys: map[Vendor][]savedKey{}}
	for _, v := range Vendors() {
		for _, k := range s.rings[v].Made() {
			private, certificate, err := k.Marshal()
			if err != nil {
				return savedState{}, err
			}
			state.Keys[v] = append(state.Keys[v], savedKey{private, certificate})
		}
	}
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range Vendors() {
		for name, rm := range s.realms[v] {
			*state.realm(v, name) = rm.snapshot(now)
		}
	}
	for _, t := range s.tokens.order {
		if now.Before(t.Expiry) {
			state.Tokens = append(state.Tokens, savedToken{IssuedToken: *t})
		}
	}
	state.EInvoices = s.portal.Snapshot()
	state.Revoked, state.RevokedBefore = maps.Clone(s.tokens.revoked), maps.Clone(s.tokens.before)
	s.file.touched = touched{}
	return state, nil
}

func (x *session) saved() savedSession {
	return savedSession{x.id, x.client, x.user, x.scope, x.started, x.used, x.refresh, x.detached}
}

func (u *user) saved() savedUser {
	return savedUser{u.configured, u.Password.Reveal(), u.Disabled, u.failures, u.lockedUntil}
}

func (rm *realm) snapshot(now time.Time) savedRealm {
	saved := savedRealm{HMAC: rm.hmac, NotBefore: rm.notBefore, Clients: map[string]savedClient{}, Users: map[string]savedUser{}}
	for id, c := range rm.clients {
		sc := savedClient{Configured: c.configured, Disabled: c.Disabled}
		for _, l := range c.secrets {
			sc.Secrets = append(sc.Secrets, savedSecret{l.value.Reveal(), l.until})
		}
		saved.Clients[id] = sc
	}
	for name, u := range rm.users {
		saved.Users[name] = u.saved()
	}
	for _, x := range rm.sessions {
		if now.Before(x.end(rm.lifetimes)) {
			saved.Sessions = append(saved.Sessions, x.saved())
		}
	}
	return saved
}

// restore takes up a state.
func (s *Server) restore(state savedState) error {
	for v, list := range state.Keys {
		if err := s.restoreKeys(v, list); err != nil {
			return err
		}
	}
	s.clock.offset.Store(int64(state.Offset))
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, realms := range state.Realms {
		for name, saved := range realms {
			// What the options do not name any more is gone.
			if rm := s.realms[v][name]; rm != nil && saved != nil {
				rm.restore(saved)
				s.dropOrphans(rm)
			}
		}
	}
	for _, t := range state.Tokens {
		if !now.Before(t.Expiry) {
			continue
		}
		s.tokens.add(&t.IssuedToken)
		if t.Dead {
			s.tokens.revoke(t.ID, t.Expiry, now)
		}
	}
	maps.Copy(s.tokens.revoked, state.Revoked)
	s.tokens.sweep(now)
	maps.Copy(s.tokens.before, state.RevokedBefore)
	s.portal.Restore(state.EInvoices)
	return nil
}

// dropOrphans ends the sessions of deleted users, as Keycloak does. The caller holds the mutex.
func (s *Server) dropOrphans(rm *realm) {
	for id, x := range rm.sessions {
		if s.findUser(rm, x.user) == nil {
			delete(rm.sessions, id)
		}
	}
}

func (s *Server) restoreKeys(v Vendor, list []savedKey) error {
	ring := s.rings[v]
	if ring == nil {
		return fmt.Errorf("there is no vendor %q", v)
	}
	keys := make([]*signing.Key, 0, len(list))
	for _, saved := range list {
		key, err := signing.Parse(saved.Private, saved.Certificate)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	ring.Restore(keys)
	return nil
}

func (rm *realm) restore(saved *savedRealm) {
	if len(saved.HMAC) > 0 {
		rm.hmac = saved.HMAC
	}
	rm.notBefore = saved.NotBefore
	for id, sc := range saved.Clients {
		c := rm.clients[id]
		if c == nil || len(sc.Secrets) == 0 || sc.Configured != c.configured {
			continue
		}
		c.Disabled, c.secrets = sc.Disabled, nil
		for _, l := range sc.Secrets {
			c.secrets = append(c.secrets, liveSecret{auth.NewSecret(l.Value), l.Until})
		}
	}
	for name, su := range saved.Users {
		u := rm.users[name]
		if u == nil || su.Configured != u.configured {
			continue
		}
		u.Password, u.Disabled, u.failures, u.lockedUntil = auth.NewSecret(su.Password), su.Disabled, su.Failures, su.LockedUntil
	}
	for _, x := range saved.Sessions {
		if x.ID == "" {
			continue // it has ended
		}
		rm.sessions[x.ID] = &session{id: x.ID, client: x.Client, user: x.User, scope: x.Scope, started: x.Started, used: x.Used,
			refresh: x.Refresh, detached: x.Detached}
	}
}

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
	m.into.EInvoices.Invoices = append(m.into.EInvoices.Invoices, change.EInvoices.Invoices...)
	m.into.EInvoices.Bills = append(m.into.EInvoices.Bills, change.EInvoices.Bills...)
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

// touched is what calls have changed since it was last written.
type touched struct {
	list []touchedThing
	seen map[any]bool
}

// touchedThing is an *IssuedToken, a revocation, a *session or a *user.
type touchedThing struct {
	realm *realm // nil with a token, which names its own
	what  any
}

// touch notes that something is to be written. The Server's mutex is held.
func (s *Server) touch(rm *realm, what any) {
	t := &s.file.touched
	if s.file.path == "" || t.seen[what] {
		return
	}
	if t.seen == nil {
		t.seen = map[any]bool{}
	}
	t.seen[what] = true
	t.list = append(t.list, touchedThing{rm, what})
}

// snapshotTouched is the state as far as calls have changed it, if they have, which is as good as
// written.
func (s *Server) snapshotTouched() (change savedState, some bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.file.touched.list {
		switch x := t.what.(type) {
		case *IssuedToken:
			change.Tokens = append(change.Tokens, savedToken{IssuedToken: *x})
		case revocation:
			if change.Revoked == nil {
				change.Revoked = map[string]time.Time{}
			}
			change.Revoked[x.id] = x.end
		case *session:
			saved := change.realm(t.realm.vendor, t.realm.name)
			if t.realm.sessions[x.id] == x {
				saved.Sessions = append(saved.Sessions, x.saved())
			} else {
				saved.Ended = append(saved.Ended, x.id)
			}
		case *user:
			saved := change.realm(t.realm.vendor, t.realm.name)
			if saved.Users == nil {
				saved.Users = map[string]savedUser{}
			}
			saved.Users[x.Username] = x.saved()
		}
	}
	change.EInvoices = s.portal.Changes()
	some = len(s.file.touched.list) > 0 || len(change.EInvoices.Invoices)+len(change.EInvoices.Bills) > 0
	s.file.touched = touched{}
	return change, some
}
