package sandbox

import "time"

// An IssuedToken is an access token that a vendor handed out. The token itself is not kept.
type IssuedToken struct {
	ID       string    `json:"id"` // its claim jti
	Vendor   Vendor    `json:"vendor"`
	Realm    string    `json:"realm,omitempty"`
	Client   string    `json:"client"`
	User     string    `json:"user,omitempty"`
	Session  string    `json:"session,omitempty"`
	IssuedAt time.Time `json:"issued_at"`
	Expiry   time.Time `json:"expiry"`
	// Revoked is set once an API refuses it before its expiry, also where that is because its
	// session has ended.
	Revoked bool `json:"revoked"`
	// Uses counts the API calls that it let through.
	Uses int `json:"uses"`
}

// Tokens lists the access tokens that are remembered, the oldest first, those that have expired
// included.
func (s *Server) Tokens() []IssuedToken { return s.newestTokens(maxTokens) }

func (s *Server) newestTokens(most int) []IssuedToken {
	now := s.clock.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	from := max(0, len(s.tokens.order)-most)
	list := make([]IssuedToken, 0, len(s.tokens.order)-from)
	for _, t := range s.tokens.order[from:] {
		revoked := s.tokens.isRevoked(t.Vendor, t.ID, t.IssuedAt.Unix()) || !s.sessionLives(t, now)
		if rm := s.realms[t.Vendor][t.Realm]; rm != nil && rm.stale(t.IssuedAt.Unix()) {
			revoked = true
		}
		shown := *t
		shown.Revoked = revoked && now.Before(t.Expiry)
		list = append(list, shown)
	}
	return list
}

// RevokeToken makes one access token invalid before its time; it reports whether one of that id is
// listed.
func (s *Server) RevokeToken(id string) bool {
	s.mu.Lock()
	t := s.tokens.byID[id]
	if t != nil {
		s.tokens.revoke(id, t.Expiry, s.clock.now())
	}
	s.mu.Unlock()
	s.keep()
	return t != nil
}
