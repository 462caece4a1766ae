//go:build race

package soak_test

// The race detector tracks 255 goroutines at a time. With more goroutines it sometimes ends the
// process with "CHECK failed: tsan_rtl.cpp" (seen with Go 1.26 in one run of ten, at 2,000).
const goroutines = 200
