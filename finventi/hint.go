package finventi

import (
	"errors"
	"io"
	"net"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// help is where the troubleshooting page explains this vendor's failures.
const help = finsdk.Troubleshooting + "#finventi-"

const whitelist = "Finventi answers whitelisted IP addresses only: check that the one this machine calls from is registered"

// explain says what to do next, where Finventi's page has a word on it.
func explain(e *auth.Error, _ string) {
	switch {
	case e.StatusCode == 0 && e.Kind == auth.ErrUnavailable:
		// An address that is not on the list may well be met with silence, or with a closed door.
		if timedOut, closed := unanswered(e.Err); timedOut {
			e.Hint = whitelist + ", and that nothing else stands in between"
		} else if closed {
			e.Hint += "; " + whitelist
		}
	case e.StatusCode == http.StatusForbidden && e.Code == "":
		e.Hint = whitelist
	case e.Code == "access_denied":
		e.Hint = "Finventi does not let this client or this realm in: check ClientID, Realm and Environment with Finventi"
	case e.Kind == auth.ErrInvalidCredentials:
		e.Hint = "check that ClientID and ClientSecret are right and not swapped, that the secret has not been rotated, and that your IP address is whitelisted"
	case e.StatusCode == http.StatusNotFound:
		e.Hint = "check Realm, which is the product's or the tenant's, and Environment or AuthURL"
	}
}

// unanswered reports whether a connection was opened or asked for in vain, and how that ended. One to a proxy, and a name
// that was not found, say nothing about Finventi.
func unanswered(err error) (timedOut, closed bool) {
	var (
		dns     *net.DNSError
		op      *net.OpError
		timeout interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "proxyconnect":
		return false, false
	case errors.As(err, &timeout) && timeout.Timeout():
		return true, false
	}
	return false, op != nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
