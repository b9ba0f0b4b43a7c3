// Package orchestrator is the root of Minuet's own packages. It holds no code: this page is the map.
//
// Imports only point up this list:
//
//	value         pure: the JSON value that everyone shares
//	expr          pure: JSONPath, reference paths, payload templates, intrinsic functions, the context object
//	asl           pure: definitions; Parse reports every fault with its place
//	machine       pure: the arrow (definition, position, what happened) -> (record, what to do); history from records
//	engine        load, decide, commit, emit; declares the ports; memstore and porttest beside it
//	integrations  who performs tasks: lambda, states, aws-sdk:sfn
//	catalog       state machines, versions, aliases, tags
//	api           Step Functions' protocol as an http.Handler
//	local         the local host: embedded store, queue, Lambda runtime host, mocks
//	cloud         the cloud host: store, queues and bus on AWS; what the Lambda functions do, in cloud/function
//
// An execution goes through these states; every arrow is one record, put under its number if there is none yet:
//
//	                    +------ Moved: the next state ------+
//	                    v                                   |
//	StartExecution -> state entered --- work ends well -----+
//	                    |   ^                               |
//	                    |   +------ Retried ------ fails ---+
//	                    |                                   |
//	                    +-- Forked --> children --> join ---+
//	                    |                                   |
//	                    +-- stopped from outside -----------+--> Ended
package orchestrator
