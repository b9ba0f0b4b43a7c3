// Package memstore is an [engine.Store] in memory: the reference that says what a store is to do, and the store of tests
// and of the simulator.
//
// It is plain maps under one mutex, so that it is obviously right: every call happens at one instant. Nothing survives the
// process. It passes the suite in porttest, as every adapter does, and imports engine, machine and the standard library
// only.
package memstore
