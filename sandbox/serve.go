package sandbox

import (
	"cmp"
	"errors"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// serve runs an operation for a request. documented is what the vendor's document says of it, or nil.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, v Vendor, e Endpoint, documented *openapi.Operation, op call.Operation) {
	if crossSite(r) {
		respond(w, http.StatusForbidden, otherSite)
		return
	}
	began := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, call.MaxBody))
	c := s.exchange(call.New(call.Sandbox{Accounts: s.accounts, FixedBase: s.baseURL, Bare: s.noDocument, IsFault: isFault}, r, v, e, documented, body, s.clock.now()))
	if err != nil {
		var large *http.MaxBytesError
		if !errors.As(err, &large) {
			return // the caller has gone
		}
		op = func(*call.Call) answer.Answer { return c.tooLarge() }
	}
	if e == TokenEndpoint {
		s.mu.Lock()
		s.counts[v]++
		s.mu.Unlock()
	}
	p := c.plan()
	if p != nil && p.delay > 0 && !answer.Wait(r, s.done, p.delay) {
		panic(http.ErrAbortHandler)
	}
	var a answer.Answer
	if p != nil {
		a = p.play(c, op)
	} else {
		a = s.answer(c, op)
		p = c.afterToken(&a)
	}
	if e == TokenEndpoint || e == RevocationEndpoint || e == LogoutEndpoint || e == APIEndpoint && v == OneFinOps && !c.Reads() {
		s.keepChanges() // before the caller has it
	}
	s.note(c, a, p, began)
	how := answer.Good
	if p != nil {
		how = p.wire
	}
	a.Deliver(w, r, how, s.done)
}

// tooLarge is the vendor's answer to a body beyond [maxBody].
func (c exchange) tooLarge() answer.Answer {
	const status, text = http.StatusRequestEntityTooLarge, "Request entity too large"
	if c.FromKeycloak() {
		return keycloak.Hardened(c.Call, answer.OAuthError(status, text, ""))
	}
	return failures.Of(c.Vendor, c.Endpoint, status, text)
}

// afterToken applies the fault that a magic name asks of the API: only the token says whose call it
// is.
func (c exchange) afterToken(a *answer.Answer) *script {
	name := c.magicScenario()
	if c.Endpoint != APIEndpoint || !a.OK() || name == "" || !scenarios[name].api {
		return nil
	}
	p := scriptOf(Fault{Name: name})
	*a = p.answer(c)
	return p
}

// play is the answer with the fault in it.
func (p *script) play(c exchange, op call.Operation) answer.Answer {
	if p.before != nil {
		p.before(c)
	}
	var a answer.Answer
	if p.scenario.answer != nil {
		a = p.scenario.answer(c)
		if a.Members != nil {
			a = keycloak.Hardened(c.Call, a)
		}
	} else {
		a = c.server.answer(c, op)
	}
	if a.OK() && a.Members != nil {
		if p.change != nil {
			editToken(p.change)(c, &a)
		}
		if p.edit != nil {
			p.edit(c, &a)
		}
	}
	for name, values := range p.applied {
		a.Header[name] = values
	}
	return a
}

// answer is what the vendor's gateway and the operation behind it say.
func (s *Server) answer(c exchange, op call.Operation) answer.Answer {
	if c.Vendor == Finventi && s.allowed != nil && !s.allows(c.Address()) {
		return failures.IPRefused()
	}
	// A page of another site, which Keycloak refuses, does not use up anybody's limit.
	if c.Endpoint != APIEndpoint && !(c.FromKeycloak() && s.keycloak.ForeignOrigin(c.Call) != nil) {
		if refusal := s.gate.Limit(c.Call); refusal != nil {
			return *refusal
		}
	}
	a := op(c.Call)
	if c.Vendor == OneFinOps && c.Endpoint == APIEndpoint {
		a.With("X-Request-Id", cmp.Or(c.Request.Header.Get("X-Request-Id"), uuid.New()))
	}
	if c.Vendor == FinCalc && c.Limit > 0 && a.Status != http.StatusTooManyRequests {
		a.With("X-RateLimit-Limit", strconv.Itoa(c.Limit)).With("X-RateLimit-Remaining", strconv.Itoa(c.Left))
	}
	return a
}

func (s *Server) allows(addr netip.Addr) bool {
	return slices.ContainsFunc(s.allowed, func(p netip.Prefix) bool { return p.Contains(addr) })
}
