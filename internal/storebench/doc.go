// Storebench measures embedded stores under the writes of Minuet's local host: conditional puts of records, durable when
// they return. docs/stores.md quotes its figures.
//
// Usage:
//
//	go run . [-dir DIR] [-time 3s] [-engines pebble,bbolt,sqlite]
//
// Every engine sits behind the same committer, one goroutine that turns what has arrived meanwhile into one transaction,
// so that the difference is the engine's own; "pebble-locks" is Pebble with a lock a key and its own group commit instead.
// An engine is left out of the binary with the build tags no_pebble, no_bbolt and no_sqlite, which tells its size:
//
//	go build -ldflags=-s -tags no_bbolt,no_sqlite -o /tmp/storebench . && ls -l /tmp/storebench
//
// The program is a module of its own, so that the engines that were not chosen stay out of the product's go.mod.
package main
