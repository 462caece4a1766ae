package finventi

import (
	"errors"
	"io"
	"net"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// help is the part of the troubleshooting page about this vendor.
const help = finsdk.Troubleshooting + "#finventi-"

const whitelist = "Finventi answers whitelisted IP addresses only: check that the one this machine calls from is registered"

// explain sets the hint of a failure that Finventi's page explains.
func explain(e *auth.Error, _ string) {
	switch {
	case e.StatusCode == 0 && e.Kind == auth.ErrUnavailable:
		// Finventi may drop or refuse connections from an address that is not whitelisted.
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

// unanswered reports whether the request timed out, or else whether its connection was refused or
// closed. Failures of DNS and of a proxy say nothing about Finventi, so for these it reports
// neither.
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
