// Package repo holds no code, only tests of the repository as a whole.
package repo
