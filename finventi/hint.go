package finventi

import (
	"errors"
	"net"
	"net/http"

	"github.com/finsdk/finsdk-go/auth"
)

const whitelist = "Finventi answers whitelisted IP addresses only: check that the one this machine calls from is registered"

// explain says what to do next, where Finventi's page has a word on it.
func explain(e *auth.Error, _ string) {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
	)
	switch {
	case e.StatusCode == 0 && e.Kind == auth.ErrUnavailable:
		// An address that is not on the list may well be met with silence.
		if errors.As(e.Err, &timeout) && timeout.Timeout() && !errors.As(e.Err, &dns) {
			e.Hint = whitelist + ", and that nothing else stands in between"
		}
	case e.StatusCode == http.StatusForbidden && e.Code == "":
		e.Hint = whitelist
	case e.Code == "access_denied":
		e.Hint = "Finventi does not let this client or this realm in: check ClientID, Realm and Environment with Finventi"
	case e.Kind == auth.ErrInvalidCredentials:
		e.Hint = "check that the client secret is right and has not been rotated, and that your IP address is whitelisted"
	case e.StatusCode == http.StatusNotFound:
		e.Hint = "check Realm, which is the product's or the tenant's, and Environment or AuthURL"
	}
}
