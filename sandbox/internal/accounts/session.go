package accounts

import (
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// A Session is a user's login. Every token of the login dies with it.
type Session struct {
	ID      string    `json:"id"`
	Client  string    `json:"client"`
	User    string    `json:"user"` // the username
	Scope   string    `json:"scope"`
	Started time.Time `json:"started"`
	Used    time.Time `json:"used"` // last login or refresh
	// Refresh is the id of the refresh token that may still be used, if they rotate.
	Refresh string `json:"refresh"`
	// Detached is set after the second use of a refresh token: the session exists, but is useless.
	Detached bool `json:"detached"`
}

// End returns when the session dies of age.
func (x *Session) End(l Lifetimes) time.Time { return x.Started.Add(l.SessionMax) }

func (x *Session) alive(l Lifetimes, now time.Time) bool {
	return now.Before(x.End(l)) && now.Before(x.Used.Add(l.SessionIdle))
}

// usable reports whether the session can be continued.
func (x *Session) usable(l Lifetimes, now time.Time) bool {
	return x != nil && !x.Detached && x.alive(l, now)
}

// RefreshExpiry returns when a refresh token dies that is not used before.
func (rm *Realm) RefreshExpiry(x *Session, now time.Time) time.Time {
	life := rm.Lifetimes.SessionIdle
	if rm.Lifetimes.Refresh > 0 {
		life = rm.Lifetimes.Refresh
	}
	end := now.Add(life)
	if x.End(rm.Lifetimes).Before(end) {
		return x.End(rm.Lifetimes)
	}
	return end
}

// A Refused is why a Keycloak refuses a user or a session, in its words.
type Refused string

// The reasons.
const (
	NotRefused    Refused = ""
	WrongPassword Refused = "Invalid user credentials" // or the user is unknown or locked
	UserDisabled  Refused = "Account disabled"
	UserNotSetUp  Refused = "Account is not fully set up"
	SessionDead   Refused = "Session not active"
	SessionGone   Refused = "Session doesn't have required client"
	RefreshReused Refused = "Maximum allowed refresh token reuse exceeded"
	OwnerDisabled Refused = "User disabled"
)

// A LoginPolicy is how a Keycloak checks a password.
type LoginPolicy struct {
	Failures      int           // wrong passwords in a row that lock a user; 0 never does
	Lock          time.Duration // how long
	DisabledFirst bool          // a disabled user is refused as such whatever the password
}

// Login logs a user in. refreshID is the id that the session's refresh token has to have.
func (b *Book) Login(rm *Realm, clientID, username, password, scope string, p LoginPolicy, now time.Time) (who *LiveUser, x *Session, refreshID string, why Refused) {
	b.mu.Lock()
	defer b.mu.Unlock()
	who = b.user(rm, username)
	if why := b.checkUser(rm, who, password, p, now); why != NotRefused {
		return nil, nil, "", why
	}
	// A sweep now and then keeps forgotten logins from piling up.
	if len(rm.sessions)%256 == 255 {
		for id, old := range rm.sessions {
			// Access tokens of an idle session live to their end.
			if !old.alive(rm.Lifetimes, now) && now.After(old.Used.Add(rm.Lifetimes.Access+time.Second)) {
				delete(rm.sessions, id)
			}
		}
	}
	x = &Session{ID: uuid.New(), Client: clientID, User: who.Username, Scope: scope, Started: now, Used: now, Refresh: uuid.New()}
	rm.sessions[x.ID] = x
	b.touch(rm, x)
	return who, x, x.Refresh, NotRefused
}

// checkUser checks a password and whether the user may log in.
func (b *Book) checkUser(rm *Realm, who *LiveUser, password string, p LoginPolicy, now time.Time) Refused {
	switch {
	case who == nil, now.Before(who.lockedUntil):
		// Also for the right password, so that guessing learns nothing.
		return WrongPassword
	case who.Disabled && p.DisabledFirst:
		return UserDisabled
	case !who.accepts(password):
		who.failures++
		if p.Failures > 0 && who.failures >= p.Failures {
			who.failures, who.lockedUntil = 0, now.Add(p.Lock)
		}
		b.touch(rm, who)
		return WrongPassword
	case who.Disabled:
		return UserDisabled
	case len(who.RequiredActions) > 0:
		return UserNotSetUp
	}
	if who.failures > 0 {
		who.failures = 0
		b.touch(rm, who)
	}
	return NotRefused
}

// Refresh keeps the session of a refresh token alive. refreshID is the id that the next refresh
// token has to have. Where they rotate, a token that was used before ends the session.
func (b *Book) Refresh(rm *Realm, c signing.Claims, rotate bool, now time.Time) (who *LiveUser, x *Session, refreshID string, why Refused) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x = rm.sessions[c.Text("sid")]
	switch {
	case x == nil || !x.alive(rm.Lifetimes, now):
		return nil, nil, "", SessionDead
	case x.Detached:
		return nil, nil, "", SessionGone
	case rotate && x.Refresh != c.Text("jti"):
		// Someone else has used the token: neither of the two may go on.
		x.Detached = true
		b.touch(rm, x)
		return nil, nil, "", RefreshReused
	}
	if who = b.user(rm, x.User); who == nil || who.Disabled {
		return nil, nil, "", OwnerDisabled
	}
	x.Used = now
	// In the same breath as the check: of many who send a rotating token at once, one may go on.
	x.Refresh = uuid.New()
	b.touch(rm, x)
	return who, x, x.Refresh, NotRefused
}

// sessionOf returns the session of a token, or nil for a token without one. It reports false if the
// session has ended.
func (rm *Realm) sessionOf(c signing.Claims, now time.Time) (x *Session, ok bool) {
	id := c.Text("sid")
	if id == "" {
		return nil, true
	}
	x = rm.sessions[id]
	return x, x.usable(rm.Lifetimes, now)
}

// EndSession ends a session, if there is one of that id.
func (b *Book) EndSession(rm *Realm, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.endSession(rm, id)
}

func (b *Book) endSession(rm *Realm, id string) {
	if x := rm.sessions[id]; x != nil {
		delete(rm.sessions, id)
		b.touch(rm, x)
	}
}

// LogoutUser ends all sessions of a finAPI user, and returns their number.
func (b *Book) LogoutUser(mandator, username string) (ended int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rm := b.mandator(mandator)
	if rm == nil {
		return 0
	}
	for id, x := range rm.sessions {
		if x.User == username {
			delete(rm.sessions, id)
			ended++
		}
	}
	return ended
}
