package auth

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/origin"
	"github.com/finsdk/finsdk-go/internal/resend"
)

// DefaultRequestTimeout bounds one request to a token endpoint, from dialling to the last byte of
// the answer.
const DefaultRequestTimeout = 30 * time.Second

// maxRequestTimeout caps WithRequestTimeout so that deadline arithmetic cannot overflow.
const maxRequestTimeout = 24 * time.Hour

// An Option changes what NewTokenSource builds. Options are made by the With… functions of this
// package.
type Option interface{ apply(*settings) }

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// settings collects the options.
type settings struct {
	name           string
	vendor         string
	help           string
	httpClient     *http.Client
	logger         *slog.Logger
	observer       Observer
	store          Store
	storeKey       string
	storedExtras   []string
	secret         SecretSource // what the Grant sends; nil if unknown
	known          []string     // words of the configuration, which may be shown
	refreshWindow  time.Duration
	requestTimeout time.Duration
	retry          Retry
	budget         *resend.Budget // of retry; nil: no retries
	hosts          origin.Rules
	testClock      func() instant // only this package's tests set it
	errs           []error
}

func newSettings(opts []Option) (*settings, error) {
	s := &settings{requestTimeout: DefaultRequestTimeout}
	for _, o := range opts {
		if o != nil {
			o.apply(s)
		}
	}
	s.vendor = cmp.Or(s.vendor, s.name)
	s.storeKey = cmp.Or(s.storeKey, s.name)
	if len(s.errs) > 0 {
		return nil, s.own(&Error{Op: "configure the token source", Kind: ErrInvalidConfig, Err: errors.Join(s.errs...)})
	}
	return s, nil
}

// own names the source's vendor in e.
func (s *settings) own(e *Error) *Error {
	e.Vendor, e.Help = s.vendor, s.help
	return e
}

func (s *settings) refuse(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

// WithName names the source in events, log lines and its own text, which tells two sources of one
// vendor apart. For a Grant of your own, it also names the vendor in errors, and the source's entry
// in a store. Default: none.
func WithName(name string) Option {
	return optionFunc(func(s *settings) { s.name = name })
}

// A Site describes the vendor that a Grant asks. The vendors' packages of this module set it. For a
// Grant of your own, use WithName and WithAPIHosts instead.
type Site struct {
	Vendor       string       // names the vendor in errors, events and log lines
	Help         string       // is Error.Help of its errors
	StoreKey     string       // names the source's entry in a store
	StoredExtras []string     // answer members that a store keeps, as oauth2.Token.Extra names them
	Secret       SecretSource // the secret that the Grant sends: a record in a store counts for it alone
	Known        []string     // client id, user, hosts and so on, which errors may show
	Hosts        origin.Rules // where the token may go; outside this module, use WithAPIHosts
}

// WithSite sets what the package of a Grant knows about its vendor.
func WithSite(site Site) Option {
	return optionFunc(func(s *settings) {
		s.vendor, s.storeKey = cmp.Or(site.Vendor, s.vendor), cmp.Or(site.StoreKey, s.storeKey)
		s.help = cmp.Or(site.Help, s.help)
		if site.Secret != nil {
			s.secret = site.Secret
		}
		s.storedExtras = append(s.storedExtras, site.StoredExtras...)
		s.known = append(s.known, site.Known...)
		s.hosts.Add(site.Hosts)
	})
}

// WithHTTPClient sends token requests, and the requests of [TokenSource.Client], through the
// Transport of c, or http.DefaultTransport if it is nil. Token requests also use the Timeout of c
// if it is shorter than the request timeout, but nothing else: they follow no redirect and keep no
// cookies. c is copied, so later changes to it have no effect, such as setting its Transport to the
// source's own. A client in a caller's context (oauth2.HTTPClient) has no effect either. Default: a
// transport of its own for token requests, http.DefaultTransport for API requests.
//
// The client of a source, from [TokenSource.Client] or with its Transport, is [ErrInvalidConfig]
// here: it belongs to the WithHTTPClient of the generated API client.
func WithHTTPClient(c *http.Client) Option {
	return optionFunc(func(s *settings) {
		s.httpClient = nil
		if c != nil {
			// Copy it: the caller may set the source's own Transport on c next.
			own := *c
			if own.Transport == nil {
				own.Transport = http.DefaultTransport // its current value, for the same reason
			}
			if _, ours := own.Transport.(*transport); ours {
				s.refuse("auth.WithHTTPClient: the client sends a token source's token, and so belongs to the WithHTTPClient of the generated API client; " +
					"pass the client that is to reach the vendor, or leave the option out")
			}
			s.httpClient = &own
		}
	})
}

// WithLogger logs what the source does: renewals at debug level, failures while a token is still
// valid as warnings, and failures that callers see as errors. It logs only the attributes listed at
// [Event], and never a secret. As for an [Observer], the log handler must not ask the source for a
// token. Default: no log.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(s *settings) { s.logger = l })
}

