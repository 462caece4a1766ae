// Package finapi gets access tokens for the finAPI Demobank (OAuth 2.0 password and refresh_token grants) and keeps
// them.
//
// A service builds one token source and shares it; every call then carries a valid token, renewed ahead of its end:
//
//	config, err := finapi.ConfigFromEnv() // FINAPI_MANDATOR, FINAPI_USERNAME, FINAPI_PASSWORD, FINAPI_API_URL
//	if err != nil {
//		log.Fatal(err)
//	}
//	source, err := finapi.NewTokenSource(config)
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := source.Client() // an *http.Client that adds the Bearer header
//	resp, err := client.Get(config.APIBaseURL() + "/whoami")
//
// Clients that oapi-codegen generates take source.Authorize as their request editor.
//
// Tokens live for 15 minutes. Until 30 minutes have passed without use, the refresh token gets the next one; after
// that, or when the session has ended, the source logs in again in the same call. The client id is fixed and has no
// secret. [TokenOf] has what finAPI tells about the mandator with every token.
package finapi
