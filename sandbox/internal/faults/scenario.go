package faults

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// scenario is what a named fault does. All fields are optional.
type scenario struct {
	what    string                           // for people
	vendors []vendors.Vendor                 // that it applies to; nil for all four
	api     bool                             // it applies to the API, and not to the token endpoint
	answer  func(*call.Call) answer.Answer   // instead of what the vendor would say
	before  func(*call.Call)                 // before the vendor issues a token
	change  func(*jsondoc.Object)            // changes the members of a token answer
	edit    func(*call.Call, *answer.Answer) // changes an answer that is good
	Wire    answer.Wire
	Delay   time.Duration
	every   int  // 2: every second request only, beginning with the first
	refresh bool // it applies to refreshing only, not logging in
}

// endpoint is the only one that a scenario applies to, or "".
func (sc *scenario) endpoint() vendors.Endpoint {
	switch {
	case sc.api:
		return vendors.API
	case sc.refresh, sc.before != nil, sc.change != nil:
		return vendors.Token
	}
	return ""
}

// appliesTo reports whether a scenario is for an endpoint of a vendor.
func (sc *scenario) appliesTo(v vendors.Vendor, e vendors.Endpoint) bool {
	only := sc.endpoint()
	return (sc.vendors == nil || slices.Contains(sc.vendors, v)) && (only == "" || only == e)
}

// spares reports whether a scenario is not for this call.
func (sc *scenario) spares(c *call.Call) bool {
	return !sc.appliesTo(c.Vendor, c.Endpoint) || sc.refresh && c.Form.Get("grant_type") != "refresh_token"
}

// A Scenario is a named fault; see sandbox.Scenario.
type Scenario struct {
	Name     string
	What     string
	Vendors  []vendors.Vendor
	Accounts []string
}

// Is reports whether a name is that of a scenario.
func Is(name string) bool { return scenarios[name] != nil }

// IsAPI reports whether a scenario applies to the API.
func IsAPI(name string) bool { return Is(name) && scenarios[name].api }

// Scenarios lists the named faults, sorted.
func Scenarios() []Scenario {
	list := []Scenario{}
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		sc := Scenario{Name: name, What: scenarios[name].what, Vendors: scenarios[name].vendors}
		if sc.Vendors == nil {
			sc.Vendors = vendors.All()
		}
		for _, v := range sc.Vendors {
			sc.Accounts = append(sc.Accounts, magicAccount(v, name))
		}
		list = append(list, sc)
	}
	return list
}

const magicPrefix = "fault-"

func magicAccount(v vendors.Vendor, name string) string {
	if v == vendors.OneFinOps {
		return accounts.TestPrefix + magicPrefix + name
	}
	return magicPrefix + name
}

// ScenarioOf returns the scenario that an account's name asks for, or "".
func (b *Book) ScenarioOf(v vendors.Vendor, account string) string {
	if b.NoMagic {
		return ""
	}
	if v == vendors.OneFinOps {
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
func (b *Book) magicScenario(c *call.Call) string {
	account := c.Client
	if c.Vendor == vendors.FinAPI {
		account = c.User
	}
	return b.ScenarioOf(c.Vendor, account)
}

// failure is the answer with a status that the vendor would give at this endpoint. An API gives the
// example of its document, if there is one; elsewhere the example has to be named.
func failure(c *call.Call, status int, example string) answer.Answer {
	var documented openapi.Media
	if c.Op != nil {
		documented = c.Op.Answer(status)
	}
	var a answer.Answer
	switch {
	case documented.Examples[example] != nil:
		a = answer.Value(status, documented.Examples[example])
	case c.Endpoint == vendors.API && len(documented.Examples) > 0:
		a = answer.Value(status, documented.Example())
	case status == http.StatusTooManyRequests:
		a = failures.TooMany(c.Vendor, c.Endpoint)
	case c.Vendor == vendors.FinCalc && status >= 500:
		a = answer.JSON(status, jsondoc.Object{{"message", http.StatusText(status)}}) // Laravel's
	case c.Vendor == vendors.FinCalc, c.Vendor == vendors.OneFinOps && c.Endpoint == vendors.API:
		a = failures.Of(c.Vendor, c.Endpoint, status, http.StatusText(status))
	case c.Endpoint == vendors.API && status == http.StatusUnauthorized:
		a = failures.Bearer(failures.TokenRevoked)
	case status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout:
		a = answer.Text(status, "", "") // of what stands before the server
	case status == http.StatusInternalServerError:
		a = answer.OAuthError(status, "unknown_error", "For more on this error consult the server log.")
	default:
		code := map[int]string{http.StatusBadRequest: "invalid_request", http.StatusUnauthorized: "invalid_client", http.StatusForbidden: "access_denied"}[status]
		a = answer.OAuthError(status, cmp.Or(code, http.StatusText(status)), "")
		if c.Endpoint == vendors.Token {
			a = a.Unstored()
		}
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		a.With("Retry-After", "1")
	}
	return a
}

// asked returns the failure or the wait that the request asks for, or nil.
func asked(c *call.Call) *Script {
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

// AfterToken applies the fault that a magic name asks of the API: only the token says whose call it
// is.
func (b *Book) AfterToken(c *call.Call, a *answer.Answer) *Script {
	name := b.magicScenario(c)
	if c.Endpoint != vendors.API || !a.OK() || name == "" || !scenarios[name].api {
		return nil
	}
	p := scriptOf(Fault{Name: name})
	*a = p.answer(c)
	return p
}

// Play returns the answer with the fault in it. otherwise is what the vendor answers without one.
func (p *Script) Play(c *call.Call, otherwise func() answer.Answer) answer.Answer {
	if p.before != nil {
		p.before(c)
	}
	var a answer.Answer
	if p.scenario.answer != nil {
		a = p.scenario.answer(c)
		if a.Members != nil {
			a = keycloak.Hardened(c, a)
		}
	} else {
		a = otherwise()
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
