//go:build !linux

package keycloak

import "os/exec"

// dieWithParent leaves the server in the terminal's process group: without Linux's parent-death
// signal, Ctrl-C must reach the server.
func dieWithParent(*exec.Cmd) {}
