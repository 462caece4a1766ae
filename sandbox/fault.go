package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Fault is a failure on demand. Name selects one of [Scenarios], or Status makes one of your own.
// Delay may stand alone or be added to either.
type Fault struct {
	// Vendor is the vendor that fails. Optional, default all four.
	Vendor Vendor
	// Endpoint is the endpoint that fails. Optional, default the token endpoint, or the API for a
	// fault of the API.
	Endpoint Endpoint
	// Account limits the fault to one client id or username. Optional. At the API, and wherever
	// else a token says who calls, the account is that of the token.
	Account string
	// Name is one of [Scenarios].
	Name string
	// Status, Header and Body are an answer of your own. Without a Body, the vendor's own for that
	// status is sent.
	Status int
	Header http.Header
	Body   string
	// Delay is the wait before the answer, by the real clock.
	Delay time.Duration
	// Times is how many requests fail. 0 means all until the fault is removed.
	Times int
	// Rate is the share of requests that fail, evenly spread: 0.25 is every fourth. 0 means all.
	Rate float64
}

func (f Fault) check() error {
	switch {
	case f.Vendor != "" && vendors.Check(f.Vendor) != nil:
		return fmt.Errorf("sandbox: %w", vendors.Check(f.Vendor))
	case f.Endpoint != "" && vendors.CheckEndpoint(f.Endpoint) != nil:
		return fmt.Errorf("sandbox: %w", vendors.CheckEndpoint(f.Endpoint))
	case f.Name != "" && scenarios[f.Name] == nil:
		return fmt.Errorf("sandbox: there is no fault %q; %s", f.Name, jsondoc.Suggestion(f.Name, slices.Collect(maps.Keys(scenarios))))
	case f.Name == "" && f.Status == 0 && f.Delay == 0:
		return fmt.Errorf("sandbox: a fault needs a Name, a Status or a Delay")
	case f.Name != "" && f.Status != 0:
		return fmt.Errorf("sandbox: fault %q has a Status of its own", f.Name)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("sandbox: %d is not the status of an answer", f.Status)
	case f.Delay < 0 || f.Times < 0 || !(f.Rate >= 0 && f.Rate <= 1):
		return fmt.Errorf("sandbox: Delay and Times are not negative, and Rate is between 0 and 1")
	case f.Status == 0 && (f.Body != "" || len(f.Header) > 0):
		return fmt.Errorf("sandbox: Header and Body need a Status, for an answer of your own")
	}
	return f.checkPlace()
}

// where is the endpoint that a fault befalls.
func (f Fault) where() Endpoint {
	switch {
	case f.Endpoint != "":
		return f.Endpoint
	case f.Name != "" && scenarios[f.Name].api:
		return APIEndpoint
	}
	return TokenEndpoint
}

// checkPlace refuses what would never happen, and says what would.
func (f Fault) checkPlace() error {
	befallen, e := Vendors(), f.where()
	if f.Vendor != "" {
		befallen = []Vendor{f.Vendor}
	}
	if sc := scenarios[f.Name]; sc != nil {
		if only := sc.endpoint(); only != "" && only != e {
			return fmt.Errorf("sandbox: fault %q befalls the endpoint %s alone; leave Endpoint empty", f.Name, only)
		}
		befallen = slices.DeleteFunc(befallen, func(v Vendor) bool { return !sc.befalls(v, e) })
		if len(befallen) == 0 {
			return fmt.Errorf("sandbox: fault %q befalls %s alone", f.Name, vendors.Words(sc.vendors))
		}
	}
	if !slices.ContainsFunc(befallen, func(v Vendor) bool { return vendors.Serves(v, e) }) {
		return fmt.Errorf("sandbox: %s has no endpoint %s; it has %s", vendors.Words(befallen), e, vendors.Words(vendors.Endpoints(befallen[0])))
	}
	if f.Account != "" && (e == KeysEndpoint || e == DiscoveryEndpoint) {
		return fmt.Errorf("sandbox: nobody says who asks for %s; leave Account empty", e)
	}
	return nil
}

