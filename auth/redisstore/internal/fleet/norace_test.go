//go:build linux && !race

package fleet

const replicas = 50 // of a whole fleet