// WithObserver reports events to o, for metrics and traces. Default: none.
func WithObserver(o Observer) Option {
	return optionFunc(func(s *settings) { s.observer = o })
}

// WithStore shares tokens, and the vendor's refusals, through st with other processes. Sources
// share a record if they have the same vendor, Config and secret or, for a Grant of your own, the
// same WithName, which is then required. A Grant of your own that sends a secret sets Secret in
// [WithSite]: a new secret then gets a record of its own. See docs/sharing-tokens.md. Default:
// none.
func WithStore(st Store) Option {
	return optionFunc(func(s *settings) { s.store = st })
}

// WithRefreshWindow sets how long before its expiry a token is renewed in the background. Each
// source adds a random jitter of up to a tenth. The window never exceeds half of the token's
// lifetime. Default: a tenth of the lifetime, at least 60 s and at most 15 minutes. Zero means the
// default; a negative d is [ErrInvalidConfig].
func WithRefreshWindow(d time.Duration) Option {
	return optionFunc(func(s *settings) {
		if d < 0 {
			s.refuse("WithRefreshWindow: %s is negative", d)
		}
		s.refreshWindow = min(d, accesstoken.MaxLifetime)
	})
}

// WithRequestTimeout bounds one request to the token endpoint. Default: [DefaultRequestTimeout].
// Zero means the default, a negative d is [ErrInvalidConfig], and more than a day counts as a day.
func WithRequestTimeout(d time.Duration) Option {
	return optionFunc(func(s *settings) {
		switch {
		case d < 0:
			s.refuse("WithRequestTimeout: %s is negative", d)
		case d > 0:
			s.requestTimeout = min(d, maxRequestTimeout)
		}
	})
}

// WithAPIHosts adds hosts that may receive the token. A host is "api.example.com", which means port
// 443, or "api.example.com:8443", or a URL, of which only scheme, host and port count. Case and a
// trailing dot make no difference. Write internationalized names in ASCII form (xn--…). Only
// loopback hosts may use plain http, and a loopback host without a port means all of its ports. The
// vendors' packages add the host of their APIURL. Default: any host over https, and loopback.
func WithAPIHosts(hosts ...string) Option {
	return optionFunc(func(s *settings) {
		for _, h := range hosts {
			o, err := origin.Parse(h)
			if err != nil {
				s.refuse("WithAPIHosts: %s %w", quotable(h), err)
				continue
			}
			s.hosts.Allow(o)
		}
	})
}

// quotable returns s for an error's text. It leaves out a value that may contain a password or a
// key: one with an @ or a query.
func quotable(s string) string {
	if strings.ContainsAny(s, "@?#") || strings.Contains(s, "%40") {
		return "the host or URL given (not shown: it has an @, ? or # in it)"
	}
	return strconv.Quote(s)
}
