// Package soak loads a token source as a busy service does, against a flapping vendor on loopback,
// and judges what its callers saw. `make soak` runs it; the package's tests check the same promises
// in virtual time.
//
// Two judges work independently. The vendor keeps a ledger of every token that it issued and of
// every request that it got. The harness knows the tokens that the source has returned. A call that
// failed is held against the source when either says that a valid token was at hand; the requests
// are held against the distances that back-off promises.
package soak
