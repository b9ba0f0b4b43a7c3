//go:build unix && !linux

package lambdahost

import "syscall"

// sysProcAttr makes the process the leader of a group.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
