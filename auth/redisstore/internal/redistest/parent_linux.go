package redistest

import "syscall"

// DieWithParent ends a process whose parent, the test, is killed.
func DieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
