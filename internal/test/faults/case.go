package faults

import (
	"slices"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// Case is one behaviour of a token endpoint, and the outcome that a caller must get.
type Case struct {
	Name   string
	Script Script     // for each connection
	Warm   Script     // for earlier connections, which get the first token; nil: the client decides
	TLS    *Handshake // nil: plain http
	HTTP2  bool       // the client speaks HTTP/2
	Hangs  bool       // only the request timeout ends it
	Only   string     // the only client that plays the case; "" means all
	Secret string     // what the client sends; "" is PlainSecret
	Want   Want
	But    map[string]Want // for single clients
}

// Want is the outcome that a caller must get.
type Want struct {
	Token      bool
	Kinds      []error // exactly the kinds that errors.Is finds
	Status     int     // -1: any
	Temporary  bool
	RetryAfter time.Duration
	anything   bool
}

// Kinds lists every kind of failure.
var Kinds = []error{auth.ErrInvalidConfig, auth.ErrInvalidCredentials, auth.ErrInvalidGrant, auth.ErrRateLimited,
	auth.ErrUnavailable, auth.ErrMalformedResponse, auth.ErrHostNotAllowed}

// token is a usable token.
var token = Want{Token: true}

// broken is the outcome of a connection that gave no answer, or only part of one.
var broken = Want{Kinds: []error{auth.ErrUnavailable}, Status: -1, Temporary: true}

// unavailable is the outcome of a failure that may pass.
func unavailable(status int) Want {
	return Want{Kinds: []error{auth.ErrUnavailable}, Status: status, Temporary: true}
}

// malformed is the outcome of an answer without a usable token, which the next answer will not have
// either.
func malformed(status int) Want {
	return Want{Kinds: []error{auth.ErrMalformedResponse}, Status: status}
}

// page is the outcome of an answer from something other than the token endpoint, such as a proxy's
// page.
func page(status int) Want {
	return Want{Kinds: []error{auth.ErrMalformedResponse, auth.ErrUnavailable}, Status: status, Temporary: true}
}

// expired is the outcome of a token that had expired on arrival. The next one may live longer.
func expired(status int) Want { return page(status) }

func misconfigured(status int) Want {
	return Want{Kinds: []error{auth.ErrInvalidConfig}, Status: status}
}

func refused(status int) Want {
	return Want{Kinds: []error{auth.ErrInvalidCredentials}, Status: status}
}

func redirected(status int) Want {
	return Want{Kinds: []error{auth.ErrHostNotAllowed}, Status: status}
}

func limited(status int) Want {
	return Want{Kinds: []error{auth.ErrRateLimited}, Status: status, Temporary: true}
}

// after returns w with a Retry-After.
func (w Want) after(d time.Duration) Want {
	w.RetryAfter = d
	return w
}

// Floods reports whether the server sends more than a client should read.
func (c Case) Floods() bool {
	script := c.Script
	if c.TLS != nil {
		script = append(script[:len(script):len(script)], c.TLS.Instead...)
	}
	for _, step := range script {
		switch s := step.(type) {
		case flood:
			return true
		case verbatim:
			if len(s) > 60<<10 { // packed
				return true
			}
		}
	}
	return false
}

// For returns the outcome that the named client must get.
func (c Case) For(client string) Want {
	if w, ok := c.But[client]; ok {
		return w
	}
	return c.Want
}

// anything is the outcome of a case that tests only leaks, hanging and memory.
var anything = Want{anything: true}

// Anything reports whether the case tests only leaks, hanging and memory.
func (w Want) Anything() bool { return w.anything }

// Good is a script that answers correctly, once a connection.
func Good() Script { return Script{read{}, answer{status: 200, body: goodBody}} }

// ProxyThatRefuses is the script of a proxy that refuses the client's password.
func ProxyThatRefuses() Script {
	return Script{readHead{}, send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")}
}

// Cases lists all cases.
var Cases = sync.OnceValue(func() []Case {
	return slices.Concat(statuses(), redirects(), oauthErrors, bodies(), lengths(), connections(), headers, handshakes(), retries(), echoes(), frames())
})
