package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/faults"
	"github.com/finsdk/finsdk-go/sandbox/internal/journal"
	"github.com/finsdk/finsdk-go/sandbox/internal/keycloak"
)

// An Exchange is a request to a vendor and the answer to it, without their secrets and tokens. Of a
// request it shows only values that the sandbox knows to be harmless, such as the names of its own
// accounts. An unknown account, scope or grant is shown as "[unknown]", anything else as
// "[redacted]".
//
// Its fields are Seq, which counts the exchanges from 1, Time by the sandbox's clock, Duration by
// the real one, Vendor, Endpoint, Method, Path, Query, Client, User, Grant, Status, Request and
// Response, Fault, and the TokenID of the access token that was handed out or accepted.
type Exchange = journal.Exchange

// A Message is one direction of an exchange: Header, which is a map, and Body. Values that might be
// secret are shown as "[redacted]", and a long body is cut.
type Message = journal.Message

// An ExchangeFilter selects exchanges by After (a Seq), Vendor, Endpoint, Client, User, Fault and
// Status. An empty field matches all.
type ExchangeFilter = journal.Filter

// Journal lists the exchanges that are remembered, the oldest first.
func (s *Server) Journal() []Exchange { return s.journal.After(0) }

// ResetJournal forgets the exchanges. Their numbers go on.
func (s *Server) ResetJournal() {
	s.journal.Reset()
	s.changed()
}

// NextExchange returns the oldest exchange in the journal that matches the filter, or waits for the
// next one. To read one after the other, set After to the Seq of the last. An exchange is in the
// journal before the caller has the answer, so a test need not wait after its own requests.
func (s *Server) NextExchange(ctx context.Context, f ExchangeFilter) (Exchange, error) {
	changes, stop := s.hub.Watch()
	defer stop()
	x, err := s.journal.Next(ctx, f, changes, s.done)
	if err != nil {
		return Exchange{}, fmt.Errorf("sandbox: %w", err)
	}
	return x, nil
}

func (s *Server) adminJournal(r *http.Request) (any, error) { return s.journal.Find(r.URL.Query()) }

// note writes a call and its answer into the journal.
func (s *Server) note(c *call.Call, a answer.Answer, p *faults.Script, began time.Time) {
	seen := journal.Call{At: c.Now, Took: time.Since(began), Vendor: c.Vendor, Endpoint: c.Endpoint, Client: c.Client, User: c.User,
		Request: c.Request, Body: c.Body, Form: c.Form, Status: a.Status, Header: a.Header, Answer: a.Body(), TokenID: c.TokenID}
	if p != nil {
		seen.Fault, seen.Silent = p.Label, p.Wire == answer.Hang || p.Wire == answer.Reset
	}
	if c.Vendor == FinCalc && c.Endpoint == TokenEndpoint {
		seen.Members = c.Members()
	}
	id, secret, _ := c.Basic()
	token, _ := c.Bearer()
	seen.Words, seen.Credentials = []string{id}, []string{secret, token}
	if !s.localHost(c) {
		host, _, _ := strings.Cut(c.Request.Host, ":")
		seen.Words = append(seen.Words, host)
	}
	s.journal.Note(seen)
	s.changed()
}

// localHost reports whether the request's Host is an expected one. It appears in links and in the
// issuer.
func (s *Server) localHost(c *call.Call) bool {
	host := c.Request.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") || s.namesItself(host)
}

// shownGrants are the grants that the journal shows by name.
var shownGrants = append([]string{"implicit", "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:saml2-bearer",
	"urn:ietf:params:oauth:grant-type:uma-ticket"}, keycloak.KnownGrants...)

// known are the words that the journal may show, and the secrets that it must not.
func (s *Server) known() journal.Known {
	w := s.accounts.Words()
	k := journal.Known{
		Accounts: w.Accounts,
		Scopes:   w.Scopes,
		Realms:   w.Realms,
		Grants:   shownGrants,
		Secrets:  w.Secrets,
		IsMagic: func(name string) bool {
			return slices.ContainsFunc(Vendors(), func(of Vendor) bool { return s.faults.ScenarioOf(of, name) != "" })
		},
		IsFault: func(name string) bool { return faults.Is(name) },
	}
	k.Segments, k.Members, k.Examples = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, site := range s.sites {
		for _, op := range site.document.Operations {
			op.Names(k.Segments, k.Members, k.Examples)
		}
	}
	return k
}
