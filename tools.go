// Package finsdk is the root of the Go SDK for four fintech vendors. It has what their APIs share:
// errors, dates, ids and lists.
//
// Import finventi, finapi, onefinops or fincalc to call a vendor. Each has a Config, and NewClient
// for a client with one method for each call. Import auth for the options of NewClient and for the
// errors of tokens, and sandbox for tests without a vendor.
//
// # Errors
//
// A call that fails returns an [*APIError]. errors.Is finds its kind, which is one of this package
// or, if the call got no token, one of auth:
//
//	var failure *finsdk.APIError
//	switch {
//	case errors.Is(err, auth.ErrInvalidCredentials):
//		// The vendor does not accept the secret.
//	case errors.Is(err, finsdk.ErrTooManyRequests) && errors.As(err, &failure):
//		// Try again after failure.RetryAfter.
//	}
//
// The page at [Troubleshooting] explains each kind.
package finsdk

// The generator makes the packages under gen from the documents under specs, with oapi-codegen as a
// library: run `make generate`. It is in a module of its own, so that services that import the SDK
// do not get its dependencies.
//
//go:generate go -C tools run ./finsdkgen -root .. specs/finventi.yaml specs/finapi.yaml specs/onefinops.yaml specs/fincalc.yaml
