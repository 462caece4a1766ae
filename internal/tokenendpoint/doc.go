// Package tokenendpoint performs one exchange with a token endpoint and understands its answer.
//
// It names no vendor: a vendor's package says what is sent, and what its answers mean where they
// differ from RFC 6749.
package tokenendpoint
