package faults

import (
	"slices"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// Case is one way for a token endpoint to behave, and what has to come of it.
type Case struct {
	Name   string
	Script Script     // for each connection
	Warm   Script     // for the connections before those, when a first token is got; nil: the client decides
	TLS    *Handshake // nil: plain http
	HTTP2  bool       // the client speaks HTTP/2
	Hangs  bool       // only the request timeout ends it
	Only   string     // the one client that this is for; "" is all of them
	Secret string     // what the client sends; "" is PlainSecret
	Want   Want
	But    map[string]Want // for single clients
}

// Want is what a caller has to get.
type Want struct {
	Token      bool
	Kinds      []error // all the kinds that errors.Is finds, and no other
	Status     int     // -1: whatever
	Temporary  bool
	RetryAfter time.Duration
	anything   bool
}

// Kinds lists every kind of failure.
var Kinds = []error{auth.ErrInvalidConfig, auth.ErrInvalidCredentials, auth.ErrInvalidGrant, auth.ErrRateLimited,
	auth.ErrUnavailable, auth.ErrMalformedResponse, auth.ErrHostNotAllowed}

// token is a usable token.
var token = Want{Token: true}

// broken is a connection that gave no answer, or only part of one.
var broken = Want{Kinds: []error{auth.ErrUnavailable}, Status: -1, Temporary: true}

// unavailable is an answer that a fault leaves, which may be gone the next time.
func unavailable(status int) Want {
	return Want{Kinds: []error{auth.ErrUnavailable}, Status: status, Temporary: true}
}

// malformed is an answer that makes no token, and would not the next time.
func malformed(status int) Want {
	return Want{Kinds: []error{auth.ErrMalformedResponse}, Status: status}
}

// page is something else in place of an answer, such as the page of an intermediary.
func page(status int) Want {
	return Want{Kinds: []error{auth.ErrMalformedResponse, auth.ErrUnavailable}, Status: status, Temporary: true}
}

// expired is a token that has ended on arrival. The next one may live longer.
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

// after is w with a Retry-After.
func (w Want) after(d time.Duration) Want {
	w.RetryAfter = d
	return w
}

// Floods reports whether the server sends more than any client should take.
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

// For returns what the named client has to get.
func (c Case) For(client string) Want {
	if w, ok := c.But[client]; ok {
		return w
	}
	return c.Want
}

// anything is the outcome of a case that is about leaks, hanging and memory alone.
var anything = Want{anything: true}

// Anything reports whether the case is about leaks, hanging and memory alone.
func (w Want) Anything() bool { return w.anything }

// Good is a script that answers as it should, once a connection.
func Good() Script { return Script{read{}, answer{status: 200, body: goodBody}} }

// ProxyThatRefuses is a script of a proxy that wants another password.
func ProxyThatRefuses() Script {
	return Script{readHead{}, send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")}
}

// Cases lists all of them.
var Cases = sync.OnceValue(func() []Case {
	return slices.Concat(statuses(), redirects(), oauthErrors, bodies(), lengths(), connections(), headers, handshakes(), retries(), echoes(), frames())
})
