// Package finventi gets access tokens for Finventi's APIs (OAuth 2.0 client credentials) and keeps
// them.
//
// A service builds one token source and shares it. Every call then carries a valid token, which is
// renewed before it expires:
//
//	config, err := finventi.ConfigFromEnv() // FINVENTI_CLIENT_ID, FINVENTI_CLIENT_SECRET, FINVENTI_API_URL
//	if err != nil {
//		log.Fatal(err)
//	}
//	source, err := finventi.NewTokenSource(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := source.Client() // an *http.Client that adds the Bearer header
//	resp, err := client.Post(config.APIBaseURL()+"/v1/…", "application/json", body)
//
// Clients that oapi-codegen generates take source.Authorize as their request editor.
//
// Finventi must whitelist the address that requests come from. Environment selects the hosts, by
// default those of the sandbox. Realm is "sti-connector" for RRC, the default, and the tenant's id
// for Verification of Payee, whose client id is "api-vop-client". Tokens live for 45 minutes. API
// hosts are given at onboarding: set APIURL, at least in production.
package finventi
