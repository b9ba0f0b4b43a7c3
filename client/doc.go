// Package client makes clients of Minuet out of the AWS SDK's own: what [New] returns is an *sfn.Client, and code that takes one
// needs no change.
//
//	c, err := client.New(ctx, "https://abc123.lambda-url.eu-central-1.on.aws")
//	out, err := c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &arn, Input: &input})
//
// A deployed stack answers at a Lambda Function URL, which an unchanged Step Functions client does not reach: the signature must
// name the service lambda and the function's region, and the name of the host must stay as it is, without the sync- that SDKs
// put before it for StartSyncExecution. New sees to these three. Everything else, credentials included, is what the SDK's
// default configuration says; a caller needs lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function.
//
// The package imports the AWS SDK and nothing of Minuet.
package client
