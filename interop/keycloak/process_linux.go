package keycloak

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel end the server when the test process ends in any way, even by a
// crash. The server has its own process group, so that Ctrl-C in the terminal does not stop it
// before the tests.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
