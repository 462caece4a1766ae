package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// overlap is how long OneFinOps lets a replaced secret work beside the new one.
const overlap = 24 * time.Hour

// RotateSecret gives a client a new secret, which the vendor's Config then has. At OneFinOps the
// old secret remains valid for 24 hours, by the sandbox's clock. At the others it becomes invalid
// at once.
func (s *Server) RotateSecret(v Vendor, clientID string) (auth.Secret, error) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	fresh := auth.NewSecret(base64.RawURLEncoding.EncodeToString(random[:]))
	now := s.clock.now()
	found := false
	s.mu.Lock()
	for _, rm := range s.realms[v] {
		known := rm.clients[clientID]
		if known == nil || known.Public {
			continue
		}
		found = true
		for _, old := range known.secrets {
			s.retire(old.value.Reveal())
		}
		kept := []liveSecret{{value: fresh}}
		if v == OneFinOps {
			old := known.secrets[0]
			old.until = now.Add(overlap)
			// A third secret never works: the second rotation ends the first one's overlap.
			kept = append(kept, old)
		}
		known.secrets = kept
	}
	s.mu.Unlock()
	if !found {
		return auth.Secret{}, fmt.Errorf("sandbox: %s has no client %q with a secret", v, clientID)
	}
	s.keep()
	return fresh, nil
}

// SetPassword changes a finAPI user's password. Sessions go on, as with a Keycloak.
func (s *Server) SetPassword(mandator, username string, password auth.Secret) error {
	return s.changeUser(mandator, username, func(u *user) {
		s.retire(u.Password.Reveal())
		u.Password = password
	})
}

// DisableUser disables a finAPI user, or enables it again.
func (s *Server) DisableUser(mandator, username string, disabled bool) error {
	return s.changeUser(mandator, username, func(u *user) { u.Disabled = disabled })
}

func (s *Server) changeUser(mandator, username string, change func(*user)) error {
	s.mu.Lock()
	var who *user
	if rm := s.realms[FinAPI][or(mandator, defaultMandator)]; rm != nil {
		who = rm.users[username]
	}
	if who != nil {
		change(who)
	}
	s.mu.Unlock()
	if who == nil {
		return fmt.Errorf("sandbox: mandator %q has no user %q", or(mandator, defaultMandator), username)
	}
	s.keep()
	return nil
}

// DisableClient disables a vendor's client, or enables it again.
func (s *Server) DisableClient(v Vendor, clientID string, disabled bool) error {
	found := false
	s.mu.Lock()
	for _, rm := range s.realms[v] {
		if known := rm.clients[clientID]; known != nil {
			known.Disabled, found = disabled, true
		}
	}
	s.mu.Unlock()
	if !found {
		return fmt.Errorf("sandbox: %s has no client %q", v, clientID)
	}
	s.keep()
	return nil
}

// RollKey makes a vendor sign with a new key. With keepOld, the old keys stay published and tokens
// signed with them stay valid. Otherwise those tokens are refused.
func (s *Server) RollKey(v Vendor, keepOld bool) error {
	ring := s.rings[v]
	if ring == nil {
		return fmt.Errorf("sandbox: there is no vendor %q", v)
	}
	ring.Roll(keepOld)
	s.changed()
	return nil
}
