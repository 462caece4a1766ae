// Package finventi calls Finventi's APIs, and gets and keeps the access tokens for them (OAuth 2.0
// client credentials).
//
// A service builds one client and shares it. Every call carries a valid token, which is renewed
// before it expires:
//
//	config, err := finventi.ConfigFromEnv() // FINVENTI_CLIENT_ID, FINVENTI_CLIENT_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	client, err := finventi.NewClient(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	reports, err := client.ReportAccounts(context.Background(), accounts)
//
// An error is a [*finsdk.APIError], which says what the API answered, or why there was no answer.
// Give other clients of the API the http.Client that client.TokenSource().Client() returns.
//
// Finventi must whitelist the address that requests come from. Tokens live for 45 minutes.
//
// A Config is for one product: RRC (regulatory reporting), Verification of Payee or Payments. Each
// product has its own API host, realm and client, and accepts no other product's tokens. Product
// and Environment select them, by default RRC in the sandbox. [VerificationOfPayee] and [Payments]
// have the tenant's id as their realm, and one client id for all tenants. A service that calls two
// products has two Configs. Only Payments publishes its production API host: for the other
// products, set APIURL in production.
package finventi
