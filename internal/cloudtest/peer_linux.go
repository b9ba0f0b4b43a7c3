//go:build engines

package cloudtest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killProcess kills the process at the end peer of the connection from peer to local, both IPv4 addresses of this machine.
func killProcess(peer, local string) error {
	pid, err := processOf(peer, local)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// processOf finds the process that holds the socket at peer, connected to local: the kernel lists the socket with its inode,
// and each process's open files.
func processOf(peer, local string) (pid int, err error) {
	from, err := kernelAddress(peer)
	if err != nil {
		return 0, err
	}
	to, err := kernelAddress(local)
	if err != nil {
		return 0, err
	}
	list, err := os.Open("/proc/net/tcp")
	if err != nil {
		return 0, err
	}
	defer list.Close()
	link := ""
	for lines := bufio.NewScanner(list); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[1] == from && fields[2] == to {
			link = "socket:[" + fields[9] + "]"
		}
	}
	if link == "" {
		return 0, fmt.Errorf("no socket from %s to %s", peer, local)
	}
	files, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && to == link {
			pid, err := strconv.Atoi(strings.Split(file, "/")[2])
			if pid == os.Getpid() {
				return 0, fmt.Errorf("the socket from %s to %s is the test's own", peer, local)
			}
			return pid, err
		}
	}
	return 0, fmt.Errorf("no process holds the socket from %s to %s", peer, local)
}

// kernelAddress writes an address as /proc/net/tcp does.
func kernelAddress(text string) (string, error) {
	address, err := netip.ParseAddrPort(text)
	if err != nil {
		return "", err
	}
	if !address.Addr().Is4() {
		return "", fmt.Errorf("%s is no IPv4 address", text)
	}
	ip := address.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), address.Port()), nil
}

// residentBytes is the memory that the process holds now.
func residentBytes(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no resident memory", pid)
}
