// Package finapi gets and keeps access tokens for the finAPI Demobank (OAuth 2.0 password and
// refresh_token grants), and calls its API with them.
//
// A service builds one client and shares it. Every call carries a valid token, which is renewed
// before it expires:
//
//	config, err := finapi.ConfigFromEnv() // FINAPI_MANDATOR, FINAPI_USERNAME, FINAPI_PASSWORD, FINAPI_API_URL
//	if err != nil {
//		log.Fatal(err)
//	}
//	client, err := finapi.NewClient(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	who, err := client.WhoAmI(context.Background())
//
// finAPI publishes no call of the Demobank's API: no host, no path and no body. The only call here,
// WhoAmI, is this project's own, and only the sandbox serves it. Call the Demobank with the
// http.Client that client.TokenSource().Client() returns, or give that to a client which is
// generated from finAPI's document.
//
// Tokens live for 15 minutes. The refresh token gets the next one, unless it was not used for 30
// minutes. After that, or when the session has ended, the source logs in again in the same call.
// The client id is fixed and has no secret. [TokenOf] returns the facts about the mandator that
// finAPI sends with every token.
package finapi
