// Package onefinops gets access tokens for the OneFinOps API (OAuth 2.0 client credentials) and
// keeps them.
//
// A service builds one token source and shares it. Every call then carries a valid token, which is
// renewed before it expires:
//
//	config, err := onefinops.ConfigFromEnv() // ONEFINOPS_CLIENT_ID, ONEFINOPS_CLIENT_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	source, err := onefinops.NewTokenSource(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := source.Client() // an *http.Client that adds the Bearer header
//	resp, err := client.Get(config.APIBaseURL() + "/v1/…")
//
// Clients that oapi-codegen generates take source.Authorize as their request editor.
//
// The environment follows from the client id: ofin_live_… is production, ofin_test_… the sandbox.
// Both share the token endpoint, but a token is valid only at its own environment's API host, and
// the source keeps it from the other one. There is no scope parameter. Tokens live for 15 minutes,
// and the endpoint limits the rate of requests. After a rotation, the old secret remains valid for
// 24 hours: with ONEFINOPS_CLIENT_SECRET_FILE or a SecretSource, the source uses the new one
// without a restart.
package onefinops
