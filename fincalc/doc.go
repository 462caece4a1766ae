// Package fincalc gets access tokens for the FinCalc API (OAuth 2.0 client credentials, sent as
// JSON) and keeps them.
//
// A service builds one token source and shares it. Every call then carries a valid token, which is
// renewed before it expires:
//
//	config, err := fincalc.ConfigFromEnv() // FINCALC_CLIENT_ID, _CLIENT_SECRET, _SCOPE, _EMAIL_ADDRESS
//	if err != nil {
//		log.Fatal(err)
//	}
//	source, err := fincalc.NewTokenSource(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := source.Client() // an *http.Client that adds the Bearer header
//	resp, err := client.Get(config.APIBaseURL() + "/api/v2/clients")
//
// Clients that oapi-codegen generates take source.Client() as their http.Client. If a client must
// keep its own http.Client, give it source.Authorize as its request editor, and call
// source.Invalidate after a 401: nothing else replaces a token that was revoked before its 24 hours
// were over.
//
// The e-mail address must be that of the FinCalc login. Scopes are fact-find, client-financials and
// client-information; several are separated by spaces. The token endpoint and the API share a host,
// so the token is kept only from the endpoint's own address.
package fincalc
