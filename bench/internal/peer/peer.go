// Package peer puts libraries that keep a token behind one interface, so that each does the same
// work. Every library runs with its defaults.
package peer

import (
	"context"
	"net/http"
	"time"
)

// A Token is what a vendor gives.
type Token struct {
	Value  string
	Expiry time.Time
}

// A Fetch gets one token from the vendor. It stands below every library's cache.
type Fetch func(context.Context) (Token, error)

// A Cache returns a valid token, which it keeps.
type Cache func(context.Context) (string, error)

// An Editor sets the Authorization header of a request.
type Editor func(context.Context, *http.Request) error

// A Peer is a library that somebody may pick. A nil function means that the library has no such
// thing.
type Peer struct {
	Name   string
	Module string // whose version the report names
	Note   string // what the library does besides the work

	// Early is how long before its expiry the library renews a token with a lifetime of an hour.
	// Halves is set if a shorter token is renewed at half of its lifetime.
	Early  time.Duration
	Halves bool

	Cache     func(Fetch) Cache
	Editor    func(f Fetch, hosts ...string) Editor
	Transport func(f Fetch, base http.RoundTripper, hosts ...string) http.RoundTripper
	// Request returns a new source without a token, which gets it over HTTP by the client
	// credentials grant.
	Request func(url string, base http.RoundTripper) Cache
}

// Lifetime returns the lifetime of a token that p renews after d.
func (p Peer) Lifetime(d time.Duration) time.Duration {
	if p.Halves {
		return 2 * d
	}
	return p.Early + d
}

// Reference is the library that the ratios are to.
const Reference = "x/oauth2"

// Ours is this project's name among the peers.
const Ours = "finsdk-go"

// All returns the peers, ours first.
func All() []Peer {
	return []Peer{finsdk(), xoauth2(), google(), smithy(), aws(), azurePolicy(), msal()}
}

// By returns the peer of the given name.
func By(name string) Peer {
	for _, p := range All() {
		if p.Name == name {
			return p
		}
	}
	panic("no peer " + name)
}

// setBearer makes an Editor of a library that has none, as its users do.
func setBearer(c Cache) Editor {
	return func(ctx context.Context, req *http.Request) error {
		token, err := c(ctx)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}
