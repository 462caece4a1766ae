package auth

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/errorlist"
	"github.com/finsdk/finsdk-go/internal/origin"
)

// DefaultRequestTimeout bounds one request to a token endpoint, from dialling to the last byte of the
// answer.
const DefaultRequestTimeout = 30 * time.Second

// maxRequestTimeout caps WithRequestTimeout so that deadline arithmetic cannot overflow.
const maxRequestTimeout = 24 * time.Hour

// An Option changes what NewTokenSource builds. Options are made by the With… functions of this
// package.
type Option interface{ apply(*settings) }

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// settings is what the options add up to.
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
	refreshWindow  time.Duration
	requestTimeout time.Duration
	hosts          origin.Rules
	testClock      func() instant // set by this package's tests alone
	errs           errorlist.List
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
		return nil, s.own(&Error{Op: "configure the token source", Kind: ErrInvalidConfig, Err: s.errs})
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
// vendor apart. Where no package of a vendor has set one, it also stands for the vendor in errors,
// and for the key of the source's entry in a store. Default: none.
func WithName(name string) Option {
	return optionFunc(func(s *settings) { s.name = name })
}

// A Site is what the package of a Grant knows about the vendor that the Grant asks. The vendors'
// packages of this module pass one. With a Grant of your own, WithName and WithAPIHosts say as
// much.
type Site struct {
	Vendor       string       // names the vendor in errors, events and log lines
	Help         string       // is Error.Help of its errors
	StoreKey     string       // names the source's entry in a store
	StoredExtras []string     // members of the answer, by oauth2.Token.Extra's names, that a store keeps
	Hosts        origin.Rules // where the token may go; outside this module, use WithAPIHosts
}

// WithSite passes what the package of a Grant knows.
func WithSite(site Site) Option {
	return optionFunc(func(s *settings) {
		s.vendor, s.storeKey = cmp.Or(site.Vendor, s.vendor), cmp.Or(site.StoreKey, s.storeKey)
		s.help = cmp.Or(site.Help, s.help)
		s.storedExtras = append(s.storedExtras, site.StoredExtras...)
		s.hosts.Add(site.Hosts)
	})
}

// WithHTTPClient makes token requests, and the requests of [TokenSource.Client], with c's
// Transport, or http.DefaultTransport where it has none. Token requests take nothing else from c
// but a Timeout shorter than the request timeout: they follow no redirect and keep no cookies. c is
// copied: what is changed in it later, such as its Transport to the source's own, does not count. A
// client in a caller's context (oauth2.HTTPClient) does not either. Default: a transport of its own
// for token requests, http.DefaultTransport for API requests.
func WithHTTPClient(c *http.Client) Option {
	return optionFunc(func(s *settings) {
		s.httpClient = nil
		if c != nil {
			// A copy: the caller may put the source's own Transport into c next.
			own := *c
			if own.Transport == nil {
				own.Transport = http.DefaultTransport // as it is now, for the same reason
			}
			s.httpClient = &own
		}
	})
}

// WithLogger logs what the source does, never a secret and only the attributes that are listed at
// [Event]: renewals at debug level, failures while a token is still valid as warnings, and failures
// that callers see as errors. A handler is bound by what an [Observer] is: it must not ask the
// source for a token. Default: no log.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(s *settings) { s.logger = l })
}

// WithObserver tells o what happens, for metrics and traces. Default: nobody is told.
func WithObserver(o Observer) Option {
	return optionFunc(func(s *settings) { s.observer = o })
}

// WithStore shares tokens through st with other processes whose sources have the same entry there:
// those of the same vendor's Config, or those with the same name where a Grant is your own, which
// requires WithName. Default: none.
func WithStore(st Store) Option {
	return optionFunc(func(s *settings) { s.store = st })
}

// WithRefreshWindow sets how long before its expiry a token is renewed in the background. A jitter
// of up to a tenth is added, drawn once a source, and the window never exceeds half of the token's
// lifetime. Default: a tenth of the lifetime, at least 60 s, at most 15 minutes. Zero
// means the default; negative is [ErrInvalidConfig].
func WithRefreshWindow(d time.Duration) Option {
	return optionFunc(func(s *settings) {
		if d < 0 {
			s.refuse("WithRefreshWindow: %s is negative", d)
		}
		s.refreshWindow = min(d, accesstoken.MaxLifetime)
	})
}

// WithRequestTimeout bounds one request to the token endpoint. Default: [DefaultRequestTimeout],
// which zero means too; negative is [ErrInvalidConfig], and more than a day is a day.
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

// WithAPIHosts adds hosts that may receive the token. A host is "api.example.com", which means its
// port 443, "api.example.com:8443", or a URL, of which scheme, host and port count. Case and a
// trailing dot make no difference; internationalized names are written in their ASCII form (xn--…).
// Plain http is possible for loopback hosts only, and a loopback host written without a port stands
// for all of its ports. The vendor packages add the host of their APIURL. Default: any host over
// https, or loopback.
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
