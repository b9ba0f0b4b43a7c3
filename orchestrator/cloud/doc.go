// Package cloud holds the adapters of package engine's ports to AWS: a file a service.
//
// Each adapter is made of an aws.Config, so that the variables and files of the AWS SDKs apply to all of them, AWS_ENDPOINT_URL
// and its kind for each service included.
//
// The package imports package engine for the ports and the AWS SDK. Adapters do not know of one another.
package cloud
