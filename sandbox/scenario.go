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
	what    string                         // for people
	vendors []Vendor                       // whom it befalls; all four where it is nil
	api     bool                           // it befalls the API, and spares the token endpoint
	answer  func(exchange) answer.Answer   // instead of what the vendor would say
	before  func(exchange)                 // before the vendor issues a token
	change  func(*object)                  // changes the members of a token answer
	edit    func(exchange, *answer.Answer) // changes an answer that is good
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
func (sc *scenario) spares(c exchange) bool {
	return !sc.befalls(c.Vendor, c.Endpoint) || sc.refresh && c.Form.Get("grant_type") != "refresh_token"
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
func (c exchange) magicScenario() string {
	account := c.Client
	if c.Vendor == FinAPI {
		account = c.User
	}
	return c.server.scenarioOf(c.Vendor, account)
}

// failure is the answer with a status that the vendor would give at this endpoint. An API gives the
// example of its document, if there is one; elsewhere the example has to be named.
func (c exchange) failure(status int, example string) answer.Answer {
	var documented openapi.Media
	if c.Op != nil {
		documented = c.Op.Answer(status)
	}
	var a answer.Answer
	switch {
	case documented.Examples[example] != nil:
		a = answer.Value(status, documented.Examples[example])
	case c.Endpoint == APIEndpoint && len(documented.Examples) > 0:
		a = answer.Value(status, documented.Example())
	case status == http.StatusTooManyRequests:
		a = failures.TooMany(c.Vendor, c.Endpoint)
	case c.Vendor == FinCalc && status >= 500:
		a = answer.JSON(status, object{{"message", http.StatusText(status)}}) // Laravel's
	case c.Vendor == FinCalc, c.Vendor == OneFinOps && c.Endpoint == APIEndpoint:
		a = failures.Of(c.Vendor, c.Endpoint, status, http.StatusText(status))
	case c.Endpoint == APIEndpoint && status == http.StatusUnauthorized:
		a = failures.Bearer(failures.TokenRevoked)
	case status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		a = answer.Text(status, "", "") // of what stands before the server
	case status == http.StatusInternalServerError:
		a = answer.OAuthError(status, "unknown_error", "For more on this error consult the server log.")
	default:
		code := map[int]string{http.StatusBadRequest: "invalid_request", http.StatusUnauthorized: "invalid_client", http.StatusForbidden: "access_denied"}[status]
		a = answer.OAuthError(status, cmp.Or(code, http.StatusText(status)), "")
		if c.Endpoint == TokenEndpoint {
			a = a.Unstored()
		}
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		a.With("Retry-After", "1")
	}
	return a
}

// askedScript is the failure or the wait that the request asks for, or nil.
func (c exchange) askedScript() *script {
	p := c.Asked
	f, example := Fault{Delay: p.Delay}, ""
	var applied []string
	switch {
	case p.Fault != "" && !scenarios[p.Fault].spares(c):
		f.Name = p.Fault
		applied = append(applied, "fault="+p.Fault)
	case p.Code >= 400:
		f.Status = p.Code
		applied = append(applied, "code="+strconv.Itoa(p.Code))
		if c.Op != nil && c.Op.Answer(p.Code).Examples[p.Example] != nil {
			example = p.Example
			applied = append(applied, "example="+example)
		}
	}
	if p.Delay > 0 {
		applied = append(applied, "delay="+p.Delay.String())
	}
	if len(applied) == 0 {
		return nil
	}
	s := scriptOf(f)
	s.example, s.applied = example, http.Header{"Preference-Applied": {strings.Join(applied, ", ")}}
	return s
}
