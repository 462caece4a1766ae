package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/faults"
	"github.com/finsdk/finsdk-go/sandbox/internal/fincalc"
	"github.com/finsdk/finsdk-go/sandbox/internal/finventi"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/hub"
	"github.com/finsdk/finsdk-go/sandbox/internal/journal"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
	"github.com/finsdk/finsdk-go/sandbox/internal/onefinops"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// Server plays the four vendors. It is an http.Handler, and safe for use by several goroutines.
// Servers share nothing, not even keys, so parallel tests may each have their own.
type Server struct {
	settings
	clock      clock
	mux        *http.ServeMux
	rings      map[Vendor]*signing.Ring
	hub        hub.Hub
	journal    *journal.Journal
	accounts   *accounts.Book
	keycloak   *keycloak.Server
	sameOrigin *http.CrossOriginProtection
	sites      []site
	gate       *gate.Gate
	faults     faults.Book
	oneFinOps  *onefinops.API
	finCalc    *fincalc.API

	file interface { // a statefile.File, or nil
		Keep()
		KeepChanges()
		Err() error
	}

	mu     sync.Mutex // guards what follows
	counts map[Vendor]int

	done     chan struct{} // closed to release the requests that wait
	stopOnce sync.Once
}

// Err says which options make no sense, or nil.
func (s *Server) Err() error { return s.err }

// changed has to be called after every change that the page shows.
func (s *Server) changed() { s.hub.Wake() }

// stopWaiting sends away the requests that wait: hanging ones and event streams.
func (s *Server) stopWaiting() { s.stopOnce.Do(func() { close(s.done) }) }

// clock is the only source of time in a Server.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds by which Advance has moved it
}

func (c *clock) now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// keep is called after a change from outside that has to survive a restart.
func (s *Server) keep() {
	if s.file != nil {
		s.file.Keep()
	}
	s.changed()
}

// keepChanges is called after a call.
func (s *Server) keepChanges() {
	if s.file != nil {
		s.file.KeepChanges()
	}
	s.changed()
}

// stateError says why the state could not be kept, or nil.
func (s *Server) stateError() error {
	if s.file == nil {
		return nil
	}
	return s.file.Err()
}

// A site is what one vendor serves: its authorization server below auth, and its API below each of
// apis. Both may be one.
type site struct {
	vendor   Vendor
	document *openapi.Document
	server   map[string]call.Operation // of the authorization server, by operationId
	api      call.API
	apis     []string // the prefixes of the API, the usual one last
}

// auth is the prefix of the authorization server.
func (v site) auth() string { return vendors.AuthPath(v.vendor) }

// prefixes are the site's servers, each once.
func (v site) prefixes() []string {
	if slices.Contains(v.apis, v.auth()) {
		return v.apis
	}
	return append([]string{v.auth()}, v.apis...)
}

// serves reports whether an operation is one of the server below a prefix.
func (v site) serves(prefix string, op *openapi.Operation) bool {
	if op.Tagged("api") {
		of := productAt(prefix)
		return slices.Contains(v.apis, prefix) && (of == "" || op.Product == "" || op.Product == of)
	}
	return prefix == v.auth()
}

// productAt is the name of Finventi's product whose API has a prefix.
func productAt(prefix string) string { return finventi.Products()[prefix] }
