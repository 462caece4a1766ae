// Package cut holds no code, only tests of calls whose connection breaks, at every byte of the
// request and of the answer.
package cut
