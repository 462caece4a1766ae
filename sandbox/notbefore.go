package sandbox

import "time"

// RevokeBefore is Keycloak's not-before policy of a realm: tokens issued before t are refused, refresh tokens too, and
// every token answer says so in "not-before-policy". The zero time lifts it.
func (s *Server) RevokeBefore(v Vendor, realmName string, t time.Time) {
	s.mu.Lock()
	if rm := s.realms[v][realmName]; rm != nil {
		rm.notBefore = t
	}
	s.mu.Unlock()
	s.keep()
}

// staleBefore is the Unix time before which the realm's tokens are refused.
func (rm *realm) staleBefore(s *Server) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return rm.policy()
}

// policy is staleBefore for who holds the mutex.
func (rm *realm) policy() int64 {
	if rm.notBefore.IsZero() {
		return 0
	}
	return rm.notBefore.Unix()
}
