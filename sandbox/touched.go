package sandbox

import "time"

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
	some = len(s.file.touched.list) > 0
	s.file.touched = touched{}
	return change, some
}
