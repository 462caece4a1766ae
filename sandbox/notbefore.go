package sandbox

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// RevokeBefore sets Keycloak's not-before policy of a realm: access and refresh tokens issued
// before t are refused, and every token answer has t in "not-before-policy". The zero time removes
// the policy.
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

// stale reports whether a token issued at the given time is refused. Without a policy none is, not
// even one from before 1970, where a clock may stand. The caller holds the mutex.
func (rm *realm) stale(issued int64) bool {
	return !rm.notBefore.IsZero() && issued < rm.notBefore.Unix()
}

// isStale is stale for who does not hold the mutex.
func (s *Server) isStale(rm *realm, claims jwt.MapClaims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return rm.stale(claimUnix(claims, "iat"))
}
