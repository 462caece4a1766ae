package sandbox

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// WithStateFile keeps keys, secrets, sessions, revocations and the clock in a file, over a restart. The file holds
// them in the clear, readable by its owner alone; it is written anew, as a whole, with every change. One process at a
// time may use it.
func WithStateFile(path string) Option {
	return option(func(s *settings) { s.stateFile = path })
}

// stateFile writes the state; err is what came of the last time.
type stateFile struct {
	mu  sync.Mutex
	err error
}

// keep is called after a change that has to survive a restart.
func (s *Server) keep() {
	if s.settings.stateFile != "" && s.settings.err == nil {
		s.file.mu.Lock()
		s.file.err = s.saveState()
		s.file.mu.Unlock()
	}
	s.changed()
}

// stateError says why the state could not be kept, or nil.
func (s *Server) stateError() error {
	s.file.mu.Lock()
	defer s.file.mu.Unlock()
	return s.file.err
}

// stateVersion is that of the file's format.
const stateVersion = 1

type savedState struct {
	Version int                              `json:"version"`
	Offset  time.Duration                    `json:"clock_offset"`
	Keys    map[Vendor][]savedKey            `json:"keys"`
	Realms  map[Vendor]map[string]savedRealm `json:"realms"`
	Tokens  []savedToken                     `json:"tokens"`
}

type savedKey struct {
	Private     []byte `json:"private"` // PKCS #8
	Certificate []byte `json:"certificate"`
}

type savedRealm struct {
	HMAC      []byte                 `json:"hmac"`
	NotBefore time.Time              `json:"not_before"`
	Clients   map[string]savedClient `json:"clients"`
	Users     map[string]savedUser   `json:"users"`
	Sessions  []savedSession         `json:"sessions"`
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
	// Dead is set where the token itself was revoked, not its session ended.
	Dead bool `json:"dead"`
}

func (s *Server) saveState() error {
	state, err := s.snapshot()
	if err != nil {
		return fmt.Errorf("sandbox: keep the state: %w", err)
	}
	data, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("sandbox: keep the state: %w", err)
	}
	if err := replaceFile(s.settings.stateFile, data); err != nil {
		return fmt.Errorf("sandbox: keep the state: %w", err)
	}
	return nil
}

// replaceFile writes a file such that a reader, or a restart after a crash, finds the old one or the new one whole.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (s *Server) snapshot() (savedState, error) {
	state := savedState{Version: stateVersion, Offset: time.Duration(s.clock.offset.Load()),
		Keys: map[Vendor][]savedKey{}, Realms: map[Vendor]map[string]savedRealm{}}
	for _, v := range Vendors() {
		for _, k := range s.rings[v].made() {
			private, err := x509.MarshalPKCS8PrivateKey(k.private)
			if err != nil {
				return savedState{}, err
			}
			state.Keys[v] = append(state.Keys[v], savedKey{private, k.certificate})
		}
	}
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range Vendors() {
		state.Realms[v] = map[string]savedRealm{}
		for name, rm := range s.realms[v] {
			state.Realms[v][name] = rm.snapshot(now)
		}
	}
	for _, t := range s.tokens.order {
		if now.Before(t.expires) {
			state.Tokens = append(state.Tokens, savedToken{IssuedToken{ID: t.id, Vendor: t.vendor, Realm: t.realm, Client: t.client,
				User: t.user, Session: t.session, IssuedAt: t.at, Expiry: t.expires, Uses: t.uses}, t.revoked})
		}
	}
	return state, nil
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
		saved.Users[name] = savedUser{u.configured, u.Password.Reveal(), u.Disabled, u.failures, u.lockedUntil}
	}
	for _, x := range rm.sessions {
		if now.Before(x.end(rm.lifetimes)) {
			saved.Sessions = append(saved.Sessions, savedSession{x.id, x.client, x.user, x.scope, x.started, x.used, x.refresh, x.detached})
		}
	}
	return saved
}

// loadState takes up where the file left off, if there is one.
func (s *Server) loadState() error {
	if s.settings.stateFile == "" {
		return nil
	}
	data, err := os.ReadFile(s.settings.stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	var state savedState
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("state file %s: %w", s.settings.stateFile, err)
	}
	if state.Version != stateVersion {
		return fmt.Errorf("state file %s: version %d is not %d", s.settings.stateFile, state.Version, stateVersion)
	}
	for v, list := range state.Keys {
		if err := s.restoreKeys(v, list); err != nil {
			return fmt.Errorf("state file %s: %w", s.settings.stateFile, err)
		}
	}
	s.clock.offset.Store(int64(state.Offset))
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, realms := range state.Realms {
		for name, saved := range realms {
			// What the options do not name any more is gone.
			if rm := s.realms[v][name]; rm != nil {
				rm.restore(saved)
			}
		}
	}
	for _, t := range state.Tokens {
		s.tokens.add(&issued{id: t.ID, vendor: t.Vendor, realm: t.Realm, client: t.Client, user: t.User, session: t.Session,
			at: t.IssuedAt, expires: t.Expiry, revoked: t.Dead, uses: t.Uses})
	}
	return nil
}

func (s *Server) restoreKeys(v Vendor, list []savedKey) error {
	ring := s.rings[v]
	if ring == nil {
		return fmt.Errorf("there is no vendor %q", v)
	}
	keys := make([]*signingKey, 0, len(list))
	for _, saved := range list {
		parsed, err := x509.ParsePKCS8PrivateKey(saved.Private)
		if err != nil {
			return err
		}
		private, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return errors.New("a key is not of RSA")
		}
		key, err := assembleKey(private, saved.Certificate)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	ring.keys = keys
	return nil
}

func (rm *realm) restore(saved savedRealm) {
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
			c.secrets = append(c.secrets, liveSecret{auth.Secret(l.Value), l.Until})
		}
	}
	for name, su := range saved.Users {
		u := rm.users[name]
		if u == nil || su.Configured != u.configured {
			continue
		}
		u.Password, u.Disabled, u.failures, u.lockedUntil = auth.Secret(su.Password), su.Disabled, su.Failures, su.LockedUntil
	}
	for _, x := range saved.Sessions {
		rm.sessions[x.ID] = &session{id: x.ID, client: x.Client, user: x.User, scope: x.Scope, started: x.Started, used: x.Used,
			refresh: x.Refresh, detached: x.Detached}
	}
}
