package sandbox

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An Option changes a [Server].
type Option interface{ apply(*settings) }

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

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

// WithClock uses now as the source of time, instead of time.Now. now must be safe for use by
// several goroutines.
func WithClock(now func() time.Time) Option {
	return option(func(s *settings) {
		if now == nil {
			s.fail("the clock is nil")
			return
		}
		s.now = now
	})
}

// WithClient adds a client of a vendor. The first one replaces the vendor's default clients and is
// in the vendor's Config. finAPI's public client "demobank-cli" always exists too.
func WithClient(v Vendor, c Client) Option {
	return option(func(s *settings) {
		if err := vendors.Check(v); err != nil {
			s.fail("%w", err)
			return
		}
		known := accounts.Client(c)
		if err := known.Check(v); err != nil {
			s.fail("%w", err)
		}
		if slices.ContainsFunc(s.clients[v], func(o accounts.Client) bool { return o.ID == c.ID && o.InRealm(v) == known.InRealm(v) }) {
			s.fail("client %q of %s is there twice", c.ID, v)
		}
		s.clients[v] = append(s.clients[v], known)
	})
}

// WithUser adds a user of finAPI. The first one replaces the default users and is in finAPI's
// Config.
func WithUser(u User) Option {
	return option(func(s *settings) {
		if u.Username == "" || u.Password.IsZero() {
			s.fail("user %q lacks a username or password", u.Username)
		}
		known := accounts.User(u).WithDefaults()
		mandator := known.Mandator
		if !accounts.IsRealmName(mandator) {
			s.fail("user %q has a mandator %q that is no segment of a path", u.Username, mandator)
		}
		if slices.ContainsFunc(s.users, func(o accounts.User) bool { return o.Username == u.Username && o.Mandator == mandator }) {
			s.fail("user %q of mandator %q is there twice", u.Username, mandator)
		}
		s.users = append(s.users, known)
	})
}

// Lifetimes are how long a vendor's tokens and sessions live. A zero field keeps the value of an
// earlier option, or the vendor's own. Fractions of a second are rounded up, because the answers
// count in seconds.
type Lifetimes struct {
	// Access is the lifetime of an access token.
	Access time.Duration
	// Refresh is the lifetime of a refresh token. finAPI only, default: SessionIdle.
	Refresh time.Duration
	// SessionIdle is how long a session lives after its last login or refresh. finAPI only.
	SessionIdle time.Duration
	// SessionMax is the longest lifetime of a session. No token outlives its session. finAPI only.
	SessionMax time.Duration
}

// WithLifetimes sets how long a vendor's tokens and sessions live.
func WithLifetimes(v Vendor, l Lifetimes) Option {
	return option(func(s *settings) {
		if err := vendors.Check(v); err != nil {
			s.fail("%w", err)
			return
		}
		if l.Access < 0 || l.Refresh < 0 || l.SessionIdle < 0 || l.SessionMax < 0 {
			s.fail("a lifetime of %s is negative", v)
		}
		if v != FinAPI && (l.Refresh != 0 || l.SessionIdle != 0 || l.SessionMax != 0) {
			s.fail("%s has neither refresh tokens nor sessions; they are finapi's", v)
		}
		s.lifetimes[v] = accounts.Lifetimes(l).Over(s.lifetimes[v])
	})
}

// WithRefreshRotation makes each refresh token valid for one use, as Keycloak's "Revoke Refresh
// Token" does. A second use ends the session, and so the newest token too.
func WithRefreshRotation() Option {
	return option(func(s *settings) { s.rotation = true })
}

// WithAllowedIPs sets Finventi's whitelist of addresses and prefixes such as "192.0.2.0/24".
// Requests from other addresses get 403. Without this option, all addresses are allowed.
func WithAllowedIPs(addresses ...string) Option {
	return option(func(s *settings) {
		s.allowed = []netip.Prefix{}
		for _, text := range addresses {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				addr, err2 := netip.ParseAddr(text)
				if err2 != nil {
					s.fail("%q is neither an IP address nor a prefix", text)
					continue
				}
				prefix = netip.PrefixFrom(addr, addr.BitLen())
			}
			// Compare unmapped addresses: a socket for both kinds reports IPv4 addresses as IPv6.
			if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
				prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
			}
			s.allowed = append(s.allowed, prefix.Masked())
		}
	})
}

