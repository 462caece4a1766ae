package sandbox

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxTokens is how many issued tokens a Server remembers. Older ones still work, but are listed no more and cannot be
// revoked.
const maxTokens = 10_000

// issued is an access token that was handed out.
type issued struct {
	id      string
	vendor  Vendor
	realm   string
	client  string
	user    string
	session string
	at      time.Time
	expires time.Time
	revoked bool
	uses    int // API calls that it let through
}

// tokenBook remembers the tokens in the order of issue. The Server's mutex guards it.
type tokenBook struct {
	byID  map[string]*issued
	order []*issued
}

func (b *tokenBook) add(t *issued) {
	b.byID[t.id] = t
	b.order = append(b.order, t)
	if len(b.order) > maxTokens {
		drop := len(b.order) / 4
		for _, old := range b.order[:drop] {
			delete(b.byID, old.id)
		}
		b.order = append([]*issued(nil), b.order[drop:]...)
	}
}

// record remembers a token that is about to be handed out.
func (c *call) record(rm *realm, by *client, who *user, x *session, id string, claims object) {
	t := &issued{id: id, vendor: rm.vendor, realm: rm.name, client: by.ID, at: c.now, revoked: c.stillborn}
	switch exp := claims.Get("exp").(type) {
	case int64:
		t.expires = time.Unix(exp, 0)
	case float64:
		whole, part := math.Modf(exp)
		t.expires = time.Unix(int64(whole), int64(part*1e9))
	}
	if who != nil {
		t.user, t.session = who.Username, x.id
	}
	c.tokenID = id
	s := c.server
	s.mu.Lock()
	s.tokens.add(t)
	s.touch(nil, t)
	s.mu.Unlock()
	s.changed()
}

// RevokeTokens makes every access token of a vendor invalid before its time, and returns how many there were: API calls
// with them are answered with 401. Sessions go on, so finAPI's refresh tokens still work.
func (s *Server) RevokeTokens(v Vendor) int {
	now := s.clock.now()
	s.mu.Lock()
	n := 0
	for _, t := range s.tokens.order {
		if t.vendor == v && !t.revoked && now.Before(t.expires) {
			t.revoked = true
			n++
		}
	}
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
	tokenEnvironment tokenProblem = "The client's allowed audience does not match this API host"
)

// checkToken checks the Bearer token of a call as an API of the vendor does: signature, expiry, issuer, audience, and
// that it was not revoked.
func (c *call) checkToken() (t *issued, problem tokenProblem) {
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
	rm := s.realms[t.vendor][t.realm]
	if t.revoked || !s.sessionLives(t, c.now) || rm != nil && rm.stale(claimUnix(claims, "iat")) {
		return nil, tokenRevoked
	}
	t.uses++
	if s.tokens.byID[t.id] == t {
		s.touch(nil, t)
	}
	c.token, c.client, c.user, c.tokenID = t, t.client, t.user, t.id
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
	if t := s.tokens.byID[id]; t != nil && t.vendor == v {
		return t.client, t.user
	}
	t := s.forgotten(v, claims)
	return t.client, t.user
}

// forgotten is a token that the book has no more, or a refresh token, by what it says of itself. The mutex is held.
func (s *Server) forgotten(v Vendor, claims jwt.MapClaims) *issued {
	t := &issued{id: claimText(claims, "jti"), vendor: v, realm: realmOf(claims), client: claimText(claims, "azp"), session: claimText(claims, "sid")}
	if v == FinCalc {
		t.client = claimText(claims, "aud")
	}
	if rm := s.realms[v][t.realm]; rm != nil {
		if x := rm.sessions[t.session]; x != nil {
			t.user = x.user
		}
	}
	return t
}

// checkOpaque is checkToken for a token that has to be looked up.
func (c *call) checkOpaque(text string) (*issued, tokenProblem) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens.byID[opaqueID(text)]
	switch {
	case t == nil || t.vendor != c.vendor:
		return nil, tokenMalformed
	case c.now.Unix() > t.expires.Unix():
		return nil, tokenExpired
	case t.revoked || !s.sessionLives(t, c.now):
		return nil, tokenRevoked
	}
	t.uses++
	s.touch(nil, t)
	c.token, c.client, c.user, c.tokenID = t, t.client, t.user, t.id
	return t, ""
}

// sessionLives reports whether a token's session, where it has one, is still there.
func (s *Server) sessionLives(t *issued, now time.Time) bool {
	if t.session == "" {
		return true
	}
	rm := s.realms[t.vendor][t.realm]
	if rm == nil {
		return false
	}
	x := rm.sessions[t.session]
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

// knownIssuer compares the path of the issuer only, unless WithBaseURL fixes the host: the same sandbox may be seen
// under several host names.
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
