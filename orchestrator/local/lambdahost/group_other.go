//go:build !unix

package lambdahost

import (
	"os"
	"syscall"
)

// sysProcAttr needs nothing where there are no process groups.
func sysProcAttr() *syscall.SysProcAttr { return nil }

// killGroup kills p alone. It may have ended already.
func killGroup(p *os.Process) {
	p.Kill()
}
