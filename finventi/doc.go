// Package finventi gets access tokens for Finventi's APIs (OAuth 2.0 client credentials) and keeps
// them.
//
// A service builds one token source and shares it. Every call then carries a valid token, which is
// renewed before it expires:
//
//	config, err := finventi.ConfigFromEnv() // FINVENTI_CLIENT_ID, FINVENTI_CLIENT_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	source, err := finventi.NewTokenSource(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := source.Client() // an *http.Client that adds the Bearer header
//	resp, err := client.Post(config.APIBaseURL()+"/reports/sask/v1/accounts", "application/json", body)
//
// Clients that oapi-codegen generates take source.Authorize as their request editor.
//
// Finventi must whitelist the address that requests come from. Tokens live for 45 minutes.
//
// Each product has an API host, a realm and a client of its own, so that a token of one is none for
// another: Product and Environment select them, by default RRC in the sandbox. [VerificationOfPayee]
// and [Payments] have the tenant's id as their realm, and one client id for all tenants. A service
// that calls two products has two Configs. Only Payments publishes its production API host: for the
// other products, set APIURL in production.
package finventi
