package keycloak

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// Keycloak speaks the CORS protocol of the Fetch standard. The sandbox's clients have no web
// origins: a page of another site reads what is public and what is refused, and gets no token.

// readable lets the page that sent the request read the answer, whatever its site.
func (c visit) readable(a answer.Answer) answer.Answer {
	origin, sent := c.Origin()
	if !sent || c.Endpoint == vendors.Introspect {
		return a
	}
	if !a.OK() {
		exposed := "Access-Control-Allow-Methods"
		if c.Endpoint == vendors.Userinfo {
			exposed += ", WWW-Authenticate"
		}
		a.With("Access-Control-Expose-Headers", exposed)
	}
	return a.With("Access-Control-Allow-Origin", origin).With("Access-Control-Allow-Credentials", "true")
}

// foreignOrigin is the refusal of a request with an Origin other than the sandbox's own, or nil.
// Keycloak up to 26.5 refuses none.
func (c visit) foreignOrigin() *answer.Answer {
	origin, sent := c.Origin()
	if !sent || c.k.Before266 {
		return nil
	}
	// Beside the base URL's host that of the request is its own, under either scheme: the page may
	// be seen through a proxy that takes TLS off, or without the proxy.
	if own, err := url.Parse(c.Base()); err == nil && origin == own.Scheme+"://"+own.Host {
		return nil
	}
	if _, host, ok := strings.Cut(origin, "://"); ok && host == c.Request.Host {
		return nil
	}
	return new(prose(http.StatusForbidden, "Invalid origin"))
}

// preflight is the answer to OPTIONS at an endpoint, by the path below the realm.
func (c visit) preflight(below string) answer.Answer {
	a := answer.Text(http.StatusOK, "", "")
	methods := "GET, HEAD, OPTIONS"
	switch endpoint := strings.TrimPrefix(below, "protocol/openid-connect/"); {
	case endpoint == "token/introspect":
		return a.With("Allow", "HEAD, POST, OPTIONS")
	case endpoint == "auth":
		return a.With("Allow", "HEAD, POST, GET, OPTIONS")
	case endpoint == "token", endpoint == "revoke":
		methods = "POST, OPTIONS"
	case endpoint == "certs", strings.HasPrefix(below, ".well-known/"):
		methods = "GET"
	}
	if _, sent := c.Origin(); !sent {
		return a
	}
	return c.readable(a).With("Access-Control-Allow-Methods", methods).With("Access-Control-Max-Age", "3600").
		With("Access-Control-Allow-Headers", "Origin, X-Requested-With, Accept, Access-Control-Request-Method, "+
			"Access-Control-Request-Headers, DPoP, Content-Type, Authorization")
}
