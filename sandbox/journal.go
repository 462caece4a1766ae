package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// maxJournal is how many exchanges a Server remembers.
const maxJournal = 1000

// An Exchange is a request to a vendor and the answer to it, without their secrets and tokens.
type Exchange struct {
	// Seq counts the exchanges of a Server, from 1.
	Seq      int64     `json:"seq"`
	Time     time.Time `json:"time"` // by the sandbox's clock
	Vendor   Vendor    `json:"vendor"`
	Endpoint Endpoint  `json:"endpoint"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Query    string    `json:"query,omitempty"`
	// Client and User are who asked, as far as that could be told.
	Client string `json:"client,omitempty"`
	User   string `json:"user,omitempty"`
	Grant  string `json:"grant,omitempty"`
	// Status is that of the answer; 0 where a fault left the request without one.
	Status   int     `json:"status"`
	Request  Message `json:"request"`
	Response Message `json:"response"`
	// Fault is the name of the fault that befell the request.
	Fault string `json:"fault,omitempty"`
	// TokenID names the access token that was handed out, or accepted by an API. See [Server.Tokens].
	TokenID string `json:"token,omitempty"`
}

// A Message is one direction of an exchange. What might be secret stands as "[redacted]", and a long body is cut.
type Message struct {
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
}

const redacted = "[redacted]"

// What the journal shows; all other headers and members are left out, or shown redacted.
var (
	shownHeaders = []string{"Accept", "Allow", "Cache-Control", "Content-Type", "Gstin", "Idempotency-Key", "Location", "Pragma", "Prefer",
		"Preference-Applied", "Retry-After", "User-Agent", "Www-Authenticate", "X-Ratelimit-Limit", "X-Ratelimit-Remaining"}
	shownMembers = []string{"grant_type", "client_id", "username", "scope", "token_type_hint", "email_address", "client_assertion_type",
		"error", "error_description", "hint", "message", "description", "success", "data", "expires_in", "refresh_expires_in", "token_type",
		"not-before-policy", "session_state", "mandator_name", "mandator_uuid", "is_test_mandator", "is_technical_user", "active"}
	shownQuery = []string{"PageNumber", "PageSize"}
)

// Journal lists the exchanges that are remembered, the oldest first.
func (s *Server) Journal() []Exchange { return s.journalAfter(0) }

func (s *Server) journalAfter(seq int64) []Exchange {
	s.mu.Lock()
	from, _ := slices.BinarySearchFunc(s.journal, seq+1, func(r *record, seq int64) int { return int(r.seq - seq) })
	records := slices.Clone(s.journal[from:])
	s.mu.Unlock()
	list := make([]Exchange, len(records))
	for i, r := range records {
		list[i] = r.exchange()
	}
	return list
}

// ResetJournal forgets the exchanges. Their numbers go on.
func (s *Server) ResetJournal() {
	s.mu.Lock()
	s.journal = nil
	s.mu.Unlock()
	s.changed()
}

// record is an exchange as it was. It is made fit to be shown when somebody looks, because that costs a good part of
// what a token does.
type record struct {
	seq    int64
	call   *call
	answer answer
	body   []byte // of the answer
	label  string
	silent bool // there was no answer
	secret []string

	once  sync.Once
	shown Exchange
}

// note writes a call and its answer into the journal.
func (s *Server) note(c *call, a answer, p *script) {
	r := &record{call: c, answer: a, body: a.body(), secret: s.secretsOf(c)}
	c.body, r.body = c.body[:min(len(c.body), maxShown)], r.body[:min(len(r.body), maxShown)]
	// The caller's request may be changed once it is answered.
	address := *c.request.URL
	c.request = &http.Request{Method: c.request.Method, URL: &address, Header: c.request.Header.Clone()}
	if p != nil {
		r.label, r.silent = p.label, p.wire == wireHang || p.wire == wireReset
	}
	s.mu.Lock()
	s.exchanges++
	r.seq = s.exchanges
	s.journal = append(s.journal, r)
	if len(s.journal) > maxJournal {
		s.journal = slices.Clone(s.journal[len(s.journal)/4:])
	}
	s.mu.Unlock()
	s.changed()
}

func (r *record) exchange() Exchange {
	r.once.Do(func() {
		r.shown = r.show()
		r.call, r.answer, r.body, r.secret = nil, answer{}, nil, nil
	})
	return r.shown
}

func (r *record) show() Exchange {
	c, req := r.call, r.call.request
	x := Exchange{
		Seq:      r.seq,
		Time:     c.now,
		Vendor:   c.vendor,
		Endpoint: c.endpoint,
		Method:   req.Method,
		Path:     clean(req.URL.Path, r.secret),
		Query:    showQuery(req.URL.Query()),
		Client:   clean(c.client, r.secret),
		User:     clean(c.user, r.secret),
		Grant:    clean(c.form.Get("grant_type"), r.secret),
		Fault:    r.label,
		TokenID:  c.tokenID,
		Request:  Message{Header: showHeader(req.Header, r.secret), Body: c.showBody(r.secret)},
	}
	if !r.silent {
		x.Status = r.answer.status
		x.Response = Message{Header: showHeader(r.answer.header, r.secret), Body: showAnswer(c, r.answer, r.body, r.secret)}
	}
	return x
}

// secretsOf are the words that must not stand in the journal: those that came with the call, and those of all accounts.
func (s *Server) secretsOf(c *call) []string {
	secrets := slices.Clone(c.form["client_secret"])
	secrets = append(append(secrets, c.form["password"]...), c.form["refresh_token"]...)
	secrets = append(secrets, c.form["token"]...)
	if _, secret, ok := c.basic(); ok {
		secrets = append(secrets, secret)
	}
	if token, ok := c.bearer(); ok {
		secrets = append(secrets, token)
	}
	if c.vendor == FinCalc && c.endpoint == TokenEndpoint {
		if members, ok := readTokenRequest(c.body); ok {
			secrets = append(secrets, members["client_secret"])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rm := range s.realms[c.vendor] {
		for _, known := range rm.clients {
			for _, live := range known.secrets {
				secrets = append(secrets, live.value.Reveal())
			}
		}
		for _, known := range rm.users {
			secrets = append(secrets, known.Password.Reveal())
		}
	}
	return secrets
}

func showHeader(h http.Header, secrets []string) map[string]string {
	shown := map[string]string{}
	for name, values := range h {
		if slices.Contains(shownHeaders, http.CanonicalHeaderKey(name)) && len(values) > 0 {
			shown[name] = clean(strings.Join(values, ", "), secrets)
		}
	}
	if scheme, _, ok := strings.Cut(h.Get("Authorization"), " "); ok && slices.Contains([]string{"bearer", "basic"}, strings.ToLower(scheme)) {
		shown["Authorization"] = scheme + " " + redacted
	} else if h.Get("Authorization") != "" {
		shown["Authorization"] = redacted
	}
	return shown
}

func showQuery(query url.Values) string {
	for name, values := range query {
		if !slices.Contains(shownQuery, name) {
			for i := range values {
				values[i] = redacted
			}
		}
	}
	text, err := url.QueryUnescape(query.Encode())
	if err != nil {
		return ""
	}
	return text
}

// showBody is the request's body: of a form and of FinCalc's token request the members that are no secrets, of an API
// call what was sent. Anything else may be a secret in the wrong place.
func (c *call) showBody(secrets []string) string {
	switch {
	case len(c.body) == 0:
		return ""
	case len(c.form) > 0:
		var b strings.Builder
		for pair := range strings.SplitSeq(string(c.body), "&") {
			name, value, _ := strings.Cut(pair, "=")
			if plain, err := url.QueryUnescape(name); err == nil {
				name = plain
			}
			if plain, err := url.QueryUnescape(value); err == nil {
				value = plain
			}
			if !slices.Contains(shownMembers, name) {
				value = redacted
			}
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(name + "=" + value)
		}
		return cleanBody([]byte(b.String()), secrets)
	case c.endpoint == APIEndpoint:
		return cleanBody(c.body, secrets)
	case c.vendor == FinCalc && c.endpoint == TokenEndpoint:
		return showJSON(c.body, secrets)
	}
	return redacted
}

// maxShown is what is looked at of a body: enough that a secret which it cuts in two is not among what is shown.
const maxShown = 4 * auth.MaxErrorBody

func clean(text string, secrets []string) string {
	return auth.Redact(text[:min(len(text), maxShown)], secrets...)
}

func cleanBody(body []byte, secrets []string) string {
	return string(auth.RedactBody(body[:min(len(body), maxShown)], secrets...))
}

func showAnswer(c *call, a answer, body []byte, secrets []string) string {
	switch {
	case len(body) == 0:
		return ""
	case c.endpoint == APIEndpoint, c.endpoint == KeysEndpoint, c.endpoint == DiscoveryEndpoint, !a.ok():
		return cleanBody(body, secrets)
	}
	return showJSON(body, secrets)
}

// showJSON is an object with the members that may be shown.
func showJSON(body []byte, secrets []string) string {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return redacted // a secret may stand anywhere in it
	}
	hide(members)
	shown, err := encodeJSON(members)
	if err != nil {
		return redacted
	}
	return cleanBody(shown, secrets)
}

func hide(members map[string]any) {
	for name, value := range members {
		nested, ok := value.(map[string]any)
		switch {
		case !slices.Contains(shownMembers, name):
			members[name] = redacted
		case ok:
			hide(nested)
		}
	}
}
