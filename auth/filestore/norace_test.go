//go:build !race

package filestore

const processes = 50
