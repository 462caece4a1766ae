package sandbox

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// RevokeBefore is Keycloak's not-before policy of a realm: tokens issued before t are refused,
// refresh tokens too, and every token answer says so in "not-before-policy". The zero time lifts
// it.
func (s *Server) RevokeBefore(v Vendor, realmName string, t time.Time) {
	s.mu.Lock()
	if rm := s.realms[v][realmName]; rm != nil {
		rm.notBefore = t
	}
	s.mu.Unlock()
	s.keep()
}

// staleBefore is the Unix time before which the realm's tokens are refused, 0 where there is none.
func (rm *realm) staleBefore(s *Server) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return rm.policy()
}

// policy is staleBefore for who holds the mutex. It is what the wire says, where 0 is none.
func (rm *realm) policy() int64 {
	if rm.notBefore.IsZero() {
		return 0
	}
	return rm.notBefore.Unix()
}

// stale reports whether a token issued then is refused. Without a policy none is, not even one from
// before 1970, where a clock may stand. The mutex is held.
func (rm *realm) stale(issued int64) bool {
	return !rm.notBefore.IsZero() && issued < rm.notBefore.Unix()
}

// isStale is stale for who does not hold the mutex.
func (s *Server) isStale(rm *realm, claims jwt.MapClaims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return rm.stale(claimUnix(claims, "iat"))
}
