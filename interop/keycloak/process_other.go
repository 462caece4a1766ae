//go:build !linux

package keycloak

import "os/exec"

// dieWithParent leaves the server in the terminal's process group: without Linux's parent-death
// signal, Ctrl-C has to reach it.
func dieWithParent(*exec.Cmd) {}
