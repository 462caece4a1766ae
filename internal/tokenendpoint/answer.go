package tokenendpoint

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/drift"
	"github.com/finsdk/finsdk-go/internal/retryafter"
)

// answer is what a token endpoint sent.
type answer struct {
	exchange *Exchange
	status   int
	header   http.Header
	url      string // of the request
	location string // of a redirect
	body     []byte // up to the limit, or to where reading failed
	readErr  error
	sent     time.Time
}

// token understands the answer, its status first.
func (a *answer) token() (*oauth2.Token, error) {
	if a.status/100 == 2 && a.readErr != nil {
		return nil, a.unread()
	}
	members, err := ParseMembers(a.body)
	switch {
	case a.status/100 != 2 && err != nil:
		return nil, a.failure(nil)
	case a.status/100 != 2:
		return nil, a.failure(members)
	case err != nil:
		return nil, a.unreadable(err)
	case faulty(members):
		return nil, a.failure(members)
	}
	if a.exchange.Open != nil {
		inner, failed, err := a.exchange.Open(members)
		switch {
		case err != nil:
			return nil, a.malformed(err)
		case failed:
			return nil, a.failure(members)
		case faulty(inner):
			return nil, a.failure(inner)
		}
		members = inner
	}
	t, err := a.read(members)
	if err != nil {
		return nil, a.malformed(err)
	}
	return t, nil
}

// read makes a token of a successful answer's members.
func (a *answer) read(m Members) (*oauth2.Token, error) {
	access, ok := m.Text("access_token")
	if !ok && m.Has("access_token") {
		return nil, errors.New("access_token is not a string")
	}
	if err := accesstoken.Check(access); err != nil {
		return nil, err
	}
	tokenType, ok := m.Text("token_type")
	if (m.Has("token_type") && !ok) || (ok && !strings.EqualFold(tokenType, "bearer")) {
		return nil, errors.New("token_type is not Bearer")
	}
	life, err := lifetime(m, access, a.date())
	if err != nil {
		return nil, err
	}
	refresh, _ := m.Text("refresh_token")
	t := &oauth2.Token{
		AccessToken:  access,
		TokenType:    "Bearer",
		RefreshToken: refresh,
		Expiry:       a.sent.Add(life),
		ExpiresIn:    int64(life / time.Second),
	}
	extras := m.values(a.exchange.Members)
	if a.exchange.Scope != "" && !m.Has("scope") {
		extras["scope"] = a.exchange.Scope
	}
	drift.Add(extras, a.exchange.drift(m))
	return t.WithExtra(extras), nil
}

// date is the answer's own Date, or when the request was sent where it has none. Dates in the answer are
// by the same clock.
func (a *answer) date() time.Time {
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		return date
	}
	return a.sent
}

// unread describes a success of which not all arrived.
func (a *answer) unread() error {
	if errors.Is(a.readErr, errTooLarge) && !a.isHTML() {
		return a.malformed(a.readErr)
	}
	if a.isHTML() {
		return a.unreadable(a.readErr)
	}
	return a.exchange.transportError(&url.Error{Op: "Post", URL: a.url, Err: a.readErr})
}

// unreadable describes a success whose body is not the JSON object that it should be. HTML and nothing at all are
// what intermediaries leave, and pass.
func (a *answer) unreadable(err error) error {
	e := a.error(auth.ErrMalformedResponse)
	e.Err = err
	switch {
	case a.isEmpty():
		e.Transient, e.Err = true, errEmpty
	case a.isHTML():
		e.Transient, e.Err = true, errHTML
	}
	e.Hint = "a token endpoint answers with a JSON object: check that AuthURL is its base, and what stands in between"
	a.exchange.explain(e, "")
	return e
}

// malformed describes a JSON object that holds no usable token. Its body is not kept: it may hold one all the same,
// under a name that nobody here knows.
func (a *answer) malformed(err error) error {
	e := a.error(auth.ErrMalformedResponse)
	e.Err = err
	e.Hint = "check that AuthURL is the token endpoint's base, and what stands in between; otherwise ask the vendor"
	if errors.Is(err, ErrExpired) {
		e.Transient = true
		e.Hint = "check this machine's clock; if it is right, the vendor issues expired tokens"
	}
	a.exchange.explain(e, "")
	return e
}

var (
	errEmpty = errors.New("the body is empty")
	errHTML  = errors.New("the body is an HTML page")
)

