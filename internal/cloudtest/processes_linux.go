//go:build engines

package cloudtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Processes returns the processes that run a function of the template now.
func (s *Stack) Processes(t testing.TB, id string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil {
			continue // another user's, or gone
		}
		variables := bytes.Split(environ, []byte{0})
		has := func(want string) bool {
			for _, variable := range variables {
				if string(variable) == want {
					return true
				}
			}
			return false
		}
		// The clock's path is this stack's alone.
		if has("AWS_LAMBDA_FUNCTION_NAME="+id) && has("CLOUDTEST_CLOCK="+s.clockFile) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// Resident returns the memory that the largest process of a function holds, in bytes.
func (s *Stack) Resident(t testing.TB, id string) (most int64) {
	t.Helper()
	for _, pid := range s.Processes(t, id) {
		if n, err := residentBytes(pid); err == nil {
			most = max(most, n)
		}
	}
	return most
}
