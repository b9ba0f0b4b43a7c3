"""What a stock boto3 client does with the endpoint in argv, printed as JSON."""
import json
import sys
import time

import boto3

client = boto3.client("stepfunctions", endpoint_url=sys.argv[1], region_name="us-east-1",
                      aws_access_key_id="AKIDBOTO", aws_secret_access_key="secret")
machine = client.create_state_machine(
    name="boto", roleArn="arn:aws:iam::123456789012:role/machines",
    definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}))["stateMachineArn"]
execution = client.start_execution(stateMachineArn=machine, name="one", input='{"from": "boto3"}')["executionArn"]
deadline = time.time() + 60
while True:
    described = client.describe_execution(executionArn=execution)
    if described["status"] != "RUNNING" or time.time() > deadline:
        break
    time.sleep(0.1)
events = [e["type"] for page in client.get_paginator("get_execution_history").paginate(executionArn=execution) for e in page["events"]]
try:
    client.describe_execution(executionArn=execution + "x")
    error = None
except client.exceptions.ExecutionDoesNotExist as e:
    error = e.response["Error"]["Code"]
print(json.dumps({"status": described["status"], "output": described["output"], "events": events, "error": error}))
