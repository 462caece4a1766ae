package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// maxBody is far above any request that a vendor documents.
const maxBody = 1 << 20

// call is one request to a vendor.
type call struct {
	server   *Server
	request  *http.Request
	vendor   Vendor
	endpoint Endpoint
	op       *openapi.Operation // of the vendor's document; nil where it has none
	asked    preference
	now      time.Time
	began    time.Time // by the real clock
	body     []byte
	form     url.Values        // of a form body; never of the query string
	formErr  error             // why the form cannot be read
	notMedia bool              // Content-Type names no media type
	value    any               // the body as JSON, decoded
	unread   []openapi.Problem // why it cannot be
	client   string            // the client that asks, as far as it is known
	user     string            // likewise
	limit    Limit             // that the call counted against
	left     int               // requests that it leaves

	token     *accounts.Token // that the API has accepted
	tokenID   string          // of the token handed out or accepted
	refreshID string          // of the refresh token to be handed out

	// What a fault wants of the token.
	lifetime  time.Duration // instead of the realm's, where it is not 0
	opaque    bool          // it is no JWT
	stillborn bool          // it is revoked at once
}

// operation answers a call.
type operation func(*call) answer.Answer

// serve runs an operation for a request. documented is what the vendor's document says of it, or nil.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, v Vendor, e Endpoint, documented *openapi.Operation, op operation) {
	if crossSite(r) {
		respond(w, http.StatusForbidden, otherSite)
		return
	}
	began := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c := &call{server: s, request: r, vendor: v, endpoint: e, op: documented, now: s.clock.now(), began: began, body: body}
	if err != nil {
		var large *http.MaxBytesError
		if !errors.As(err, &large) {
			return // the caller has gone
		}
		op = (*call).tooLarge
	}
	c.identify()
	c.asked = preferred(r.Header)
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
	if e == TokenEndpoint || e == RevocationEndpoint || e == LogoutEndpoint || e == APIEndpoint && v == OneFinOps && !c.reads() {
		s.keepChanges() // before the caller has it
	}
	s.note(c, a, p)
	how := answer.Good
	if p != nil {
		how = p.wire
	}
	a.Deliver(w, r, how, s.done)
}

// tooLarge is the vendor's answer to a body beyond [maxBody].
func (c *call) tooLarge() answer.Answer {
	const status, text = http.StatusRequestEntityTooLarge, "Request entity too large"
	if c.fromKeycloak() {
		return c.hardened(answer.OAuthError(status, text, ""))
	}
	return failures.Of(c.vendor, c.endpoint, status, text)
}

// afterToken applies the fault that a magic name asks of the API: only the token says whose call it
// is.
func (c *call) afterToken(a *answer.Answer) *script {
	name := c.magicScenario()
	if c.endpoint != APIEndpoint || !a.OK() || name == "" || !scenarios[name].api {
		return nil
	}
	p := scriptOf(Fault{Name: name})
	*a = p.answer(c)
	return p
}

