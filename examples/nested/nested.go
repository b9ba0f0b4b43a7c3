// Package nested holds definitions of nested workflows, one for each pattern in which a workflow can start another.
package nested

import "embed"

// Definitions holds the state machines; a file's name before ".asl.json" is the machine's.
//
//go:embed *.asl.json
var Definitions embed.FS
