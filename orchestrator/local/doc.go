// Package local is the local host: one process on one machine. [Host] puts it together from the packages that all hosts share and
// two adapters of its own: [Store] keeps everything durable in a folder, [Queue] passes messages and keeps timers in memory.
// The cloud host never imports it, as the embedded database is larger than all of a Lambda function should be.
//
// # Store
//
// A store is a [Pebble] database (docs/stores.md says why). The files: store.go opens it, store_commit.go makes every
// write, store_keys.go lays out the keys, store_values.go the values, and each port has one more.
//
// One goroutine, the committer, makes all writes: it takes the calls that have arrived, lets each look at the database and
// at what the calls before it have written, and puts all of them into one batch. So a condition needs no lock, a hot key
// (the counter of a Map's join) costs no more than any other, and any number of callers share an fsync. While one batch
// is on its way to the disk the next is made. Calls return in the order of the batches, and only once theirs is on the disk;
// that holds for a refusal too, as it tells what another call has written. Readers may see a write a moment earlier. The
// log on disk is a prefix of what was written, so nothing that builds upon a write can outlive it.
//
// # Queue
//
// The queue forgets its messages when the process stops: the engine's Resume sends again what the store says is open.
//
// [Pebble]: https://github.com/cockroachdb/pebble
package local
