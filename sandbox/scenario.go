package sandbox

import (
	"cmp"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// scenario is what a named fault does. All fields are optional.
type scenario struct {
	what    string                      // for people
	vendors []Vendor                    // whom it befalls; all four where it is nil
	api     bool                        // it befalls the API, and spares the token endpoint
	answer  func(*call) answer.Answer   // instead of what the vendor would say
	before  func(*call)                 // before the vendor issues a token
	change  func(*object)               // changes the members of a token answer
	edit    func(*call, *answer.Answer) // changes an answer that is good
	wire    answer.Wire
	delay   time.Duration
	every   int  // 2: every second request only, beginning with the first
	refresh bool // it befalls refreshing only, not logging in
}

// endpoint is the only one that a scenario befalls, or "".
func (sc *scenario) endpoint() Endpoint {
	switch {
	case sc.api:
		return APIEndpoint
	case sc.refresh, sc.before != nil, sc.change != nil:
		return TokenEndpoint
	}
	return ""
}

// befalls reports whether a scenario is for an endpoint of a vendor.
func (sc *scenario) befalls(v Vendor, e Endpoint) bool {
	only := sc.endpoint()
	return (sc.vendors == nil || slices.Contains(sc.vendors, v)) && (only == "" || only == e)
}

// spares reports whether a scenario is not for this call.
func (sc *scenario) spares(c *call) bool {
	return !sc.befalls(c.vendor, c.endpoint) || sc.refresh && c.form.Get("grant_type") != "refresh_token"
}

// A Scenario is a named fault. The name is the value of [Fault].Name and of a request's header
// "Prefer: fault=NAME". With the prefix "fault-" it is a magic client id or username, for which any
// secret is accepted.
type Scenario struct {
	Name string
	// What happens, in one line.
	What string
	// Vendors are those that the fault applies to, and whose accounts may have the magic name.
	Vendors []Vendor
	// Accounts are the magic client ids, or usernames at finAPI, in the order of Vendors.
	Accounts []string
}

// Scenarios lists the named faults, sorted.
func Scenarios() []Scenario {
	list := []Scenario{}
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		sc := Scenario{Name: name, What: scenarios[name].what, Vendors: scenarios[name].vendors}
		if sc.Vendors == nil {
			sc.Vendors = Vendors()
		}
		for _, v := range sc.Vendors {
			sc.Accounts = append(sc.Accounts, magicAccount(v, name))
		}
		list = append(list, sc)
	}
	return list
}

const magicPrefix = "fault-"

func magicAccount(v Vendor, name string) string {
	if v == OneFinOps {
		return accounts.TestPrefix + magicPrefix + name
	}
	return magicPrefix + name
}

// WithoutMagic makes the sandbox refuse magic client ids and usernames like any other unknown one.
func WithoutMagic() Option {
	return option(func(s *settings) { s.noMagic = true })
}

// scenarioOf is the scenario that an account's name asks for, or "".
func (s *Server) scenarioOf(v Vendor, account string) string {
	if s.noMagic {
		return ""
	}
	if v == OneFinOps {
		var ok bool
		if account, ok = strings.CutPrefix(account, accounts.TestPrefix); !ok {
			account = strings.TrimPrefix(account, accounts.LivePrefix)
		}
	}
	name, ok := strings.CutPrefix(account, magicPrefix)
	if !ok {
		return ""
	}
	sc := scenarios[name]
	if sc == nil || sc.vendors != nil && !slices.Contains(sc.vendors, v) {
		return ""
	}
	return name
}

// magicScenario is the scenario of the account that a call is made for.
func (c *call) magicScenario() string {
	account := c.client
	if c.vendor == FinAPI {
		account = c.user
	}
	return c.server.scenarioOf(c.vendor, account)
}