// ActiveFault is an injected fault that is not over.
type ActiveFault struct {
	Fault
	ID   string
	Left int // requests that it will still befall; 0 where Times was 0

	share float64 // of a request, carried over from those that it spared
}

// Inject starts a fault with the next request. If several faults match a request, the oldest
// counts.
func (s *Server) Inject(f Fault) error {
	_, err := s.InjectFault(f)
	return err
}

// InjectFault is like [Server.Inject], and returns the fault with the ID that [Server.RemoveFault]
// takes.
func (s *Server) InjectFault(f Fault) (ActiveFault, error) {
	if err := f.check(); err != nil {
		return ActiveFault{}, err
	}
	f.Header = maps.Clone(f.Header)
	f.Endpoint = f.where()
	share := 0.0
	if f.Name != "" && scenarios[f.Name].every > 0 && f.Rate == 0 {
		f.Rate = 1 / float64(scenarios[f.Name].every)
		share = 1 - f.Rate // it begins with the first
	}
	s.mu.Lock()
	s.faultCount++
	active := &ActiveFault{Fault: f, ID: strconv.Itoa(s.faultCount), Left: f.Times, share: share}
	s.faults = append(s.faults, active)
	s.mu.Unlock()
	s.changed()
	return *active, nil
}

// Faults lists the faults that are not over, the oldest first.
func (s *Server) Faults() []ActiveFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]ActiveFault, len(s.faults))
	for i, f := range s.faults {
		list[i] = *f
	}
	return list
}

// RemoveFault takes a fault back; it reports whether there was one of that id.
func (s *Server) RemoveFault(id string) bool {
	s.mu.Lock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *ActiveFault) bool { return f.ID == id })
	removed := len(s.faults) < before
	s.mu.Unlock()
	s.changed()
	return removed
}

// ClearFaults takes all faults back.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	s.faults = nil
	s.mu.Unlock()
	s.changed()
}

// injected is the fault that befalls a call, counted.
func (s *Server) injected(c exchange) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Endpoint != c.Endpoint || f.Vendor != "" && f.Vendor != c.Vendor ||
			f.Account != "" && f.Account != c.Client && f.Account != c.User || f.Name != "" && scenarios[f.Name].spares(c) {
			continue
		}
		if f.Rate > 0 {
			f.share += f.Rate
			if f.share < 1-1e-9 {
				continue
			}
			f.share--
		}
		fault := f.Fault
		if f.Times > 0 {
			if f.Left--; f.Left == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return &fault
	}
	return nil
}

// script is a fault as a request meets it.
type script struct {
	scenario
	fault Fault
	label string // for the journal

	example string      // of the document's, where the request asked for one
	applied http.Header // says so, where the request asked for the fault
}

// plan selects the fault of a call: the one that it asks for, an injected one, or that of a magic
// name.
func (c exchange) plan() *script {
	if p := c.askedScript(); p != nil {
		return p
	}
	if f := c.server.injected(c); f != nil {
		return scriptOf(*f)
	}
	name := c.magicScenario()
	if name == "" || c.Endpoint != TokenEndpoint || scenarios[name].spares(c) || !c.server.itsTurn(c.Vendor, name) {
		return nil
	}
	return scriptOf(Fault{Name: name})
}

// itsTurn counts the requests of a vendor's magic accounts to a scenario that befalls only some of
// them. It keeps no other name that a request may have, because anybody can make those up.
func (s *Server) itsTurn(v Vendor, name string) bool {
	every := scenarios[name].every
	if every == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(v) + " " + name
	s.turns[key]++
	return s.turns[key]%every == 1
}

func scriptOf(f Fault) *script {
	p := &script{fault: f, label: f.Name}
	switch {
	case f.Name != "":
		p.scenario = *scenarios[f.Name]
	case f.Status != 0:
		p.label = strconv.Itoa(f.Status)
		p.answer = func(c exchange) answer.Answer {
			a := c.failure(f.Status, p.example)
			if f.Body != "" {
				a = answer.Text(f.Status, "application/json", f.Body)
			}
			for name, values := range f.Header {
				a.Header[http.CanonicalHeaderKey(name)] = values
			}
			return a
		}
	default:
		p.label = "delay"
	}
	p.delay += f.Delay
	return p
}
