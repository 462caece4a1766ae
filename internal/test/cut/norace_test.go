//go:build !race

package cut

const stride = 1
