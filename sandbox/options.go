package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An Option changes a [Server].
type Option interface{ apply(*settings) }

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

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

// WithTrustedHosts adds host names that the page and the admin API answer to. They always answer to
// localhost, IP addresses, names without a dot and the host of WithBaseURL. Another name might
// belong to somebody who points it at this machine to reach the sandbox from a browser.
func WithTrustedHosts(hosts ...string) Option {
	return option(func(s *settings) { s.trustedHosts = append(s.trustedHosts, s.hostNames(hosts)...) })
}

// WithoutMagic makes the sandbox refuse magic client ids and usernames like any other unknown one.
func WithoutMagic() Option {
	return option(func(s *settings) { s.noMagic = true })
}

// WithHosts adds host names and IP addresses by which clients reach the sandbox, such as the name
// of its container. They are in the certificate of [WithTLS], the first is the host of
// [Instance.PublicURL], and the page and the admin API answer to them as with [WithTrustedHosts].
func WithHosts(hosts ...string) Option {
	return option(func(s *settings) {
		names := s.hostNames(hosts)
		s.hosts = append(s.hosts, names...)
		s.trustedHosts = append(s.trustedHosts, names...)
	})
}

// WithStateFile keeps keys, secrets, sessions, revocations, e-invoices, e-way bills, FinCalc's tags
// and the clock in a file, so that they survive a restart, even after the process was killed. The
// file holds them in plain text, readable by its owner only. One process at a time may use it: if
// another process has written to it, the sandbox saves nothing more, and the health endpoint says
// so.
//
// Each call appends its changes, whatever the size of the file. At the start, from time to time,
// and after a change from outside, the sandbox rewrites the file and syncs it to the disk. If the
// whole machine fails, the calls since then may be lost.
func WithStateFile(path string) Option {
	return option(func(s *settings) { s.stateFile = path })
}

// WithTLS serves https with a self-signed certificate for localhost, 127.0.0.1, ::1, the address of
// the listener, the host of [WithBaseURL] and those of [WithHosts]. [Instance.Client] trusts it,
// and [Instance.CertificatePEM] returns it. Each start makes a new one. With a state file,
// certificate and key are kept beside that, in a file whose name ends in ".tls.pem", and replaced
// only if the certificate lacks a host or expires within a week.
func WithTLS() Option {
	return option(func(s *settings) { s.tls = true })
}

// WithCertificate serves https with a certificate of your own. Its first certificate is the
// server's. [Instance.Client] trusts all certificates in it, besides those that the system trusts.
func WithCertificate(pair tls.Certificate) Option {
	return option(func(s *settings) {
		// On a system without roots of its own there is nothing to add to.
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		c, err := certificate.Read(pair, pool)
		if err != nil {
			s.fail("the certificate: %w", err)
			return
		}
		s.tls, s.certificate = true, c
	})
}

// WithoutNetwork keeps all traffic in the process: nothing listens on the address, and only
// [Instance.Client] and [Instance.Transport] reach the sandbox. Use it for tests in a
// testing/synctest bubble, where sockets do not work.
func WithoutNetwork() Option {
	return option(func(s *settings) { s.pipe = true })
}

// WithLimit limits how often each client may call one of a vendor's endpoints. Further requests get
// 429 and a Retry-After header. The zero Limit removes the limit.
//
// By default OneFinOps allows 60 a minute on the token endpoint and 600 a minute on the API,
// FinCalc 60 a minute on the token endpoint, and the others have no limit.
func WithLimit(v Vendor, e Endpoint, l Limit) Option {
	return option(func(s *settings) {
		switch err := vendors.Check(v); {
		case err != nil:
			s.fail("%w", err)
			return
		case !vendors.Serves(v, e):
			s.fail("%s has no endpoint %q; it has %s", v, e, vendors.Words(vendors.Endpoints(v)))
			return
		}
		if l.Requests < 0 || l.Per < 0 || (l.Requests > 0) != (l.Per > 0) {
			s.fail("a limit of %d requests in %v makes no sense", l.Requests, l.Per)
		}
		s.limits[gate.Key{Vendor: v, Endpoint: e}] = l
	})
}
