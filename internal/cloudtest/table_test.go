//go:build engines

package cloudtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ended reads from the table itself whether an execution has ended.
func (s *Stack) ended(t testing.TB, execution string) bool {
	t.Helper()
	for pages := dynamodb.NewScanPaginator(s.Store, &dynamodb.ScanInput{TableName: &s.Table}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			sk, _ := i["lsk"].(*ddbtypes.AttributeValueMemberS)
			status, _ := i["st"].(*ddbtypes.AttributeValueMemberS)
			if sk == nil || status == nil || len(sk.Value) < len(execution) || sk.Value[len(sk.Value)-len(execution):] != execution {
				continue
			}
			return status.Value != "RUNNING" && status.Value != ""
		}
	}
	return false
}
