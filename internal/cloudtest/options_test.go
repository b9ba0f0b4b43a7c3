//go:build engines

package cloudtest

// options are those of a stack as template.yaml deploys it by default.
func options() Options { return Options{} }
