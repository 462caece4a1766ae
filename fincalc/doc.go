// Package fincalc calls the FinCalc API, and gets and keeps the access tokens for it (OAuth 2.0
// client credentials, sent as JSON).
//
// A service builds one client and shares it. Every call carries a valid token, which is renewed
// before it expires:
//
//	config, err := fincalc.ConfigFromEnv() // FINCALC_CLIENT_ID, _CLIENT_SECRET, _SCOPE, _EMAIL_ADDRESS
//	if err != nil {
//		log.Fatal(err)
//	}
//	client, err := fincalc.NewClient(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	page, err := client.ListClients(context.Background(), nil)
//
// An error is a [*finsdk.APIError], which says what the API answered, or why there was no answer.
// Give other clients of the API the http.Client that client.TokenSource().Client() returns.
//
// The e-mail address must be that of the FinCalc login. Scopes are fact-find, client-financials and
// client-information; several are separated by spaces. The token endpoint and the API share a host,
// so the token is kept only from the endpoint's own address.
package fincalc
