package keycloak

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel end the server when the test process ends in any way, a crash
// included. Its own process group keeps a Ctrl-C in the terminal from stopping it before the tests
// have.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
