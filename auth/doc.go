// Package auth keeps access tokens, so that service code need not.
//
// A [Grant] asks one vendor for one token. A [TokenSource] built on it caches that token, renews it
// in the background before it expires, shares one request among all callers, and sets the Bearer
// header of API requests. The vendors' packages provide the Grants and build the sources, so a
// service rarely needs more of this package than its options and errors.
//
// There are three ways to use a TokenSource. Prefer the first:
//
//   - [TokenSource.Client] (or [TokenSource.Transport]) is an http.Client, also for a generated
//     client. It checks where redirects lead. After a 401 it gets a new token and sends the request
//     once more.
//   - [TokenSource.Authorize] is the request editor for a generated client that has an http.Client
//     of your own. An editor sees neither redirects nor answers: set [TokenSource.CheckRedirect] on
//     that client, and call [TokenSource.Invalidate] after a 401.
//   - The TokenSource itself is an oauth2.TokenSource. Code of x/oauth2 that wraps it promises
//     less, as the next section says.
//
// # Start-up and readiness
//
// A TokenSource asks for nothing before it is used. Call [TokenSource.Warm] at start-up, with a
// deadline, to learn of a wrong secret before the first customer does. [ReadyHandler] answers a
// readiness probe from what the sources know, without asking a vendor, and [TokenSource.Snapshot]
// gives the same facts to code.
//
// # Behind x/oauth2
//
// [oauth2.ReuseTokenSource] and [oauth2.NewClient] keep a copy of the token and use it until it
// expires. [TokenSource.Invalidate] cannot reach that copy: after a 401 they go on sending it, for
// a day if the token lives that long. Also, oauth2.NewClient replays no request, sends the token to
// every host that a request names, and sets it again on each redirect, wherever that leads.
//
// [TokenSource.Token] returns an [oauth2.Token]. This is an ordinary struct: fmt, log/slog and
// encoding/json print the token in it. A vendor's own Token type hides it.
//
// # Errors
//
// Every failure is an [*Error] that matches one of the Err… values by errors.Is, says what to do
// next, and links to its entry in docs/troubleshooting.md. It unwraps to *oauth2.RetrieveError if
// the vendor answered.
//
// # Secrets
//
// No error, log line, event or value of this package shows a secret or a token, whatever the verb,
// even if a server echoes it. The client secret goes only to the token endpoint, and the token only
// to the vendor's API, both over https (loopback excepted).
//
// A [Secret] holds a function instead of a string, so code that prints or compares by reflection
// cannot find the value. For two different secrets, testify's diffs and go-cmp show "[redacted]" or
// the function's address. reflect.DeepEqual, and so testify's assert.Equal, reports two secrets of
// the same value as different: compare them with [Secret.Equal], which go-cmp calls by itself.
package auth

// How a token gets to its header, for readers of the code:
//
//  1. transport.RoundTrip (transport.go) or Authorize (bearer.go) has a request. header.go tells
//     whether its Authorization header is the caller's, and hosts whether it may have the token.
//  2. validEntry (source.go) loads the current entry (entry.go): a token, its header's value, and
//     when it is due. If the entry is due, renew starts a flight in the background. If it has
//     expired, the call waits for a flight.
//  3. A flight (flight.go) calls the Grant once (grant.go), with the http.Client of client.go. With
//     a store, sharing.go first looks for what another process knows: in a record (record.go),
//     under a lease (lease.go), by bounded calls (storecall.go).
//  4. land (flight.go) makes the token the current entry, or the failure (failure.go) a pause
//     (backoff.go), and lets all callers go on.
//  5. withHeader (header.go) puts the entry's header on a copy of the request, and package wire
//     sends it. After a 401, RoundTrip invalidates the token and goes back to step 2, once.
