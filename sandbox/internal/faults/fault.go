// Package faults has the failures on demand, and decides which calls they hit.
package faults

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Fault is a failure on demand; see sandbox.Fault.
type Fault struct {
	Vendor   vendors.Vendor
	Endpoint vendors.Endpoint
	Account  string
	Name     string
	Status   int
	Header   http.Header
	Body     string
	Delay    time.Duration
	Times    int
	Rate     float64
}

func (f Fault) check() error {
	switch {
	case f.Vendor != "" && vendors.Check(f.Vendor) != nil:
		return vendors.Check(f.Vendor)
	case f.Endpoint != "" && vendors.CheckEndpoint(f.Endpoint) != nil:
		return vendors.CheckEndpoint(f.Endpoint)
	case f.Name != "" && scenarios[f.Name] == nil:
		return fmt.Errorf("there is no fault %q; %s", f.Name, jsondoc.Suggestion(f.Name, slices.Collect(maps.Keys(scenarios))))
	case f.Name == "" && f.Status == 0 && f.Delay == 0:
		return fmt.Errorf("a fault needs a Name, a Status or a Delay")
	case f.Name != "" && f.Status != 0:
		return fmt.Errorf("fault %q has a Status of its own", f.Name)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("%d is not the status of an answer", f.Status)
	case f.Body != "" && (f.Status == http.StatusNoContent || f.Status == http.StatusNotModified):
		return fmt.Errorf("an answer with status %d has no body", f.Status)
	case f.Delay < 0 || f.Times < 0 || !(f.Rate >= 0 && f.Rate <= 1):
		return fmt.Errorf("a fault has no negative Delay or Times, and a Rate between 0 and 1")
	case f.Status == 0 && (f.Body != "" || len(f.Header) > 0):
		return fmt.Errorf("a fault with a Header or Body needs a Status too")
	}
	return f.checkPlace()
}

// where is the endpoint that a fault applies to.
func (f Fault) where() vendors.Endpoint {
	switch {
	case f.Endpoint != "":
		return f.Endpoint
	case f.Name != "" && scenarios[f.Name].api:
		return vendors.API
	}
	return vendors.Token
}

// checkPlace refuses what would never happen, and says what would.
func (f Fault) checkPlace() error {
	hit, e := vendors.All(), f.where()
	if f.Vendor != "" {
		hit = []vendors.Vendor{f.Vendor}
	}
	if sc := scenarios[f.Name]; sc != nil {
		if only := sc.endpoint(); only != "" && only != e {
			return fmt.Errorf("fault %q applies only to the endpoint %s; leave Endpoint empty", f.Name, only)
		}
		hit = slices.DeleteFunc(hit, func(v vendors.Vendor) bool { return !sc.appliesTo(v, e) })
		if len(hit) == 0 {
			return fmt.Errorf("fault %q applies only to %s", f.Name, vendors.Words(sc.vendors))
		}
	}
	if !slices.ContainsFunc(hit, func(v vendors.Vendor) bool { return vendors.Serves(v, e) }) {
		return fmt.Errorf("%s has no endpoint %s; it has %s", vendors.Words(hit), e, vendors.Words(vendors.Endpoints(hit[0])))
	}
	if f.Account != "" && (e == vendors.Keys || e == vendors.Discovery) {
		return fmt.Errorf("nobody says who asks for %s; leave Account empty", e)
	}
	return nil
}

// An Active is an injected Fault that is not over.
type Active struct {
	Fault
	ID   string
	Left int // requests that it will still hit; 0 if Times was 0

	share float64 // of a request, carried over from those that it spared
}

// A Book keeps the faults that were injected. It is safe for use by several goroutines.
type Book struct {
	NoMagic bool // no account's name asks for a fault

	mu    sync.Mutex // guards what follows
	list  []*Active
	count int            // numbers the faults
	turns map[string]int // counts the requests to each scenario that skips some
}

// Inject starts a fault with the next request. If several faults match a request, the oldest
// counts.
func (b *Book) Inject(f Fault) (Active, error) {
	if err := f.check(); err != nil {
		return Active{}, err
	}
	f.Header = maps.Clone(f.Header)
	f.Endpoint = f.where()
	share := 0.0
	if f.Name != "" && scenarios[f.Name].every > 0 && f.Rate == 0 {
		f.Rate = 1 / float64(scenarios[f.Name].every)
		share = 1 - f.Rate // it begins with the first
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	active := &Active{Fault: f, ID: strconv.Itoa(b.count), Left: f.Times, share: share}
	b.list = append(b.list, active)
	return *active, nil
}

// List returns the faults that are not over, the oldest first.
func (b *Book) List() []Active {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Active, len(b.list))
	for i, f := range b.list {
		list[i] = *f
	}
	return list
}

// Remove takes a fault back. It reports whether there was one of that id.
func (b *Book) Remove(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.list)
	b.list = slices.DeleteFunc(b.list, func(f *Active) bool { return f.ID == id })
	return len(b.list) < before
}

// Clear takes all faults back.
func (b *Book) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = nil
}

// injected is the fault that hits a call, and counts it.
func (b *Book) injected(c *call.Call) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.list {
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
				b.list = slices.Delete(b.list, i, i+1)
			}
		}
		return &fault
	}
	return nil
}

// A Script is a fault as a request meets it.
type Script struct {
	scenario
	fault Fault
	Label string // for the journal

	example string      // of the document, if the request asked for one
	applied http.Header // the answer to a header Prefer, or nil
}

// Plan selects the fault of a call: the one that it asks for, an injected one, or that of a magic
// name.
func (b *Book) Plan(c *call.Call) *Script {
	if p := asked(c); p != nil {
		return p
	}
	if f := b.injected(c); f != nil {
		return scriptOf(*f)
	}
	name := b.magicScenario(c)
	if name == "" || c.Endpoint != vendors.Token || scenarios[name].spares(c) || !b.itsTurn(c.Vendor, name) {
		return nil
	}
	return scriptOf(Fault{Name: name})
}

// itsTurn counts the requests of a vendor's magic accounts to a scenario that hits only some of
// them. It keeps no other name that a request may have, because anybody can make those up.
func (b *Book) itsTurn(v vendors.Vendor, name string) bool {
	every := scenarios[name].every
	if every == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := string(v) + " " + name
	if b.turns == nil {
		b.turns = map[string]int{}
	}
	b.turns[key]++
	return b.turns[key]%every == 1
}

func scriptOf(f Fault) *Script {
	p := &Script{fault: f, Label: f.Name}
	switch {
	case f.Name != "":
		p.scenario = *scenarios[f.Name]
	case f.Status != 0:
		p.Label = strconv.Itoa(f.Status)
		p.answer = func(c *call.Call) answer.Answer {
			a := failure(c, f.Status, p.example)
			if f.Body != "" {
				a = answer.Text(f.Status, "application/json", f.Body)
			}
			for name, values := range f.Header {
				a.Header[http.CanonicalHeaderKey(name)] = values
			}
			return a
		}
	default:
		p.Label = "delay"
	}
	p.Delay += f.Delay
	return p
}
