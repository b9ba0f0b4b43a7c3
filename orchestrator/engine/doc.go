// Package engine runs executions: it loads where a branch stands, has package machine decide, commits the decision with one
// conditional put, and emits what follows.
//
//	message (execution, branch, n)
//	  1. load record n                      (load.go)
//	  2. decide; do the task's side effect  (step.go, attempt.go)
//	  3. put record n+1 if absent           (step.go: commit)   <- the commit point
//	  4. send what record n+1 says to send  (emit.go)
//
// A message that comes twice, or late, finds record n+1 and only does step 4 again; so a crash between any two lines heals
// when the message is delivered again, or when [Engine.Resume] looks at every running execution.
//
// What the engine needs of the world it declares as small interfaces: [Store], [Queue], [Bus], [Invoker], [Clock],
// [Machines], [Integration], [Mocks]. Their adapters are packages of their own (local, cloud, engine/memstore), and the suite
// in engine/porttest holds each to the contract written here.
//
// The package imports value, expr, asl and machine; neither a network nor a file.
package engine
