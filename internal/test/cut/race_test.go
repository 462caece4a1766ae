//go:build race

package cut

// The race detector makes a call ten times as slow.
const stride = 7
