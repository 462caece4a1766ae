package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

type settings struct {
	now            func() time.Time
	clients        map[Vendor][]accounts.Client
	users          []accounts.User
	lifetimes      map[Vendor]accounts.Lifetimes
	limits         map[gate.Key]Limit
	rotation       bool
	allowed        []netip.Prefix
	keycloak265    bool
	disabledRealms map[accounts.RealmID]bool
	bruteForce     int
	lock           time.Duration
	httpsRequired  bool
	baseURL        string
	trustedHosts   []string
	noMagic        bool
	noDocument     bool
	documents      map[Vendor]*openapi.Document // of WithDocument
	stateFile      string
	tls            bool
	hosts          []string
	certificate    *certificate.Certificate // one's own
	pipe           bool
	err            error
}

func defaultSettings() settings {
	return settings{
		now:            time.Now,
		clients:        map[Vendor][]accounts.Client{},
		lifetimes:      map[Vendor]accounts.Lifetimes{},
		limits:         map[gate.Key]Limit{},
		disabledRealms: map[accounts.RealmID]bool{},
		documents:      map[Vendor]*openapi.Document{},
		bruteForce:     30,
		lock:           time.Minute,
	}
}

func (s *settings) fail(format string, args ...any) {
	s.err = errors.Join(s.err, fmt.Errorf("sandbox: "+format, args...))
}

// document is a vendor's.
func (s *settings) document(v Vendor) *openapi.Document {
	if d := s.documents[v]; d != nil {
		return d
	}
	return documents.Of(v)
}

// A Limit allows Requests in each Per, and as many at once. It is a token bucket.
type Limit struct {
	Requests int
	Per      time.Duration
}

func defaultLimits() map[gate.Key]Limit {
	return map[gate.Key]Limit{
		{Vendor: OneFinOps, Endpoint: TokenEndpoint}: {60, time.Minute},
		{Vendor: OneFinOps, Endpoint: APIEndpoint}:   {600, time.Minute},
		{Vendor: FinCalc, Endpoint: TokenEndpoint}:   {60, time.Minute},
	}
}

// played are the vendors that a Server with these settings plays.
func (s *settings) played() []Vendor {
	list := Vendors()
	for _, v := range slices.Sorted(maps.Keys(s.documents)) {
		if vendors.Check(v) != nil {
			list = append(list, v)
		}
	}
	return list
}

// adminPath is the prefix of the admin API.
const adminPath = "/_sandbox"
