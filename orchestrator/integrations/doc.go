// Package integrations performs the tasks of the services that state machines call: a file for each service, all of one
// shape. Each type implements [engine.Integration].
//
// The package imports value, asl, machine and engine; it reaches the world through the interfaces that it is given.
package integrations