// failure is the answer with a status that the vendor would give at this endpoint. An API gives the
// example of its document, if there is one; elsewhere the example has to be named.
func (c *call) failure(status int, example string) answer.Answer {
	var documented openapi.Media
	if c.op != nil {
		documented = c.op.Answer(status)
	}
	var a answer.Answer
	switch {
	case documented.Examples[example] != nil:
		a = answer.Value(status, documented.Examples[example])
	case c.endpoint == APIEndpoint && len(documented.Examples) > 0:
		a = answer.Value(status, documented.Example())
	case status == http.StatusTooManyRequests:
		a = failures.TooMany(c.vendor, c.endpoint)
	case c.vendor == FinCalc && status >= 500:
		a = answer.JSON(status, object{{"message", http.StatusText(status)}}) // Laravel's
	case c.vendor == FinCalc, c.vendor == OneFinOps && c.endpoint == APIEndpoint:
		a = failures.Of(c.vendor, c.endpoint, status, http.StatusText(status))
	case c.endpoint == APIEndpoint && status == http.StatusUnauthorized:
		a = failures.Bearer(failures.TokenRevoked)
	case status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		a = answer.Text(status, "", "") // of what stands before the server
	case status == http.StatusInternalServerError:
		a = answer.OAuthError(status, "unknown_error", "For more on this error consult the server log.")
	default:
		code := map[int]string{http.StatusBadRequest: "invalid_request", http.StatusUnauthorized: "invalid_client", http.StatusForbidden: "access_denied"}[status]
		a = answer.OAuthError(status, cmp.Or(code, http.StatusText(status)), "")
		if c.endpoint == TokenEndpoint {
			a = a.Unstored()
		}
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		a.With("Retry-After", "1")
	}
	return a
}

// A preference is what a request asks for in its header Prefer, RFC 7240.
type preference struct {
	code    int    // status of the answer
	example string // name of the document's example that is answered
	fault   string // name of one of [Scenarios]
	delay   time.Duration
}

// preferred reads "code=503", "example=NAME", "fault=NAME" and "delay=2s". Other preferences are
// ignored, as the RFC wants it. Of code and fault the last counts.
func preferred(header http.Header) preference {
	var p preference
	for _, line := range header.Values("Prefer") {
		for _, one := range strings.Split(line, ",") {
			one, _, _ = strings.Cut(one, ";")
			name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
			switch name {
			case "code":
				if code, err := strconv.Atoi(value); err == nil && code >= 200 && code <= 599 {
					p.code, p.fault = code, ""
				}
			case "example":
				p.example = value
			case "fault":
				if scenarios[value] != nil {
					p.fault, p.code = value, 0
				}
			case "delay":
				if d, err := time.ParseDuration(value); err == nil && d > 0 {
					p.delay = d
				}
			}
		}
	}
	return p
}

// script is the failure or the wait that the request asks for, or nil.
func (p preference) script(c *call) *script {
	f, example := Fault{Delay: p.delay}, ""
	var applied []string
	switch {
	case p.fault != "" && !scenarios[p.fault].spares(c):
		f.Name = p.fault
		applied = append(applied, "fault="+p.fault)
	case p.code >= 400:
		f.Status = p.code
		applied = append(applied, "code="+strconv.Itoa(p.code))
		if c.op != nil && c.op.Answer(p.code).Examples[p.example] != nil {
			example = p.example
			applied = append(applied, "example="+example)
		}
	}
	if p.delay > 0 {
		applied = append(applied, "delay="+p.delay.String())
	}
	if len(applied) == 0 {
		return nil
	}
	s := scriptOf(f)
	s.example, s.applied = example, http.Header{"Preference-Applied": {strings.Join(applied, ", ")}}
	return s
}

// success is the documented success that the request asks for, if there is one.
func (p preference) success(c *call) (a answer.Answer, ok bool) {
	if p.code >= 300 || p.code == 0 && p.example == "" {
		return answer.Answer{}, false
	}
	status, applied := p.code, []string(nil)
	if status == 0 {
		text, _ := c.op.Success()
		status, _ = strconv.Atoi(text)
	} else {
		applied = append(applied, "code="+strconv.Itoa(status))
	}
	m := c.op.Answer(status)
	value, known := m.Examples[p.example]
	switch {
	case known:
		applied = append(applied, "example="+p.example)
	case p.code == 0 || m.Schema == nil:
		return answer.Answer{}, false
	default:
		value = m.Example()
	}
	return answer.Value(status, value).With("Preference-Applied", strings.Join(applied, ", ")), true
}
