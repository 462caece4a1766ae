package sandbox

import (
	"crypto/rand"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// session is a user's login. Every token of the login dies with it.
type session struct {
	id      string
	client  string
	user    string
	scope   string
	started time.Time
	used    time.Time // last login or refresh
	refresh string    // id of the refresh token that may still be used, where they rotate
	// detached is set after the second use of a refresh token: the session exists, but is useless.
	detached bool
}

func randomKey() []byte {
	key := make([]byte, 64)
	_, _ = rand.Read(key) // never fails
	return key
}

// end is when the session dies of age.
func (x *session) end(l Lifetimes) time.Time { return x.started.Add(l.SessionMax) }

func (x *session) alive(l Lifetimes, now time.Time) bool {
	return now.Before(x.end(l)) && now.Before(x.used.Add(l.SessionIdle))
}

// startSession logs a user in. The Server's mutex is held.
func (rm *realm) startSession(clientID, username, scope string, now time.Time) *session {
	// A sweep now and then keeps forgotten logins from piling up.
	if len(rm.sessions)%256 == 255 {
		for id, old := range rm.sessions {
			// Access tokens of an idle session live to their end.
			if !old.alive(rm.lifetimes, now) && now.After(old.used.Add(rm.lifetimes.Access+time.Second)) {
				delete(rm.sessions, id)
			}
		}
	}
	x := &session{id: uuid.New(), client: clientID, user: username, scope: scope, started: now, used: now}
	rm.sessions[x.id] = x
	return x
}

// nextRefresh sets the id of the session's next refresh token, the one that counts from now on. The
// caller holds the Server's mutex.
func (x *session) nextRefresh() string {
	x.refresh = uuid.New()
	return x.refresh
}

// endSession lets a session be over, if there is one of that id. The mutex is held.
func (s *Server) endSession(rm *realm, id string) {
	if x := rm.sessions[id]; x != nil {
		delete(rm.sessions, id)
		s.touch(rm, x)
	}
}

// accessLife is how long an access token lives, its session aside.
func (c *call) accessLife(rm *realm, by *client) time.Duration {
	switch {
	case c.lifetime != 0:
		return c.lifetime
	case by.AccessLifetime != 0:
		return by.AccessLifetime
	}
	return rm.lifetimes.Access
}

// accessExpiry clamps the life of an access token to its session's.
func (c *call) accessExpiry(rm *realm, by *client, x *session) time.Time {
	end := c.now.Add(c.accessLife(rm, by))
	if x != nil && x.end(rm.lifetimes).Before(end) {
		return x.end(rm.lifetimes)
	}
	return end
}

// refreshExpiry is when a refresh token dies where it is not used before.
func (rm *realm) refreshExpiry(x *session, now time.Time) time.Time {
	life := rm.lifetimes.SessionIdle
	if rm.lifetimes.Refresh > 0 {
		life = rm.lifetimes.Refresh
	}
	end := now.Add(life)
	if x.end(rm.lifetimes).Before(end) {
		return x.end(rm.lifetimes)
	}
	return end
}

// LogoutUser ends all sessions of a finAPI user, as an administrator may, so that their access and
// refresh tokens become invalid. It returns the number of sessions.
func (s *Server) LogoutUser(mandator, username string) int {
	s.mu.Lock()
	ended := 0
	if rm := s.realms[FinAPI][or(mandator, defaultMandator)]; rm != nil {
		for id, x := range rm.sessions {
			if x.user == username {
				delete(rm.sessions, id)
				ended++
			}
		}
	}
	s.mu.Unlock()
	s.keep()
	return ended
}
