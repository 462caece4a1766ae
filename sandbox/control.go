package sandbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
)

// Tokens lists the access tokens that are remembered, the oldest first, those that have expired
// included.
func (s *Server) Tokens() []IssuedToken {
	list := []IssuedToken{}
	for _, t := range s.accounts.Tokens(accounts.MaxTokens, s.clock.now()) {
		list = append(list, IssuedToken(t))
	}
	return list
}

// RevokeToken makes one access token invalid before its time. It reports whether one of that id is
// listed.
func (s *Server) RevokeToken(id string) bool {
	defer s.keep()
	return s.accounts.RevokeToken(id, s.clock.now())
}

// RevokeTokens revokes every access token of a vendor: API calls with them get 401. It returns how
// many of the listed tokens it revoked. Sessions go on, so finAPI's refresh tokens still work.
func (s *Server) RevokeTokens(v Vendor) int {
	defer s.keep()
	return s.accounts.RevokeAll(v, s.clock.now())
}

// RevokeBefore sets Keycloak's not-before policy of a realm: access and refresh tokens issued
// before t are refused, and every token answer has t in "not-before-policy". The zero time removes
// the policy.
func (s *Server) RevokeBefore(v Vendor, realmName string, t time.Time) {
	defer s.keep()
	s.accounts.RevokeBefore(v, realmName, t)
}

// LogoutUser ends all sessions of a finAPI user, as an administrator may, so that their access and
// refresh tokens become invalid. It returns the number of sessions.
func (s *Server) LogoutUser(mandator, username string) int {
	defer s.keep()
	return s.accounts.LogoutUser(mandator, username)
}

// RotateSecret gives a client a new secret, which the vendor's Config then has. At OneFinOps the
// old secret remains valid for 24 hours, by the sandbox's clock. At the others it becomes invalid
// at once.
func (s *Server) RotateSecret(v Vendor, clientID string) (auth.Secret, error) {
	secret, err := s.accounts.RotateSecret(v, clientID, s.clock.now())
	return secret, s.kept(err)
}

// SetPassword changes a finAPI user's password. Sessions go on, as with a Keycloak.
func (s *Server) SetPassword(mandator, username string, password auth.Secret) error {
	return s.kept(s.accounts.SetPassword(mandator, username, password))
}

// DisableUser disables a finAPI user, or enables it again.
func (s *Server) DisableUser(mandator, username string, disabled bool) error {
	return s.kept(s.accounts.DisableUser(mandator, username, disabled))
}

// DisableClient disables a vendor's client, or enables it again.
func (s *Server) DisableClient(v Vendor, clientID string, disabled bool) error {
	return s.kept(s.accounts.DisableClient(v, clientID, disabled))
}

// kept keeps the state after a change, unless that failed.
func (s *Server) kept(err error) error {
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
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

// Advance moves the sandbox's clock by d, which may be negative, without waiting: tokens and
// sessions age at once. It also works with [WithClock]. The clock can be off by at most 292 years,
// the range of a time.Duration; Advance ignores a move beyond that.
func (s *Server) Advance(d time.Duration) {
	_ = s.advance(d) // it says so above
}

func (s *Server) advance(d time.Duration) error {
	for {
		before := s.clock.offset.Load()
		after := before + int64(d)
		if (after > before) != (d > 0) && d != 0 {
			return errors.New("the clock cannot be more than 292 years off")
		}
		if s.clock.offset.CompareAndSwap(before, after) {
			s.keep()
			return nil
		}
	}
}

// Now is the time by the sandbox's clock.
func (s *Server) Now() time.Time { return s.clock.now() }

// TokenRequests counts the requests that have reached a vendor's token endpoint, whatever the
// answer.
func (s *Server) TokenRequests(v Vendor) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[v]
}
