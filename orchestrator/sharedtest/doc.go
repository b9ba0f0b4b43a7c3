// Package sharedtest runs definitions that others have published, and that do not lie in this repository. It has only tests,
// behind the build tag "shared": they read the folder that the environment variable MINUET_SHARED names, and fail where it is
// not there.
//
//	MINUET_SHARED=/path/to/shared go test -tags shared -v ./orchestrator/sharedtest/
//
// Everything runs on the real local host: its store in a temporary folder, its API on a loopback port. The definitions in the
// folder seeds call each other and real Lambda binaries, those in the folder workflows get their tasks answered by mocks.
//
// The package may import everything; nothing imports it.
package sharedtest
