"""A function's configuration: code, limits, retries and dead-letter queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.sandbox.sandbox import Receive, Sandbox, receive

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class FunctionConfiguration:
    """A function. `package` is the directory of its unpacked zip, `environment` its own variables."""

    name: str
    package: Path
    handler: str
    environment: Mapping[str, str]
    timeout: timedelta
    memory_megabytes: int
    region: str = "us-east-1"
    dead_letter_arn: str = ""
    """The ARN of an SQS queue; empty to drop what fails."""
    retries: int = 2
    """Of an asynchronous event. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""
    maximum_age: timedelta = timedelta(hours=6)
    """After which an asynchronous event is not tried again."""

    @property
    def arn(self) -> str:
        """Return the unqualified ARN."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"

    def sandbox(self, receive: Receive = receive) -> Sandbox:
        """Return a new sandbox for the function."""
        return Sandbox(
            self.package,
            handler=self.handler,
            environment=self.environment,
            timeout=self.timeout,
            memory_megabytes=self.memory_megabytes,
            name=self.name,
            region=self.region,
            receive=receive,
        )


def read_back(client: "LambdaClient", name: str, *, package: Path, **variables: str) -> FunctionConfiguration:
    """Return a function's configuration from the local AWS, with `variables` added to its own.

    Raises botocore's ClientError where there is none.
    """
    found = client.get_function_configuration(FunctionName=name)
    policies = client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    policy = policies[0] if policies else {}
    defaults = FunctionConfiguration
    return FunctionConfiguration(
        name=name,
        package=package,
        handler=found["Handler"],
        environment=found.get("Environment", {}).get("Variables", {}) | variables,
        timeout=timedelta(seconds=found["Timeout"]),
        memory_megabytes=found["MemorySize"],
        region=client.meta.region_name,
        dead_letter_arn=found.get("DeadLetterConfig", {}).get("TargetArn", ""),
        retries=policy.get("MaximumRetryAttempts", defaults.retries),
        maximum_age=timedelta(seconds=policy.get("MaximumEventAgeInSeconds", defaults.maximum_age.total_seconds())),
    )
