package lambdahost

import "syscall"

// sysProcAttr makes the process the leader of a group and has the kernel kill it when the host dies.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
