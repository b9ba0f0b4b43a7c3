// Package lambdahost runs the user's own Lambda functions on this machine, without Docker.
//
// A function is any command that speaks the Lambda Runtime API: a Go binary built on aws-lambda-go, a custom runtime's
// bootstrap, a runtime interface client of another language, or a script. The host starts it as a child process, serves the
// Runtime API to it on loopback and so makes an [engine.Invoker] of it:
//
//	host := lambdahost.New(lambdahost.Config{Output: os.Stderr})
//	defer host.Close()
//	err := host.Register(lambdahost.Function{Name: "charge-card", Command: []string{"./bootstrap"}, Dir: "build/charge-card"})
//	result, err := host.Invoke(ctx, engine.Invocation{Function: "charge-card", Payload: []byte(`{"amount": 3}`)})
//
// # What is as in Lambda
//
// The Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) with its headers, the environment
// variables, one event at a time for each process, warm processes that keep their memory, more processes for more events at
// once, the payload quotas, and the error objects of timeouts, crashes, failed starts and oversized answers.
//
// # What is not
//
// Memory and file system are not confined. An alias or a version runs the one registered command. A failed asynchronous event
// is not repeated. Telemetry and extensions do not exist. A process serves at most one event at a time, so a function that
// invokes itself takes a process for each level.
//
// # Processes
//
// Each process has a listener of its own, as AWS_LAMBDA_RUNTIME_API is a host and a port and names the process by that. Each
// leads a process group, which is killed when the process ends, when an invocation times out and on [Host.Close]. On Linux
// the kernel also kills the process when the host dies without closing.
//
// The package imports package engine for the port that it implements, and otherwise only the standard library.
package lambdahost
