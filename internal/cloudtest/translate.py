"""Translates a SAM template on standard input, with parameters as a JSON object in argv, to CloudFormation on standard output."""
import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.sdk.parameter import SamParameterValues
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# What sam package puts in place of a folder.
CODE = "s3://code/function.zip"
POLICIES = ["AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole"]

template = yaml_parse(sys.stdin.read())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource.setdefault("Properties", {})["CodeUri"] = CODE
template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)

policies = {name: "arn:aws:iam::aws:policy/service-role/" + name for name in POLICIES}
policies["AWSXRayDaemonWriteAccess"] = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
policies["AWSXrayWriteOnlyAccess"] = "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"

parameters = json.loads(sys.argv[1])
json.dump(Translator(policies, Parser()).translate(template, parameters), sys.stdout)
