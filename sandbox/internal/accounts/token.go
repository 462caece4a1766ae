package accounts

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Token is an access token that was handed out; see sandbox.IssuedToken.
type Token struct {
	ID       string         `json:"id"`
	Vendor   vendors.Vendor `json:"vendor"`
	Realm    string         `json:"realm,omitempty"`
	Client   string         `json:"client"`
	User     string         `json:"user,omitempty"`
	Session  string         `json:"session,omitempty"`
	IssuedAt time.Time      `json:"issued_at"`
	Expiry   time.Time      `json:"expiry"`
	Revoked  bool           `json:"revoked"`
	Uses     int            `json:"uses"`
}

// MaxTokens is how many tokens a Book lists. Older ones still work.
const MaxTokens = 10_000

// tokens remembers the newest tokens in the order of issue, and which of all tokens are revoked.
type tokens struct {
	byID  map[string]*Token
	order []*Token

	revoked map[string]time.Time         // end of the token, by its id
	before  map[vendors.Vendor]time.Time // tokens issued until then are revoked unless remembered
}

func (t *tokens) add(token *Token) {
	t.byID[token.ID] = token
	t.order = append(t.order, token)
	if len(t.order) > MaxTokens {
		drop := len(t.order) / 4
		for _, old := range t.order[:drop] {
			delete(t.byID, old.ID)
		}
		t.order = slices.Clone(t.order[drop:])
	}
}

// revoke makes a token invalid. It is remembered until the token's end.
func (t *tokens) revoke(id string, end, now time.Time) {
	t.revoked[id] = end
	if len(t.revoked)%256 == 0 {
		t.sweep(now)
	}
}

// sweep forgets the revocations of tokens whose last second has ended.
func (t *tokens) sweep(now time.Time) {
	maps.DeleteFunc(t.revoked, func(_ string, end time.Time) bool { return !now.Before(end.Add(time.Second)) })
}

// isRevoked reports whether a token was revoked by itself, not with its session.
func (t *tokens) isRevoked(v vendors.Vendor, id string, issued int64) bool {
	if _, revoked := t.revoked[id]; revoked {
		return true
	}
	before, ok := t.before[v]
	return ok && t.byID[id] == nil && issued <= before.Unix()
}

// OpaqueToken makes an access token that says nothing, and the id that it is remembered by.
func OpaqueToken() (token, id string) {
	token = "opaque-" + uuid.New()
	return token, opaqueID(token)
}

// opaqueID returns the id of a token that says nothing.
func opaqueID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:8])
}

// Issue remembers a token that is about to be handed out, or, if it is stillborn, revoked at once.
func (b *Book) Issue(t Token, stillborn bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens.add(&t)
	b.touch(nil, &t)
	if stillborn {
		b.revoke(t.ID, t.Expiry, now)
	}
}

func (b *Book) revoke(id string, end, now time.Time) {
	b.tokens.revoke(id, end, now)
	b.touch(nil, revocation{id, end})
}

// A revocation is a token's, by its id, until its end.
type revocation struct {
	id  string
	end time.Time
}

// Revoke revokes a token by its claims, a refresh token with its session. It reports false if the
// session of the token has ended.
func (b *Book) Revoke(rm *Realm, c signing.Claims, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := rm.sessionOf(c, now); !ok {
		return false
	}
	if c.Text("typ") == "Refresh" {
		b.endSession(rm, c.Text("sid"))
	} else {
		b.revoke(c.Text("jti"), time.Unix(c.Unix("exp"), 0), now)
	}
	return true
}

// RevokeAll revokes all access tokens of a vendor. It returns how many of the listed ones were
// good.
func (b *Book) RevokeAll(v vendors.Vendor, now time.Time) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tokens.order {
		if t.Vendor == v && now.Before(t.Expiry) && !b.tokens.isRevoked(v, t.ID, t.IssuedAt.Unix()) {
			b.tokens.revoke(t.ID, t.Expiry, now)
			n++
		}
	}
	b.tokens.before[v] = now
	return n
}

// RevokeToken revokes one access token. It reports whether one of that id is listed.
func (b *Book) RevokeToken(id string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tokens.byID[id]
	if t != nil {
		b.tokens.revoke(id, t.Expiry, now)
	}
	return t != nil
}