// WithKeycloak265 makes the three Keycloaks answer as versions up to 26.5 did: a wrong password is
// 401 instead of 400, a disabled user is reported whatever the password, and introspection needs no
// audience.
func WithKeycloak265() Option {
	return option(func(s *settings) { s.keycloak265 = true })
}

// WithDisabledRealm disables a Keycloak realm: "Realm not enabled". The realm may be one without
// accounts.
func WithDisabledRealm(v Vendor, realm string) Option {
	return option(func(s *settings) {
		switch err := vendors.Check(v); {
		case err != nil:
			s.fail("%w", err)
		case v == FinCalc:
			s.fail("fincalc is no Keycloak and has no realms")
		case !accounts.IsRealmName(realm):
			s.fail("%q is no realm: it has to be a segment of a path", realm)
		default:
			s.disabledRealms[accounts.RealmID{Vendor: v, Name: realm}] = true
		}
	})
}

// WithBruteForce locks a user for a while after the given number of wrong passwords in a row; 0
// never locks. The default is one minute after 30.
func WithBruteForce(failures int, wait time.Duration) Option {
	return option(func(s *settings) {
		if failures < 0 || wait < 0 {
			s.fail("locking a user for %v after %d wrong passwords makes no sense", wait, failures)
		}
		s.bruteForce, s.lock = failures, wait
	})
}

// WithHTTPSRequired makes the Keycloaks refuse all plain http, like a realm whose "Require SSL" is
// "all".
func WithHTTPSRequired() Option {
	return option(func(s *settings) { s.httpsRequired = true })
}

// WithBaseURL sets the URL by which clients reach the sandbox, for the issuer in tokens and the
// links in answers. Without it, both follow the request, as in a Keycloak without a fixed hostname:
// a token issued under one host name cannot be refreshed under another.
func WithBaseURL(base string) Option {
	return option(func(s *settings) {
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || strings.ContainsAny(base, "?#") {
			s.fail("%q is not a base URL: it begins with http or https, and has neither a user name nor a query", base)
			return
		}
		s.baseURL = strings.TrimRight(base, "/")
	})
}

// WithoutDocument makes the token endpoints bare Keycloaks: they neither check requests against the
// vendors' documents nor add the members that only the documents have.
func WithoutDocument() Option { return option(func(s *settings) { s.noDocument = true }) }

// WithDocument plays a vendor by another document than the one of this version. The document is the
// JSON that `make generate` writes to gen/<vendor>/server/document.json. A vendor that the sandbox
// does not know is served by its document alone, below the URLs of [Server.URLs]. Its token
// endpoint issues the token of the document's example to the given clients, or to any client if
// none is given. Its API checks the token and the request and answers with the document's examples.
func WithDocument(text []byte, clients ...Client) Option {
	return option(func(s *settings) {
		d, err := openapi.Parse(text)
		if err != nil {
			s.fail("%w", err)
			return
		}
		v := Vendor(d.Vendor)
		if !accounts.IsRealmName(d.Vendor) || strings.HasPrefix(adminPath, "/"+d.Vendor) {
			s.fail("vendor %q is no segment of a path", v)
			return
		}
		if d.Tagged("token") == nil {
			s.fail("the document of %s has no token operation", v)
			return
		}
		s.documents[v] = d
		for _, c := range clients {
			s.clients[v] = append(s.clients[v], accounts.Client(c))
		}
	})
}

// document is a vendor's.
func (s *settings) document(v Vendor) *openapi.Document {
	if d := s.documents[v]; d != nil {
		return d
	}
	return documents.Of(v)
}
