//go:build engines && shared

package cloudtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// conformanceFloor is what the cloud host reaches at least at the level of outputs, in percent of the recorded cases of the first
// group.
const conformanceFloor = 96

// Ensure that stock clients get from the cloud host what they got from Step Functions when the cases were recorded.
func TestConformance(t *testing.T) {
	shared := os.Getenv("MINUET_SHARED")
	if shared == "" {
		t.Fatal("MINUET_SHARED does not name the folder that has conformance/run.py")
	}
	s := Start(t, Options{LambdaEndpoint: "http://127.0.0.1:9101"})
	report := filepath.Join(t.TempDir(), "report.json")
	run := exec.CommandContext(t.Context(), Tool(t, "python"), filepath.Join(shared, "conformance", "run.py"), "--endpoint", s.API.URL,
		"--cases", filepath.Join(shared, "conformance", "cases"), "--first", "--level", "output", "--json", report)
	run.Env = append(os.Environ(), "PATH="+filepath.Dir(Tool(t, "python"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := run.CombinedOutput()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatalf("run the cases: %v", err)
	}
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("run the cases: %v\n%s", err, out)
	}
	var result struct{ Cases []map[string]any }
	if err := json.Unmarshal(data, &result); err != nil {
		t.Fatalf("report: %v", err)
	}
	passed := 0
	for _, c := range result.Cases {
		if c["output"] == true {
			passed++
		}
	}
	t.Logf("conformance of the cloud host at output level: %d of %d", passed, len(result.Cases))
	if passed*100 < conformanceFloor*len(result.Cases) || len(result.Cases) == 0 {
		t.Errorf("below %d %%\n%s", conformanceFloor, out)
	}
}
