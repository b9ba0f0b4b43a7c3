package api

import (
	"context"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/catalog"
)

var validationOperations = table{
	"ValidateStateMachineDefinition": op((*server).validateStateMachineDefinition),
}

type validateStateMachineDefinitionInput struct {
	Definition string  `aws:"definition,required,Definition"`
	Type       *string `aws:"type,StateMachineType"`
	Severity   *string `aws:"severity,ValidateStateMachineDefinitionSeverity"`
	MaxResults *int64  `aws:"maxResults,ValidateStateMachineDefinitionMaxResult"`
}

type validateStateMachineDefinitionOutput struct {
	Result      string       `json:"result"`
	Diagnostics []diagnostic `json:"diagnostics"`
	Truncated   bool         `json:"truncated"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

func (s *server) validateStateMachineDefinition(_ context.Context, in *validateStateMachineDefinitionInput) (*validateStateMachineDefinitionOutput, error) {
	out := &validateStateMachineDefinitionOutput{Result: "OK", Diagnostics: []diagnostic{}}
	most := pageSize(in.MaxResults)
	for _, d := range catalog.Diagnose(in.Definition, orZero(in.Type)) {
		if d.Severity == asl.SeverityError {
			out.Result = "FAIL"
		} else if orZero(in.Severity) != asl.SeverityWarning {
			continue
		}
		if len(out.Diagnostics) == most {
			out.Truncated = true
			continue
		}
		out.Diagnostics = append(out.Diagnostics, diagnostic(d))
	}
	return out, nil
}
