// Package gate checks what stands before a call: its token, and its client's limit.
package gate

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/ratelimit"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Gate is that of all vendors.
type Gate struct {
	Accounts *accounts.Book
	Rings    map[vendors.Vendor]*signing.Ring
	BaseURL  string // that issuers begin with, or "" if that follows the request
	Limiters map[Key]*ratelimit.Limiter
}

// A Key names what a limit is of.
type Key struct {
	Vendor   vendors.Vendor
	Endpoint vendors.Endpoint
}

// Enter refuses an API call of a vendor that documents no errors of its own, or returns nil.
// further checks a token that is good.
func (g *Gate) Enter(c *call.Call, further func(*accounts.Token) failures.TokenProblem) *answer.Answer {
	t, problem := g.Token(c)
	if problem == "" && further != nil {
		problem = further(t)
	}
	if problem != "" {
		return new(failures.Bearer(problem))
	}
	return g.Limit(c)
}

// Token checks the Bearer token of a call as the vendor's API does: signature, expiry, issuer,
// audience and revocation.
func (g *Gate) Token(c *call.Call) (t *accounts.Token, problem failures.TokenProblem) {
	text, ok := c.Bearer()
	if !ok {
		return nil, failures.TokenMissing
	}
	if strings.Contains(text, ".") {
		t, problem = g.useJWT(c, text)
	} else {
		t, problem = g.useOpaque(c, text)
	}
	if t != nil {
		c.Token, c.Client, c.User, c.TokenID = t, t.Client, t.User, t.ID
	}
	return t, problem
}

func (g *Gate) useJWT(c *call.Call, text string) (*accounts.Token, failures.TokenProblem) {
	claims := g.Rings[c.Vendor].Read(text)
	switch {
	case claims == nil:
		return nil, failures.TokenMalformed
	// Keycloak lets the last second pass.
	case c.Now.Unix() > claims.Unix("exp"):
		return nil, failures.TokenExpired
	// The tokens of league/oauth2-server name no issuer, and the client as audience.
	case c.Vendor != vendors.FinCalc && !g.Accounts.Issues(c.Vendor, claims.Text("iss"), g.BaseURL):
		return nil, failures.TokenIssuer
	case c.Vendor != vendors.FinCalc && (claims["aud"] != nil || c.Vendor == vendors.OneFinOps) && !claims.HasAudience(accounts.Audience(c.Vendor)):
		return nil, failures.TokenAudience
	}
	if t := g.Accounts.Use(c.Vendor, claims, c.Now); t != nil {
		return t, ""
	}
	return nil, failures.TokenRevoked
}

func (g *Gate) useOpaque(c *call.Call, text string) (*accounts.Token, failures.TokenProblem) {
	switch t, known, expired := g.Accounts.UseOpaque(c.Vendor, text, c.Now); {
	case !known:
		return nil, failures.TokenMalformed
	case expired:
		return nil, failures.TokenExpired
	case t == nil:
		return nil, failures.TokenRevoked
	default:
		return t, ""
	}
}

// Limit counts the call against its client's limit. If that is spent, it returns the vendor's 429.
func (g *Gate) Limit(c *call.Call) *answer.Answer {
	limiter := g.Limiters[Key{c.Vendor, c.Endpoint}]
	if limiter == nil {
		return nil
	}
	left, wait := limiter.Take(c.Client, c.Now)
	c.Limit, c.Left = limiter.Requests, left
	if wait == 0 {
		return nil
	}
	a := failures.TooMany(c.Vendor, c.Endpoint)
	if c.Vendor == vendors.FinCalc {
		a.With("X-RateLimit-Limit", strconv.Itoa(limiter.Requests)).With("X-RateLimit-Remaining", "0")
	}
	a.With("Retry-After", strconv.Itoa(retryAfter(wait)))
	return &a
}

// retryAfter returns a wait in whole seconds, at least one, as the header has it.
func retryAfter(wait time.Duration) int {
	return max(1, int(math.Ceil(wait.Seconds()-1e-9)))
}
