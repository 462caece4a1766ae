// Package onefinops calls the OneFinOps API, and gets and keeps the access tokens for it (OAuth 2.0
// client credentials).
//
// A service builds one client and shares it. Every call carries a valid token, which is renewed
// before it expires:
//
//	config, err := onefinops.ConfigFromEnv() // ONEFINOPS_CLIENT_ID, ONEFINOPS_CLIENT_SECRET
//	if err != nil {
//		log.Fatal(err)
//	}
//	client, err := onefinops.NewClient(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	bill, err := client.GetEWayBill(context.Background(), &onefinops.GetEWayBillParams{GSTIN: "29AAAAA0000A1Z5", EWBNumber: 391000000001})
//
// An error is a [*finsdk.APIError], which says what the API answered, or why there was no answer.
// Give other clients of the API the http.Client that client.TokenSource().Client() returns.
//
// The environment follows from the client id: ofin_live_… is production, ofin_test_… the sandbox.
// Both share the token endpoint, but a token is valid only at its own environment's API host, and
// the source keeps it from the other one. There is no scope parameter. Tokens live for 15 minutes,
// and the endpoint limits the rate of requests. After a rotation, the old secret remains valid for
// 24 hours: with ONEFINOPS_CLIENT_SECRET_FILE or a SecretSource, the source uses the new one
// without a restart.
package onefinops
