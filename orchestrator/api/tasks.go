package api

import "context"

var taskOperations = table{
	"SendTaskSuccess":   op((*server).sendTaskSuccess),
	"SendTaskFailure":   op((*server).sendTaskFailure),
	"SendTaskHeartbeat": op((*server).sendTaskHeartbeat),
}

type sendTaskSuccessInput struct {
	TaskToken string `aws:"taskToken,required,TaskToken"`
	Output    string `aws:"output,required,SensitiveData"`
}

func (s *server) sendTaskSuccess(ctx context.Context, in *sendTaskSuccessInput) (*empty, error) {
	return &empty{}, s.service.SendTaskSuccess(ctx, in.TaskToken, in.Output)
}

type sendTaskFailureInput struct {
	TaskToken string  `aws:"taskToken,required,TaskToken"`
	Error     *string `aws:"error,SensitiveError"`
	Cause     *string `aws:"cause,SensitiveCause"`
}

func (s *server) sendTaskFailure(ctx context.Context, in *sendTaskFailureInput) (*empty, error) {
	return &empty{}, s.service.SendTaskFailure(ctx, in.TaskToken, in.Error, in.Cause)
}

type sendTaskHeartbeatInput struct {
	TaskToken string `aws:"taskToken,required,TaskToken"`
}

func (s *server) sendTaskHeartbeat(ctx context.Context, in *sendTaskHeartbeatInput) (*empty, error) {
	return &empty{}, s.service.SendTaskHeartbeat(ctx, in.TaskToken)
}
