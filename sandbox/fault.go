package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/faults"
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

// ActiveFault is an injected fault that is not over.
type ActiveFault struct {
	Fault
	ID   string
	Left int // requests that it will still hit; 0 if Times was 0
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
	active, err := s.faults.Inject(faults.Fault(f))
	if err != nil {
		return ActiveFault{}, fmt.Errorf("sandbox: %w", err)
	}
	s.changed()
	return activeFault(active), nil
}

// Faults lists the faults that are not over, the oldest first.
func (s *Server) Faults() []ActiveFault {
	list := []ActiveFault{}
	for _, f := range s.faults.List() {
		list = append(list, activeFault(f))
	}
	return list
}

func activeFault(f faults.Active) ActiveFault { return ActiveFault{Fault(f.Fault), f.ID, f.Left} }

// RemoveFault takes a fault back. It reports whether there was one of that id.
func (s *Server) RemoveFault(id string) bool {
	defer s.changed()
	return s.faults.Remove(id)
}

// ClearFaults takes all faults back.
func (s *Server) ClearFaults() {
	s.faults.Clear()
	s.changed()
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
	for _, sc := range faults.Scenarios() {
		list = append(list, Scenario(sc))
	}
	return list
}
