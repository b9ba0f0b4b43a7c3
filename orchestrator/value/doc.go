// Package value is the JSON value that every other package shares: what a
// state reads, what a path finds, what a task returns.
//
// A [Value] is immutable and keeps what encoding/json loses and Step Functions
// keeps: the order of an object's keys and the text of a number (1.0 stays
// 1.0, 20-digit integers stay whole). Only "-0" changes, to "0". Because
// nothing can be changed, values share structure, are passed by value and may
// be read by any number of goroutines; Set, SetIndex and Delete copy the one
// object or array that they alter.
//
// Parse is strict RFC 8259 (one value, valid UTF-8, at most [MaxDepth] nested
// containers) and reports faults in the words of Jackson, the parser whose
// messages AWS passes on to users. A parsed value refers to parts of the text
// it came from, so a small part of a large document keeps that document alive;
// documents here are at most a few hundred kilobytes.
//
// State: complete for what Step Functions needs. Looking up a key is a linear
// scan, and Set copies the object: both suit documents, not large maps. There
// is no streaming and no indented output.
//
// The package is pure. It may import nothing but the parts of the standard
// library that compute (strconv, strings, math, unicode and the like).
package value
