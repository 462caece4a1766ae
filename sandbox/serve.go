package sandbox

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/faults"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// serve runs an operation for a request. documented is the operation in the vendor's document, or
// nil.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, v Vendor, e Endpoint, documented *openapi.Operation, op call.Operation) {
	if crossSite(r) {
		respond(w, http.StatusForbidden, otherSite)
		return
	}
	began := time.Now()
	body, err := readBody(w, r)
	of := call.Sandbox{Now: s.clock.now(), ClientNow: s.clock.base(), FixedBase: s.baseURL, Bare: s.noDocument}
	c := call.New(of, r, body, v, e, documented, s.accounts)
	c.Asked = call.Preferred(r.Header, faults.Is)
	if err != nil {
		op = func(*call.Call) answer.Answer { return unread(c, err) }
	}
	if e == TokenEndpoint {
		s.mu.Lock()
		s.counts[v]++
		s.mu.Unlock()
	}
	p := s.faults.Plan(c)
	if p != nil && p.Delay > 0 && !answer.Wait(r, s.done, p.Delay) {
		panic(http.ErrAbortHandler)
	}
	var a answer.Answer
	if p != nil {
		a = p.Play(c, func() answer.Answer { return s.answer(c, op) })
	} else {
		a = s.answer(c, op)
		p = s.faults.AfterToken(c, &a)
	}
	if e == TokenEndpoint || e == RevocationEndpoint || e == LogoutEndpoint || e == APIEndpoint && (v == OneFinOps || v == FinCalc) && !c.Reads() {
		s.keepChanges() // before the caller has it
	}
	s.note(c, a, p, began)
	how := answer.Good
	if p != nil {
		how = p.Wire
	}
	a.Deliver(w, r, how, s.done)
}

// bodyWait is how long a caller may take to send a body.
const bodyWait = time.Minute

// readBody reads a body of at most [call.MaxBody] bytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyWait)) // not every ResponseWriter has a connection
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, call.MaxBody))
	if err == nil { // otherwise net/http closes the connection, and must not wait for the rest
		_ = conn.SetReadDeadline(time.Time{})
	}
	return body, err
}

// unread is the vendor's answer to a body that is too large, broken off or late.
func unread(c *call.Call, err error) answer.Answer {
	status, text := http.StatusBadRequest, "Bad request"
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		status, text = http.StatusRequestEntityTooLarge, "Request entity too large"
	}
	if c.FromKeycloak() {
		return keycloak.Hardened(c, answer.OAuthError(status, text, ""))
	}
	return failures.Of(c.Vendor, c.Endpoint, status, text)
}

// answer is what the vendor's gateway and the operation behind it say.
func (s *Server) answer(c *call.Call, op call.Operation) answer.Answer {
	if c.Vendor == Finventi && s.allowed != nil && !s.allows(c.Address()) {
		return failures.IPRefused()
	}
	// A page of another site, which Keycloak refuses, does not use up anybody's limit.
	if c.Endpoint != APIEndpoint && !(c.FromKeycloak() && s.keycloak.ForeignOrigin(c) != nil) {
		if refusal := s.gate.Limit(c); refusal != nil {
			return *refusal
		}
	}
	a := op(c)
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
