package cloud

import (
	"strings"
	"testing"
	"time"
)

// Ensure that settings have their defaults, and that a wrong one is named.
func TestLoadSettings(t *testing.T) {
	load := func(pairs ...string) (Settings, error) {
		env := map[string]string{"MINUET_TABLE": "t"}
		for i := 0; i < len(pairs); i += 2 {
			env[pairs[i]] = pairs[i+1]
		}
		return LoadSettings(func(name string) string { return env[name] })
	}
	s, err := load("MINUET_RETENTION_DAYS", "7", "MINUET_ASSUME_ROLES", "true")
	if err != nil || s.Keep != 7*24*time.Hour || !s.AssumeRoles || s.Publish != PublishNested || s.Stuck != 30*time.Minute {
		t.Errorf("%+v, %v", s, err)
	}
	for _, name := range []string{"MINUET_TABLE", "MINUET_PUBLISH", "MINUET_RETENTION_DAYS", "MINUET_STUCK_SECONDS", "MINUET_ASSUME_ROLES"} {
		value := "?"
		if name == "MINUET_TABLE" {
			value = ""
		}
		if _, err := load(name, value); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%q: %v", name, value, err)
		}
	}
}
