//go:build engines

package cloudtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// clockSource is a clock that is ahead of the system's by what a file says, in nanoseconds. Nothing else of a process must
// move: the SDK's signatures, and the deadline that Lambda gives it.
const clockSource = `package %s

import (
	"os"
	"strconv"
	"time"
)

func cloudtestNow() time.Time {
	text, err := os.ReadFile(os.Getenv("CLOUDTEST_CLOCK"))
	if err != nil {
		return time.Now()
	}
	ahead, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		panic(err)
	}
	return time.Now().Add(time.Duration(ahead))
}
`

// clockOverlay writes an overlay for go build in which the cloud host asks cloudtestNow for the time, and returns its path.
func clockOverlay(dir, module string) (path string, err error) {
	const asks = "time.Now()"
	replace := map[string]string{}
	folder := filepath.Join(module, "orchestrator", "cloud")
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if strings.HasSuffix(file, "_test.go") || !bytes.Contains(source, []byte(asks)) {
			continue
		}
		replace[file] = filepath.Join(dir, "clock_"+filepath.Base(file))
		source = append(bytes.ReplaceAll(source, []byte(asks), []byte("cloudtestNow()")), "\nvar _ time.Time\n"...)
		if err := os.WriteFile(replace[file], source, 0o644); err != nil {
			return "", err
		}
	}
	if len(replace) == 0 {
		return "", fmt.Errorf("nothing in %s asks for %s", folder, asks)
	}
	added := filepath.Join(folder, "cloudtest_clock.go")
	replace[added] = filepath.Join(dir, "clock.go")
	if err := os.WriteFile(replace[added], fmt.Appendf(nil, clockSource, "cloud"), 0o644); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "clock.json")
	return path, os.WriteFile(path, text, 0o644)
}
