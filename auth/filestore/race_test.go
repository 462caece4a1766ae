//go:build race

package filestore

// A process with the race detector takes a second to start.
const processes = 10
