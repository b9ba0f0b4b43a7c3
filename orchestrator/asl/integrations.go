package asl

import "strings"

// patterns are those that an integration supports.
type patterns string

const (
	call         patterns = "call"                   // request and response only
	callback     patterns = "call token"             // also with a task token
	job          patterns = "call sync"              // also run as a job
	jobCallback  patterns = "call sync token"        // both
	nestedStates patterns = "call sync sync:2 token" // what startExecution has
)

func (p patterns) has(pattern Pattern) bool {
	word := map[Pattern]string{RequestResponse: "call", Sync: "sync", Sync2: "sync:2", WaitForTaskToken: "token"}[pattern]
	return word != "" && among(string(p), word)
}

// optimized are the integrations with a form of their own, service:action.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the page of each service there
var optimized = integrations(map[patterns]string{
	call: `
		athena: stopQueryExecution getQueryExecution getQueryResults
		bedrock-agentcore: invokeHarness
		codebuild: stopBuild stopBuildBatch batchDeleteBuilds batchGetReports deleteBuildBatch
		dynamodb: getItem putItem updateItem deleteItem
		eks: call
		elasticmapreduce: setClusterTerminationProtection cancelStep modifyInstanceFleetByName modifyInstanceGroupByName
		emr-containers: createVirtualCluster
		http: invoke
		sagemaker: createEndpoint createEndpointConfig createModel updateEndpoint`,
	callback: `
		apigateway: invoke
		bedrock: invokeModel
		events: putEvents
		lambda: invoke
		sns: publish
		sqs: sendMessage`,
	job: `
		athena: startQueryExecution
		batch: submitJob
		bedrock: createModelCustomizationJob
		codebuild: startBuild startBuildBatch retryBuildBatch
		databrew: startJobRun
		eks: createCluster createFargateProfile createNodegroup deleteCluster deleteFargateProfile deleteNodegroup
		elasticmapreduce: createCluster terminateCluster addStep
		emr-containers: deleteVirtualCluster startJobRun
		emr-serverless: createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun
		glue: startJobRun
		mediaconvert: createJob
		sagemaker: createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob createTransformJob`,
	jobCallback: `
		ecs: runTask
		eks: runJob`,
	nestedStates: `
		states: startExecution`,
})

func integrations(table map[patterns]string) map[string]patterns {
	all := map[string]patterns{}
	for p, lines := range table {
		for line := range strings.Lines(lines) {
			service, actions, _ := strings.Cut(strings.TrimSpace(line), ": ")
			for action := range strings.FieldsSeq(actions) {
				all[service+":"+action] = p
			}
		}
	}
	return all
}
