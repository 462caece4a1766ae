// Package faults is a token endpoint that misbehaves, for tests: a server on loopback, written on
// raw TCP so that it can break every rule of HTTP and TLS, and tables of scripted answers with what
// the SDK must make of each.
//
// A [Case] is data: what is written when, and which error or token must come of it. The same case
// is played to every vendor's token source; the <<…>> in a script are for values that only the
// running exchange knows, such as the secret that the client has just sent (see vocabulary.go).
package faults
