// Package asl is the Amazon States Language: it parses and checks the text of a state machine's definition, so that
// everyone else sees only a [Definition] that is fit to run.
//
// [Parse] finds all faults at once and words each as Step Functions does, with its code and its place; [Message] joins
// them as CreateStateMachine reports them, and [Express] adds what an Express machine may not do. There is a file for each
// construct of the language, all of one shape: the type, the fields that the language allows it, and the method that
// decodes and checks it.
//
// AWS's words are those of recorded answers of ValidateStateMachineDefinition and CreateStateMachine; where no recording
// exists the words are our own, and say so by naming the fields in question.
//
// JSONata and Distributed Map are checked but not run: a definition that needs them gets an error of the code
// [UnsupportedByMinuet].
//
// The package is pure: it imports value and expr, and those parts of the standard library that compute. The language is
// specified at https://states-language.net/spec.html.
package asl
