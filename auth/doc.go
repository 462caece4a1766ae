// Package auth keeps access tokens, so that service code never thinks of them.
//
// A [Grant] asks one vendor for one token. A [TokenSource] made of it caches that token, renews it in the background
// before it expires, shares one request among all callers, and puts the Bearer header on API requests. The packages
// finventi, finapi, onefinops and fincalc bring the Grants; a service rarely needs more of this package than options
// and errors:
//
//	source, err := onefinops.NewTokenSource(config, auth.WithLogger(slog.Default()))
//	client, err := onefinopsapi.NewClientWithResponses(config.APIBaseURL(), onefinopsapi.WithRequestEditorFn(source.Authorize))
//
// Use it in one of three ways: [TokenSource.Authorize] as the request editor of a generated client,
// [TokenSource.Client] (or [TokenSource.Transport]) as an http.Client that also replays a request once after a 401, or
// the TokenSource itself wherever an oauth2.TokenSource is wanted.
//
// # Errors
//
// Every failure is an [*Error] that matches one of the Err… values by errors.Is, says what to do next, and names its
// entry in docs/troubleshooting.md. It unwraps to *oauth2.RetrieveError when the vendor answered.
//
// # Secrets
//
// Secrets and tokens are shown by no error, log line, event or value of this package, whatever the verb, also where a
// server echoes them. The client secret goes to the token endpoint only, the token to the vendor's API only, both over
// https (loopback excepted).
package auth
