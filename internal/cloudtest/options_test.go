//go:build engines

package cloudtest

import "os"

func options() Options { return Options{Template: os.Getenv("CLOUDTEST_TEMPLATE")} }
