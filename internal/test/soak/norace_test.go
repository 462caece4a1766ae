//go:build !race

package soak_test

const goroutines = 2000
