package fincalc

import (
	"strings"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// help is the part of the troubleshooting page about this vendor.
const help = finsdk.Troubleshooting + "#fincalc-"

// explain sets the kind and the hint of a failure. FinCalc's own layer sends no error code, so
// explain goes by the wording.
func explain(e *auth.Error, said string) {
	switch {
	case e.Code != "" || e.StatusCode/100 == 3:
	case containsAny(said, "too many attempts", "too many requests"):
		e.Kind = auth.ErrRateLimited
	case e.StatusCode < 500 && e.Kind == auth.ErrInvalidConfig && containsAny(said,
		"authentication failed", "unauthenticated", "unauthorized", "unauthorised", "invalid client", "credentials"):
		e.Kind = auth.ErrInvalidCredentials
	case e.StatusCode == 200 && e.Kind == auth.ErrInvalidConfig && containsAny(said,
		"server error", "unexpected condition", "temporarily unavailable", "temporary overloading", "service unavailable"):
		e.Kind = auth.ErrUnavailable
	}
	switch e.Kind {
	case auth.ErrInvalidCredentials:
		e.Hint = "check the client id and its secret, that they are not swapped, and that EmailAddress is the address you log in to the FinCalc app with"
	case auth.ErrInvalidConfig:
		switch e.StatusCode {
		case 200, 400, 401, 403, 422:
		default:
			return // FinCalc said nothing about the request
		}
		e.Hint = "FinCalc wants client_id, client_secret, scope and email_address: check that Scope is one your client may ask for, and that EmailAddress is the address you log in to the FinCalc app with"
	case auth.ErrRateLimited:
		e.Hint = "tokens live for 24 hours: share one token source in the whole process, or a store among replicas"
	}
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
