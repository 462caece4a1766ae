// Package tokenendpoint performs one exchange with a token endpoint and reads its answer.
//
// It names no vendor: the vendor's package says what to send, and what an answer means if it
// differs from RFC 6749.
package tokenendpoint
