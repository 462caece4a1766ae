// Package cut holds no code, only tests of API calls that fail: connections that break at every
// byte, and requests that are sent again.
package cut
