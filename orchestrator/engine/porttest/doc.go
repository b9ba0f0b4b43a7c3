// Package porttest is the suite that every adapter of engine's ports passes: [Store] for stores, [Queue] for queues.
//
// An adapter's own test is one call that says how to open it:
//
//	func TestStore(t *testing.T) {
//		porttest.Store(t, func(t *testing.T) engine.Store { return memstore.New() })
//	}
//
// A sentence of a contract in engine is a subtest here, so that hosts cannot differ in it. The suite goes through the port
// only, and holds adapters to what the contracts say and no more: pages may be shorter than asked for, and times are
// compared to the millisecond. It imports engine, machine and the standard library.
package porttest
