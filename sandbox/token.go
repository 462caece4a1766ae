package sandbox

import (
	"encoding/json"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxTokens is how many issued tokens a Server remembers. Older ones still work, but are no longer
// listed.
const maxTokens = 10_000

// tokenBook remembers the newest tokens in the order of issue, and which of all tokens are revoked.
// The Server's mutex guards it.
type tokenBook struct {
	byID  map[string]*IssuedToken
	order []*IssuedToken

	revoked map[string]time.Time // end of the token, by its id
	before  map[Vendor]time.Time // tokens issued until then are revoked unless remembered
}

func (b *tokenBook) add(t *IssuedToken) {
	b.byID[t.ID] = t
	b.order = append(b.order, t)
	if len(b.order) > maxTokens {
		drop := len(b.order) / 4
		for _, old := range b.order[:drop] {
			delete(b.byID, old.ID)
		}
		b.order = append([]*IssuedToken(nil), b.order[drop:]...)
	}
}

// revoke makes a token invalid. It is remembered until the token's end.
func (b *tokenBook) revoke(id string, end, now time.Time) {
	b.revoked[id] = end
	if len(b.revoked)%256 == 0 {
		b.sweep(now)
	}
}

// sweep forgets the revocations of tokens that have ended: that is when their last second has.
func (b *tokenBook) sweep(now time.Time) {
	maps.DeleteFunc(b.revoked, func(_ string, end time.Time) bool { return !now.Before(end.Add(time.Second)) })
}

// isRevoked reports whether a token was revoked by itself, not with its session.
func (b *tokenBook) isRevoked(v Vendor, id string, issued int64) bool {
	if _, revoked := b.revoked[id]; revoked {
		return true
	}
	before, ok := b.before[v]
	return ok && b.byID[id] == nil && issued <= before.Unix()
}

// record remembers a token that is about to be handed out.
func (c *call) record(rm *realm, by *client, who *user, x *session, id string, claims object) {
	t := &IssuedToken{ID: id, Vendor: rm.vendor, Realm: rm.name, Client: by.ID, IssuedAt: c.now}
	switch exp := claims.Get("exp").(type) {
	case int64:
		t.Expiry = time.Unix(exp, 0)
	case float64:
		whole, part := math.Modf(exp)
		t.Expiry = time.Unix(int64(whole), int64(part*1e9))
	}
	if who != nil {
		t.User, t.Session = who.Username, x.id
	}
	c.tokenID = id
	s := c.server
	s.mu.Lock()
	s.tokens.add(t)
	s.touch(nil, t)
	if c.stillborn {
		s.revoke(id, t.Expiry)
	}
	s.mu.Unlock()
	s.changed()
}

// revoke makes a token invalid until its end. The mutex is held.
func (s *Server) revoke(id string, end time.Time) {
	s.tokens.revoke(id, end, s.clock.now())
	s.touch(nil, revocation{id, end})
}

// revocation is a token's, by its id, until its end.
type revocation struct {
	id  string
	end time.Time
}

// RevokeTokens revokes every access token of a vendor: API calls with them get 401. It returns how
// many of the listed tokens it revoked. Sessions go on, so finAPI's refresh tokens still work.
func (s *Server) RevokeTokens(v Vendor) int {
	now := s.clock.now()
	s.mu.Lock()
	n := 0
	for _, t := range s.tokens.order {
		if t.Vendor == v && now.Before(t.Expiry) && !s.tokens.isRevoked(v, t.ID, t.IssuedAt.Unix()) {
			s.tokens.revoke(t.ID, t.Expiry, now)
			n++
		}
	}
	s.tokens.before[v] = now
	s.mu.Unlock()
	s.keep()
	return n
}

// tokenProblem is why an API refuses a token.
type tokenProblem string

const (
	tokenMissing     tokenProblem = "The access token is missing"
	tokenMalformed   tokenProblem = "The access token is not a JWT of this server"
	tokenExpired     tokenProblem = "The access token has expired"
	tokenRevoked     tokenProblem = "The access token has been revoked"
	tokenIssuer      tokenProblem = "The access token comes from another issuer"
	tokenAudience    tokenProblem = "The access token is meant for another audience"
	tokenProduct     tokenProblem = "The access token is of another product's client"
	tokenEnvironment tokenProblem = "The client's allowed audience does not match this API host"
)

// checkToken checks the Bearer token of a call as the vendor's API does: signature, expiry, issuer,
// audience and revocation.
func (c *call) checkToken() (t *IssuedToken, problem tokenProblem) {
	text, ok := c.bearer()
	if !ok {
		return nil, tokenMissing
	}
	s := c.server
	if !strings.Contains(text, ".") {
		return c.checkOpaque(text)
	}
	claims, problem := c.readAccessToken(text)
	if problem != "" {
		return nil, problem
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t = s.tokens.byID[claimText(claims, "jti")]
	if t == nil {
		// Forgotten, not unknown: the signature is ours.
		t = s.forgotten(c.vendor, claims)
	}
	rm := s.realms[t.Vendor][t.Realm]
	if s.tokens.isRevoked(t.Vendor, t.ID, claimUnix(claims, "iat")) || !s.sessionLives(t, c.now) || rm != nil && rm.stale(claimUnix(claims, "iat")) {
		return nil, tokenRevoked
	}
	t.Uses++
	if s.tokens.byID[t.ID] == t {
		s.touch(nil, t)
	}
	c.token, c.client, c.user, c.tokenID = t, t.Client, t.User, t.ID
	return t, ""
}

// bearerOf is whose token this is, as far as can be told without checking it.
func (s *Server) bearerOf(v Vendor, text string) (clientID, username string) {
	if text == "" {
		return "", ""
	}
	id, claims := opaqueID(text), jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(text, claims); err == nil {
		id = claimText(claims, "jti")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens.byID[id]; t != nil && t.Vendor == v {
		return t.Client, t.User
	}
	t := s.forgotten(v, claims)
	return t.Client, t.User
}

// forgotten returns a refresh token, or a token that the book no longer has, by its own claims. The
// caller holds the mutex.
func (s *Server) forgotten(v Vendor, claims jwt.MapClaims) *IssuedToken {
	t := &IssuedToken{ID: claimText(claims, "jti"), Vendor: v, Realm: realmOf(claims), Client: claimText(claims, "azp"), Session: claimText(claims, "sid")}
	if v == FinCalc {
		t.Client = claimText(claims, "aud")
	}
	if rm := s.realms[v][t.Realm]; rm != nil {
		if x := rm.sessions[t.Session]; x != nil {
			t.User = x.user
		}
	}
	return t
}

// checkOpaque is checkToken for a token that has to be looked up.
func (c *call) checkOpaque(text string) (*IssuedToken, tokenProblem) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens.byID[opaqueID(text)]
	switch {
	case t == nil || t.Vendor != c.vendor:
		return nil, tokenMalformed
	case c.now.Unix() > t.Expiry.Unix():
		return nil, tokenExpired
	case s.tokens.isRevoked(t.Vendor, t.ID, t.IssuedAt.Unix()) || !s.sessionLives(t, c.now):
		return nil, tokenRevoked
	}
	t.Uses++
	s.touch(nil, t)
	c.token, c.client, c.user, c.tokenID = t, t.Client, t.User, t.ID
	return t, ""
}

// sessionLives reports whether a token's session, where it has one, is still there.
func (s *Server) sessionLives(t *IssuedToken, now time.Time) bool {
	if t.Session == "" {
		return true
	}
	rm := s.realms[t.Vendor][t.Realm]
	if rm == nil {
		return false
	}
	x := rm.sessions[t.Session]
	// An idle session is dead for refreshing only; a token that it gave out lives to its end.
	return x != nil && !x.detached && now.Before(x.end(rm.lifetimes).Add(time.Second))
}

// readAccessToken checks what can be told of a token without asking who it belongs to.
func (c *call) readAccessToken(text string) (jwt.MapClaims, tokenProblem) {
	s := c.server
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	if _, err := parser.ParseWithClaims(text, claims, s.rings[c.vendor].Find); err != nil {
		return nil, tokenMalformed
	}
	switch {
	// Keycloak lets the last second pass.
	case c.now.Unix() > claimUnix(claims, "exp"):
		return nil, tokenExpired
	case !c.knownIssuer(claims):
		return nil, tokenIssuer
	case c.vendor != FinCalc && (claims["aud"] != nil || c.vendor == OneFinOps) && !hasAudience(claims, audience(c.vendor)):
		return nil, tokenAudience
	}
	return claims, ""
}

// knownIssuer compares only the path of the issuer, unless WithBaseURL fixes the host: clients may
// know the sandbox by several host names.
func (c *call) knownIssuer(claims jwt.MapClaims) bool {
	if c.vendor == FinCalc {
		return true // league's tokens name no issuer
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	iss := claimText(claims, "iss")
	for _, rm := range s.realms[c.vendor] {
		path := rm.path + "/realms/" + rm.name
		if s.baseURL != "" && iss == s.baseURL+path || s.baseURL == "" && strings.HasSuffix(iss, path) {
			return true
		}
	}
	return false
}

// realmOf is the last segment of the issuer.
func realmOf(claims jwt.MapClaims) string {
	iss := claimText(claims, "iss")
	return iss[strings.LastIndex(iss, "/")+1:]
}

func hasAudience(claims jwt.MapClaims, want string) bool {
	list, err := claims.GetAudience()
	if err != nil {
		return false
	}
	for _, aud := range list {
		if aud == want {
			return true
		}
	}
	return false
}

func claimText(claims jwt.MapClaims, name string) string {
	text, _ := claims[name].(string)
	return text
}

// claimUnix is a NumericDate in whole seconds; 0 where there is none, which has long passed.
func claimUnix(claims jwt.MapClaims, name string) int64 {
	number, _ := claims[name].(json.Number)
	f, err := number.Float64()
	if err != nil {
		return 0
	}
	return int64(f)
}

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