// play is the answer with the fault in it.
func (p *script) play(c *call, op operation) answer.Answer {
	if p.before != nil {
		p.before(c)
	}
	var a answer.Answer
	if p.scenario.answer != nil {
		a = p.scenario.answer(c)
		if a.Members != nil {
			a = c.hardened(a)
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
func (s *Server) answer(c *call, op operation) answer.Answer {
	if c.vendor == Finventi && s.allowed != nil && !s.allows(c.address()) {
		return failures.IPRefused()
	}
	// A page of another site, which Keycloak refuses, does not use up anybody's limit.
	if c.endpoint != APIEndpoint && !(c.fromKeycloak() && c.foreignOrigin() != nil) {
		if refusal := c.overLimit(); refusal != nil {
			return *refusal
		}
	}
	a := op(c)
	if c.vendor == OneFinOps && c.endpoint == APIEndpoint {
		a.With("X-Request-Id", cmp.Or(c.request.Header.Get("X-Request-Id"), uuid.New()))
	}
	if c.vendor == FinCalc && c.limit.Requests > 0 && a.Status != http.StatusTooManyRequests {
		a.With("X-RateLimit-Limit", strconv.Itoa(c.limit.Requests)).With("X-RateLimit-Remaining", strconv.Itoa(c.left))
	}
	return a
}

func (s *Server) allows(addr netip.Addr) bool {
	return slices.ContainsFunc(s.allowed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// identify finds out who is calling, for faults, limits and the journal, by the request alone. It
// checks nothing and decides nothing.
func (c *call) identify() {
	form, ok, err := formbody.Read(c.request.Header, c.body)
	c.form, c.formErr, c.notMedia = form, err, !ok
	c.client, c.user = form.Get("client_id"), form.Get("username")
	if id, _, _ := c.basic(); id != "" && !form.Has("client_id") {
		c.client = id
	}
	if c.user == "" {
		_, c.user = c.server.accounts.Bearer(c.vendor, cmp.Or(form.Get("refresh_token"), form.Get("token")))
	}
	if c.endpoint == UserinfoEndpoint && form.Has("access_token") {
		c.client, c.user = c.server.accounts.Bearer(c.vendor, form.Get("access_token"))
	}
	if token, ok := c.bearer(); ok && (c.endpoint == APIEndpoint || c.endpoint == UserinfoEndpoint) {
		c.client, c.user = c.server.accounts.Bearer(c.vendor, token)
	}
	if strings.HasSuffix(c.contentType(), "json") || c.vendor == FinCalc {
		c.value, c.unread = openapi.Decode(c.body)
	}
	if c.vendor == FinCalc && c.endpoint == TokenEndpoint {
		c.client = c.members()["client_id"]
	}
}

// members are the texts in a JSON object. An id may be a number.
func (c *call) members() map[string]string {
	texts := map[string]string{}
	object, _ := c.value.(map[string]any)
	for name, value := range object {
		switch value := value.(type) {
		case string:
			texts[name] = value
		case json.Number:
			if name == "client_id" {
				texts[name] = value.String()
			}
		}
	}
	return texts
}

func (c *call) contentType() string {
	t, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// basic reads form-encoded client credentials from the Authorization header (RFC 6749 section
// 2.3.1). Any white space may follow the scheme. If an escape is invalid, it returns the
// credentials as sent, with the error.
func (c *call) basic() (id, secret string, err error) {
	words := strings.Fields(c.request.Header.Get("Authorization"))
	if len(words) != 2 || !strings.EqualFold(words[0], "Basic") {
		return "", "", nil
	}
	pair, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return "", "", nil
	}
	id, secret, ok := strings.Cut(string(pair), ":")
	if !ok {
		return "", "", nil
	}
	id, secret = strings.Clone(id), strings.Clone(secret) // kept without what stood around them
	plainID, err1 := url.QueryUnescape(id)
	plainSecret, err2 := url.QueryUnescape(secret)
	if err := errors.Join(err1, err2); err != nil {
		return id, secret, err
	}
	return plainID, plainSecret, nil
}

// secure reports whether the request came by TLS.
func (c *call) secure() bool { return c.request.TLS != nil }

// base is the URL that the client sees the sandbox under.
func (c *call) base() string {
	if c.server.baseURL != "" {
		return c.server.baseURL
	}
	if c.secure() {
		return "https://" + c.request.Host
	}
	return "http://" + c.request.Host
}

// address is where the request comes from; invalid where that is no IP address.
func (c *call) address() netip.Addr {
	host, _, err := net.SplitHostPort(c.request.RemoteAddr)
	if err != nil {
		host = c.request.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
}

// bearer is the token in the Authorization header, RFC 6750 section 2.1.
func (c *call) bearer() (string, bool) {
	scheme, token, ok := strings.Cut(c.request.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}
