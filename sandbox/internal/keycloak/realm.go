package keycloak

import (
	"errors"
	"net/http"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// inRealm runs an operation of a realm's endpoint that takes a form.
func inRealm(op func(visit, *accounts.Realm) answer.Answer) func(visit) answer.Answer {
	return func(c visit) answer.Answer {
		realmName := c.RealmName()
		rm := c.k.Accounts.Realm(c.Vendor, realmName)
		var a answer.Answer
		switch {
		case rm == nil:
			return prose(http.StatusNotFound, "Realm does not exist")
		case errors.Is(c.FormErr, formbody.ErrTooLong):
			return formTooLarge()
		case c.FormErr != nil:
			return formUnreadable()
		case c.NotMedia:
			a = noMedia()
		case c.withoutTLS() != nil && !c.isBrowserLogout():
			a = *c.withoutTLS()
		case c.k.Disabled[accounts.RealmID{Vendor: c.Vendor, Name: realmName}] && c.Endpoint != vendors.Logout:
			a = c.readable(answer.OAuthError(http.StatusForbidden, "access_denied", "Realm not enabled"))
		default:
			a = op(c, rm)
		}
		if c.Endpoint == vendors.Token {
			a = a.Unstored()
		}
		return a
	}
}

// withoutTLS refuses a call over plain http if the realm requires TLS. Otherwise it returns nil.
func (c visit) withoutTLS() *answer.Answer {
	if !c.k.HTTPSRequired || c.Secure() {
		return nil
	}
	return new(c.readable(answer.OAuthError(http.StatusForbidden, "invalid_request", "HTTPS required")))
}

// authenticate finds the client of a request, by HTTP Basic or by form members. If it cannot,
// refusal is the answer.
func (c visit) authenticate(rm *accounts.Realm) (found *accounts.LiveClient, refusal *answer.Answer) {
	refuse := func(status int, code, description string) (*accounts.LiveClient, *answer.Answer) {
		return nil, new(c.readable(answer.OAuthError(status, code, description)))
	}
	// The form takes precedence over the header, for id and secret each.
	id, secret, err := c.Basic()
	if err != nil {
		return refuse(http.StatusBadRequest, "unauthorized_client", "Unexpected error when authenticating client")
	}
	switch kind := formbody.MediaType(c.Request.Header); {
	case kind == formbody.Type:
		if c.Form.Has("client_id") {
			id = c.Form.Get("client_id")
		}
		if c.Form.Has("client_secret") {
			secret = c.Form.Get("client_secret")
		}
	case strings.Contains(kind, ","):
		return refuse(http.StatusBadRequest, "unauthorized_client", "Unexpected error when authenticating client")
	}
	switch found, right := c.k.Accounts.Authenticate(rm, id, secret, c.Now); {
	case found == nil:
		return refuse(http.StatusUnauthorized, "invalid_client", failures.BadCredentials)
	case !right:
		return refuse(http.StatusUnauthorized, "unauthorized_client", failures.BadCredentials)
	default:
		return found, nil
	}
}

// caller is authenticate for a form that no page of another site sends, and that has no member
// twice.
func (c visit) caller(rm *accounts.Realm) (by *accounts.LiveClient, refusal *answer.Answer) {
	by, refusal = c.authenticate(rm)
	if refusal == nil {
		refusal = c.foreignOrigin()
	}
	if refusal == nil && c.Repeated() {
		refusal = new(answer.OAuthError(http.StatusBadRequest, "invalid_request", "duplicated parameter"))
	}
	return by, refusal
}

// maxValue is how long a value of the form may be before Keycloak overlooks it.
const maxValue = 4000
