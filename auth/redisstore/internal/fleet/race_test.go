//go:build linux && race

package fleet

// With the race detector, 50 replicas on two cores take longer than the 250 ms that a store has.
const replicas = 10
