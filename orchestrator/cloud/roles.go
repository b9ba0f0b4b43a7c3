package cloud

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"minuet/orchestrator/engine"
)

// roleInvoker invokes functions with the role of the state machine whose task it is.
type roleInvoker struct {
	cfg  aws.Config
	sts  *sts.Client
	mu   sync.Mutex
	with map[string]*Lambda // by the role's ARN
}

// newInvoker makes an invoker that assumes roles, or one that uses the worker's own.
func newInvoker(cfg aws.Config, assume bool) engine.Invoker {
	if !assume {
		return NewLambdaFromConfig(cfg)
	}
	return &roleInvoker{cfg: cfg, sts: sts.NewFromConfig(cfg), with: map[string]*Lambda{}}
}

// maxRoles bounds how many roles' credentials are kept.
const maxRoles = 100

// Invoke implements [engine.Invoker].
func (i *roleInvoker) Invoke(ctx context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	return i.as(in.RoleARN).Invoke(ctx, in)
}

func (i *roleInvoker) as(role string) *Lambda {
	i.mu.Lock()
	defer i.mu.Unlock()
	if l := i.with[role]; l != nil {
		return l
	}
	if len(i.with) >= maxRoles {
		clear(i.with)
	}
	cfg := i.cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(i.sts, role))
	l := NewLambdaFromConfig(cfg)
	i.with[role] = l
	return l
}
