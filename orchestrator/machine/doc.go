// Package machine is the arrow at the heart of Minuet:
//
//	(definition, where a branch stands, what just happened)  ->  (what to record, what to do next)
//
// [Program.Decide] is that arrow. A branch stands at its last [Record]; from it, and from a [Happening] that says what
// has happened since, Decide makes the next record, or says what has to happen first: a task to start, or a time to wait for.
// Hosts do the rest: they load, decide, commit and emit (package engine).
//
// [Program.History] derives an execution's events from its records. [EncodeRecord] and [DecodeRecord] are the durable form.
//
// The package is pure. It imports value, expr and asl, and neither clock, I/O nor randomness: time comes in as a value, and
// random numbers are seeded from the place in the execution at which they are drawn, so that a repeat draws the same ones.
//
// There is a file for each state type (pass.go, task.go, ...), all of one shape: enter, which decides what the state does
// when it is entered, and for states that wait for something, what they do with the event that ends the wait.
package machine
