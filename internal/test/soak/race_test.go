//go:build race

package soak_test

// The race detector keeps track of 255 goroutines at a time. It takes turns among more, and on the
// way sometimes ends the process by "CHECK failed: tsan_rtl.cpp" (seen with Go 1.26 in one run of
// ten, at 2,000).
const goroutines = 200
