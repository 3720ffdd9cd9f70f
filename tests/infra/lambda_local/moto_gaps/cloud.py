"""AWS with a function, and the comparison of two of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from tests.support.release_zip import code_of

NAME = "subs-test"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:letters"
NETWORK = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


@dataclass(frozen=True)
class Cloud:
    """AWS with a function."""

    url: str

    def client(self, service: str) -> Any:
        """Return a client without retries."""
        config = Config(retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", config=config, **keys)  # type: ignore[call-overload]

    def provide(self) -> None:
        """Create a function and its resources."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = self.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        self.client("sqs").create_queue(QueueName="letters")
        self.client("lambda").create_function(
            FunctionName=NAME,
            Runtime="python3.11",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": code_of("first")},
            DeadLetterConfig={"TargetArn": QUEUE},
            Publish=True,
        )


Gap = Callable[[Cloud], bool]
"""Return True if the cloud behaves like AWS."""


def check_gap(closed: Gap, *, stock: Cloud, local: Cloud) -> None:
    """Fail unless the local AWS behaves like AWS and a stock moto does not."""
    assert closed(local)
    assert not closed(stock), "moto does this by itself now; take its override out of infra/lambda_local/moto_gaps"


def made_by_a_stack(cloud: Cloud, kind: str, properties: dict[str, Any]) -> str:
    """Return the id of the only resource of a stack."""
    stacks = cloud.client("cloudformation")
    template = {"Resources": {"Made": {"Type": kind, "Properties": properties}}}
    name = kind.rpartition(":")[2]
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    found = stacks.describe_stack_resource(StackName=name, LogicalResourceId="Made")["StackResourceDetail"]
    return str(found.get("PhysicalResourceId"))
