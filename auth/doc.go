// Package auth keeps access tokens, so that service code never thinks of them.
//
// A [Grant] asks one vendor for one token. A [TokenSource] made of it caches that token, renews it in
// the background before it expires, shares one request among all callers, and puts the Bearer header
// on API requests. The vendors' packages bring the Grants and build the sources, so a service rarely
// needs more of this package than its options and errors.
//
// There are three ways to use it. Prefer the first:
//
//   - [TokenSource.Client] (or [TokenSource.Transport]) is an http.Client, for a generated client too.
//     It watches where redirects lead, and after a 401 gets a new token and replays the request once.
//   - [TokenSource.Authorize] is the request editor of a generated client that has an http.Client of
//     your own. An editor sees neither redirects nor answers: give that client
//     [TokenSource.CheckRedirect], and call [TokenSource.Invalidate] after a 401.
//   - The TokenSource itself goes wherever an oauth2.TokenSource is wanted. What x/oauth2 builds on it
//     promises less, as the next section says.
//
// # Behind x/oauth2
//
// [oauth2.ReuseTokenSource] and [oauth2.NewClient] keep a copy of the token and use it until it
// expires. [TokenSource.Invalidate] cannot reach that copy: after a 401 they go on sending it, for a
// day where tokens live that long. oauth2.NewClient besides replays nothing, sends the token to every
// host that a request names, and sets it anew on each redirect, wherever that leads.
//
// [TokenSource.Token] returns an [oauth2.Token]. That is an ordinary struct: fmt, log/slog and
// encoding/json write the token that is in it. A vendor's own Token type hides it.
//
// # Errors
//
// Every failure is an [*Error] that matches one of the Err… values by errors.Is, says what to do next,
// and links to its entry in docs/troubleshooting.md. It unwraps to *oauth2.RetrieveError when the
// vendor answered.
//
// # Secrets
//
// No error, log line, event or value of this package shows a secret or a token, whatever the verb, also
// where a server echoes one. The client secret goes to the token endpoint only, the token to the
// vendor's API only, both over https (loopback excepted).
//
// A [Secret] holds a function instead of a string, so nothing that prints or compares by reflection
// finds the value. Of two different secrets testify's diffs and go-cmp show "[redacted]" or the
// function's address. Two secrets of one value are different to reflect.DeepEqual, and so to testify's
// assert.Equal: compare them with [Secret.Equal], which go-cmp calls by itself.
package auth
