// Package sandbox plays the four vendors on this machine: their authorization servers, which mint
// signed tokens and refuse what the vendors refuse, and their resource APIs, which check the
// tokens. It is for tests and for manual trials, and sends nothing over a network.
//
// In a test, one line starts it and returns ready Configs:
//
//	vendors := sandbox.Start(t)
//	source, err := finventi.NewTokenSource(vendors.Finventi())
//
// [New] returns the bare http.Handler, and [Listen] serves it on an address. Each vendor has a path
// prefix:
//
//	/finventi/auth           Keycloak
//	/finventi/api            reports of RRC
//	/finventi/vop-api        verification of payees
//	/finventi/payments-api   accounts of Payments
//	/finapi/auth             Keycloak
//	/finapi/api              who am I
//	/onefinops/login         Keycloak
//	/onefinops/api           e-invoices, live
//	/onefinops/sandbox-api   e-invoices, sandbox
//	/fincalc                 league/oauth2-server, clients and tags
//
// All time comes from one clock, which [WithClock] replaces and [Server.Advance] moves.
package sandbox
