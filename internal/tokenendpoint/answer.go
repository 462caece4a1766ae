package tokenendpoint

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/drift"
	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/retryafter"
	"github.com/finsdk/finsdk-go/internal/unreached"
)

// answer is the answer of a token endpoint.
type answer struct {
	exchange *Exchange
	status   int
	header   http.Header
	url      *url.URL // of the request
	body     []byte   // up to the limit, or to where reading failed
	readErr  error
	sent     time.Time
}

// token returns the token in the answer, or its failure. It looks at the status first.
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

// read builds a token from the members of a successful answer.
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

// date returns the answer's own Date, or if it has none, when the request was sent. Dates in the
// answer follow the same clock.
func (a *answer) date() time.Time {
	if date, err := http.ParseTime(a.header.Get("Date")); err == nil {
		return date
	}
	return a.sent
}

// unread describes a success whose body did not arrive in full.
func (a *answer) unread() error {
	if errors.Is(a.readErr, errTooLarge) && !a.isHTML() {
		return a.malformed(a.readErr)
	}
	if a.isHTML() {
		return a.unreadable(a.readErr)
	}
	return a.exchange.transportError(&url.Error{Op: "Post", URL: a.url.String(), Err: a.readErr})
}

// unreadable describes a success whose body is not a JSON object. HTML and empty bodies come from
// intermediaries, and the failure may pass.
func (a *answer) unreadable(err error) error {
	e := a.error(auth.ErrMalformedResponse, a.exchange.redactor())
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

// malformed describes a JSON object without a usable token. The error does not keep the body, which
// may hold a token under an unknown name.
func (a *answer) malformed(err error) error {
	e := a.error(auth.ErrMalformedResponse, a.exchange.redactor())
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

// failure describes an answer whose status or body reports a failure. members is nil if the body is
// not a JSON object.
func (a *answer) failure(members Members) error {
	// The answer itself may contain tokens.
	access, _ := members.Text("access_token")
	refresh, _ := members.Text("refresh_token")
	id, _ := members.Text("id_token")
	hide := a.exchange.redactor(access, refresh, id)
	e := a.error(nil, hide)
	code, said := a.exchange.fault(members)
	if members == nil {
		said = a.prose()
	}
	if looksLikeCode(code) && (slices.Contains(knownCodes, code) || hide.Text(code) == code) {
		e.Code = code
	} else if said == "" {
		said = code
	}
	e.Description = hide.Sentence(said)
	if uri, ok := members.Text("error_uri"); ok {
		e.URI = hide.Sentence(uri)
	}
	e.Kind = auth.KindOf(a.status, e.Code)
	switch {
	case a.status/100 == 3:
		e.Kind, e.Code, e.Description, e.URI = auth.ErrHostNotAllowed, "", "", ""
		e.Err = fmt.Errorf("redirect to %s", hide.Sentence(a.target()))
		e.Hint = "a token endpoint never redirects, and the secret was not sent on: check AuthURL"
	case members != nil:
	case a.wantsTLS():
		e.Kind = auth.ErrInvalidConfig
		e.Hint = "the server there speaks https, but AuthURL says http: check its scheme and port"
		return e // the vendor has not read the request, so it has nothing to explain
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
	}
	if e.Kind == nil {
		// This is a success that reports a failure and says no more.
		e.Kind = auth.ErrInvalidConfig
	}
	if a.readErr != nil {
		e.Err = errortext.Retell(unreached.Shown(a.readErr), hide.Text)
		// The status is known, but the cause of a 400 is in the body.
		if !errors.Is(a.readErr, errTooLarge) && e.Kind == auth.ErrInvalidConfig {
			e.Kind = auth.ErrUnavailable
		}
	}
	if isElsewhere(a.status) {
		e.Err = joined(e.Err, fmt.Errorf("the request went to %s", hide.Sentence(a.url.String())))
	}
	if e.Hint == "" {
		e.Hint = usualHint(e)
	}
	a.exchange.explain(e, said)
	return e
}

// target returns the host that a redirect leads to. Its path and query are not shown, since they
// may hold anything.
func (a *answer) target() string {
	u, err := a.url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" || u.Host == "" {
		return "an unknown host"
	}
	return u.Host
}

// isElsewhere reports whether a status means that there is no token endpoint at the URL. The realm,
// the base URL or an intermediary may be wrong.
func isElsewhere(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest:
		return true
	}
	return false
}

// joined prints two errors on one line.
func joined(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}

// error returns an Error with the facts that need no reading of the body.
func (a *answer) error(kind error, hide *redact.Redactor) *auth.Error {
	return &auth.Error{
		Vendor:     a.exchange.Vendor,
		Help:       a.exchange.Help,
		Op:         a.exchange.Op,
		Kind:       kind,
		StatusCode: a.status,
		RetryAfter: retryafter.Parse(a.header, time.Now()),
		Header:     shownHeader(a.header, hide),
	}
}

// shownHeaders are the only header fields of an answer that an error keeps.
var shownHeaders = []string{"Content-Type", "Date", "Retry-After", "Server", "Www-Authenticate", "X-Request-Id"}

func shownHeader(header http.Header, hide *redact.Redactor) http.Header {
	shown := http.Header{}
	for _, name := range shownHeaders {
		if v := header.Get(name); v != "" {
			shown.Set(name, hide.Sentence(v))
		}
	}
	return shown
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)

// prose returns the explanation in a body that is not a JSON object: the title of an HTML page, or
// the first line of text.
func (a *answer) prose() string {
	body := string(a.body[:min(len(a.body), 4<<10)])
	if a.isHTML() {
		if title := htmlTitle.FindStringSubmatch(body); title != nil {
			return html.UnescapeString(title[1])
		}
		return ""
	}
	line, _, whole := strings.Cut(strings.TrimLeft(strings.TrimPrefix(body, string(utf8BOM)), " \t\r\n"), "\n")
	switch {
	case strings.HasPrefix(line, "{"), strings.HasPrefix(line, "["): // broken JSON
		return ""
	case !whole && (a.readErr != nil || len(a.body) > len(body)):
		// Half a word may be half a secret.
		line = line[:max(strings.LastIndexByte(line, ' '), 0)]
	}
	return line
}

func (a *answer) isEmpty() bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(a.body), utf8BOM))) == 0
}

// wantsTLS reports whether the server says that it got plain http but expects TLS, in the words of
// Go, nginx, Apache httpd or Tomcat.
func (a *answer) wantsTLS() bool {
	if a.status != http.StatusBadRequest || a.url.Scheme != "http" {
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

// usualHint returns the hint for a kind of failure, the same for every vendor.
func usualHint(e *auth.Error) string {
	switch e.Kind {
	case auth.ErrInvalidCredentials:
		return "check the client id and its secret, and that they are not swapped"
	case auth.ErrInvalidGrant:
		// For password and refresh_token grants, where this is common, the vendor has its own hint.
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
