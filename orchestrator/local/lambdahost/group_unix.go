//go:build unix

package lambdahost

import (
	"os"
	"syscall"
)

// killGroup kills the group that p leads. It may have ended already.
func killGroup(p *os.Process) {
	syscall.Kill(-p.Pid, syscall.SIGKILL)
}
