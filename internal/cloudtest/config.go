//go:build engines

package cloudtest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Where the stack stands. The account is the one that moto has.
const (
	Region  = "us-east-1"
	Account = "123456789012"
)

// Config makes clients that speak to url, with credentials that no server checks.
func Config(url string) aws.Config {
	return aws.Config{
		Region: Region, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}