// Tokens returns the newest tokens that are remembered, those that have expired included.
func (b *Book) Tokens(most int, now time.Time) []Token {
	b.mu.Lock()
	defer b.mu.Unlock()
	newest := b.tokens.order[max(0, len(b.tokens.order)-most):]
	list := make([]Token, 0, len(newest))
	for _, t := range newest {
		shown := *t
		shown.Revoked = now.Before(t.Expiry) && !b.good(t, t.IssuedAt.Unix(), now)
		list = append(list, shown)
	}
	return list
}

// good reports whether a token is neither revoked nor stale, and its session, if it has one, lives.
func (b *Book) good(t *Token, issued int64, now time.Time) bool {
	rm := b.realms[t.Vendor][t.Realm]
	if b.tokens.isRevoked(t.Vendor, t.ID, issued) || rm != nil && rm.stale(issued) {
		return false
	}
	if t.Session == "" {
		return true
	}
	if rm == nil {
		return false
	}
	x := rm.sessions[t.Session]
	// An idle session is dead for refreshing only; a token that it gave out lives to its end.
	return x != nil && !x.Detached && now.Before(x.End(rm.Lifetimes).Add(time.Second))
}

// Bearer returns whose token this is, as far as can be told without checking it.
func (b *Book) Bearer(v vendors.Vendor, text string) (clientID, username string) {
	if text == "" {
		return "", ""
	}
	id, c := opaqueID(text), signing.Unverified(text)
	if c != nil {
		id = c.Text("jti")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tokens.byID[id]
	if t == nil || t.Vendor != v {
		t = b.forgotten(v, c)
	}
	return t.Client, t.User
}

// forgotten returns a refresh token, or a token that is no longer remembered, by its own claims.
func (b *Book) forgotten(v vendors.Vendor, c signing.Claims) *Token {
	t := &Token{ID: c.Text("jti"), Vendor: v, Realm: c.Realm(), Client: c.Text("azp"), Session: c.Text("sid")}
	if v == vendors.FinCalc {
		t.Client = c.Text("aud")
	}
	if rm := b.realms[v][t.Realm]; rm != nil {
		if x := rm.sessions[t.Session]; x != nil {
			t.User = x.User
		}
	}
	return t
}

// Use counts the use of an access token that one of the vendor's keys has signed. It returns nil if
// the token is revoked.
func (b *Book) Use(v vendors.Vendor, c signing.Claims, now time.Time) *Token {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tokens.byID[c.Text("jti")]
	if t == nil {
		t = b.forgotten(v, c) // not unknown: the signature is ours
	}
	if !b.good(t, c.Unix("iat"), now) {
		return nil
	}
	return b.use(t)
}

// UseOpaque is [Book.Use] for a token that says nothing. known is false if the vendor has issued no
// such token; expired is true if it has ended.
func (b *Book) UseOpaque(v vendors.Vendor, text string, now time.Time) (t *Token, known, expired bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t = b.tokens.byID[opaqueID(text)]
	switch {
	case t == nil || t.Vendor != v:
		return nil, false, false
	case now.Unix() > t.Expiry.Unix():
		return nil, true, true
	case !b.good(t, t.IssuedAt.Unix(), now):
		return nil, true, false
	}
	return b.use(t), true, false
}

func (b *Book) use(t *Token) *Token {
	t.Uses++
	if b.tokens.byID[t.ID] == t {
		b.touch(nil, t)
	}
	return new(*t)
}

// IsStale reports whether a token is older than the realm's not-before policy allows.
func (b *Book) IsStale(rm *Realm, c signing.Claims) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return rm.stale(c.Unix("iat"))
}

// Stands reports whether a token is neither expired nor stale nor revoked by itself.
func (b *Book) Stands(rm *Realm, c signing.Claims, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	issued := c.Unix("iat")
	return now.Unix() <= c.Unix("exp") && !rm.stale(issued) && !b.tokens.isRevoked(rm.Vendor, c.Text("jti"), issued)
}

// Issues reports whether an issuer is one of the vendor's realms. Of the issuer's URL only the path
// counts, unless the base is fixed: clients may know the sandbox by several host names.
func (b *Book) Issues(v vendors.Vendor, iss, base string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rm := range b.realms[v] {
		if base != "" && iss == rm.Issuer(base) || base == "" && strings.HasSuffix(iss, rm.path()) {
			return true
		}
	}
	return false
}
