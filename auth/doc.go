// Package auth keeps access tokens, so that service code never thinks of them.
//
// A [Grant] asks one vendor for one token. A [TokenSource] made of it caches that token, renews it in the background
// before it expires, shares one request among all callers, and puts the Bearer header on API requests. The packages
// finventi, finapi, onefinops and fincalc bring the Grants; a service rarely needs more of this package than options
// and errors:
//
//	config, err := onefinops.ConfigFromEnv()
//	source, err := onefinops.NewTokenSource(config, auth.WithLogger(slog.Default()))
//	api, err := onefinopsapi.NewClientWithResponses(config.APIBaseURL(), onefinopsapi.WithHTTPClient(source.Client()))
//
// Use it in one of three ways, the first one where nothing speaks against it:
//
//   - [TokenSource.Client] (or [TokenSource.Transport]) is an http.Client, for a generated client too. It minds where
//     redirects lead, and after a 401 gets a new token and replays the request once.
//   - [TokenSource.Authorize] is the request editor of a generated client that has an http.Client of your own. An editor
//     sees neither redirects nor answers: give that client [TokenSource.CheckRedirect], and call
//     [TokenSource.Invalidate] after a 401.
//   - The TokenSource itself goes wherever an oauth2.TokenSource is wanted.
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