// failure describes an answer that says no, by its status or in its body. members is nil when the body is no JSON
// object.
func (a *answer) failure(members Members) error {
	shown := newEcho(a.exchange.Secrets, a.body)
	e := a.error(nil)
	if a.status/100 != 2 { // a success may hold a token, under whatever name
		e.Body = shown.body(a.body)
	}
	code, description := a.exchange.fault(members)
	e.Code, e.Description = shown.code(code), shown.text(description)
	if e.Code == "" && e.Description == "" {
		e.Description = shown.text(code) // prose where the code should be
	}
	if uri, ok := members.Text("error_uri"); ok {
		e.URI = shown.text(uri)
	}
	e.Kind = auth.KindOf(a.status, e.Code)
	switch {
	case a.status/100 == 3:
		e.Kind, e.Code, e.Description, e.Body = auth.ErrHostNotAllowed, "", "", nil
		e.URI = ""
		e.Err = fmt.Errorf("redirect to %s", shown.text(targetHost(a.location)))
		e.Hint = "a token endpoint never redirects, and the secret was not sent on: check AuthURL"
	case members != nil:
	case a.wantsTLS():
		e.Kind = auth.ErrInvalidConfig
		e.Hint = "the server there speaks https, but AuthURL says http: check its scheme and port"
	case a.isEmpty(), a.isHTML():
		e.Err = errEmpty
		if !a.isEmpty() {
			e.Err = errHTML
		}
		switch {
		case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusTooManyRequests:
		default:
			e.Kind = auth.ErrUnavailable
			e.Hint = "usually transient; if it persists, check AuthURL, and what stands between this machine and the vendor"
		}
	default:
		description = string(a.body[:min(len(a.body), 512)])
		e.Description = shown.text(string(e.Body))
	}
	if e.Kind == nil {
		// A success that says it failed, and nothing else.
		e.Kind = auth.ErrInvalidConfig
	}
	if a.readErr != nil {
		e.Err = shown.err(a.readErr)
		// The status has been said, but what a 400 is about stands in the body.
		if !errors.Is(a.readErr, errTooLarge) && e.Kind == auth.ErrInvalidConfig {
			e.Kind = auth.ErrUnavailable
		}
	}
	if isElsewhere(a.status) {
		e.Err = joined(e.Err, fmt.Errorf("the request went to %s", shown.text(a.url)))
	}
	if e.Hint == "" {
		e.Hint = usualHint(e)
	}
	a.exchange.explain(e, description)
	return e
}

// isElsewhere reports whether a status says that there is no token endpoint at the URL: that may be the
// realm's fault, the base's, or an intermediary's.
func isElsewhere(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest:
		return true
	}
	return false
}

// joined is two errors on one line.
func joined(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}

// error has the facts of the answer that need no understanding.
func (a *answer) error(kind error) *auth.Error {
	return &auth.Error{
		Vendor:     a.exchange.Vendor,
		Help:       a.exchange.Help,
		Op:         a.exchange.Op,
		Kind:       kind,
		StatusCode: a.status,
		RetryAfter: retryafter.Parse(a.header, time.Now()),
		Header:     newEcho(a.exchange.Secrets, nil).header(a.header),
	}
}

func (a *answer) isEmpty() bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(a.body), utf8BOM))) == 0
}

// wantsTLS reports whether the server says that it got plain http where it expects TLS, in the words of
// Go, nginx, Apache httpd or Tomcat.
func (a *answer) wantsTLS() bool {
	if a.status != http.StatusBadRequest || !strings.HasPrefix(a.url, "http:") {
		return false
	}
	text := strings.ToLower(string(a.body[:min(len(a.body), 4<<10)]))
	for _, said := range []string{"http request to an https server", "plain http request was sent to https port",
		"plain http to an ssl-enabled server port", "host and port requires tls"} {
		if strings.Contains(text, said) {
			return true
		}
	}
	return false
}

func (a *answer) isHTML() bool {
	start := bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(a.body), utf8BOM))
	if len(start) > 0 && start[0] == '<' {
		return true
	}
	return strings.Contains(strings.ToLower(a.header.Get("Content-Type")), "html") && len(start) > 0 && start[0] != '{' && start[0] != '['
}

// usualHint is what to do about a kind of failure, whoever the vendor is.
func usualHint(e *auth.Error) string {
	switch e.Kind {
	case auth.ErrInvalidCredentials:
		return "check the client id and its secret, and that they are not swapped"
	case auth.ErrInvalidGrant:
		// Where this is usual, in a password or refresh_token grant, the vendor has a hint of its own.
		return "that is unusual for client credentials: the client was probably changed, so ask the vendor"
	case auth.ErrRateLimited:
		return "ask less often: share one token source in the whole process, or a store among replicas"
	case auth.ErrUnavailable:
		return "usually transient; if it persists, ask the vendor"
	case auth.ErrMalformedResponse:
		return "check that AuthURL is the token endpoint's base, and what stands in between; otherwise ask the vendor"
	case auth.ErrInvalidConfig:
		switch {
		case isElsewhere(e.StatusCode):
			return "check AuthURL: there is no token endpoint at that address"
		case e.StatusCode == http.StatusProxyAuthRequired:
			return "a proxy in between asks for credentials of its own: check the proxy settings"
		}
		return "compare the configuration with what the vendor gave at onboarding"
	}
	return ""
}
