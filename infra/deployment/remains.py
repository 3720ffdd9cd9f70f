"""AWS resources of a stage outside the stacks below it: found and removed, however incomplete they are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.deployment import Deployment
from infra.deployment.domain_mappings import DomainMappings
from infra.deployment.event_source_mappings import EventSourceMappings
from infra.deployment.polling import poll
from infra.deployment.schedule_rules import ScheduleRules
from infra.errors import NotSettled, SomethingLeft

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

LIMIT = timedelta(minutes=5)
"""Limit for an operation on a function, and for AWS's lists to become consistent."""


@dataclass(frozen=True)
class Remains:
    """Resources found by the function's ARN or name, so that other functions are not affected."""

    deployment: Deployment
    limit: timedelta = LIMIT

    @cached_property
    def function_arn(self) -> str:
        """ARN that the function has, or had."""
        deployment = self.deployment
        caller = boto3.client("sts", region_name=deployment.region).get_caller_identity()["Arn"]
        _, partition, _, _, account, _ = caller.split(":", maxsplit=5)
        return f"arn:{partition}:lambda:{deployment.region}:{account}:function:{deployment.name}"

    @property
    def rules(self) -> ScheduleRules:
        """Rules of the schedule."""
        names = [name for event in self.deployment.stage.events for name in event.rule_names(self.deployment.name)]
        client = boto3.client("events", region_name=self.deployment.region)
        return ScheduleRules(client, self.function_arn, names)

    @property
    def event_sources(self) -> EventSourceMappings:
        """Queues mapped to the function."""
        return EventSourceMappings(self.deployment.function.client, self.deployment.name)

    def functions(self) -> list[DeployedFunction]:
        """Return the existing functions: the stage's, and that of an interrupted first run."""
        function = self.deployment.function
        first_run = DeployedFunction(function.client, f"{function.name}-first-run")
        return [found for found in (function, first_run) if found.exists]

    def remove_functions(self) -> int:
        """Delete the functions with versions and permissions, when no operation is running. Raises NotSettled."""
        found = self.functions()
        for function in found:
            said = poll(_deletion_of(function), self.limit)
            if said:
                raise NotSettled(f"{function.name} could not be deleted within {self.limit}: {said}. Try again.")
        return len(found)

    @property
    def domain_mappings(self) -> DomainMappings:
        """Custom domains mapped to the API."""
        return DomainMappings(self._gateway, self.deployment.api.resource("Api"))

    def templates(self) -> list[str]:
        """Return the keys of templates in the bucket left by a failed deployment."""
        bucket = self.deployment.bucket
        if not bucket.exists:
            return []
        pages = bucket.client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket.name, Prefix=f"{self.deployment.name}-template-"
        )
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def remove_templates(self) -> int:
        """Delete the templates and return their number."""
        found = self.templates()
        for key in found:
            self.deployment.bucket.client.delete_object(Bucket=self.deployment.bucket.name, Key=key)
        return len(found)

    def check_nothing_is_left(self) -> None:
        """Raise SomethingLeft, with all remaining parts, unless everything is gone within the limit."""
        left = poll(lambda: "\n".join(f"- {part}" for part in self.parts()), self.limit)
        if left:
            raise SomethingLeft(
                f"left of {self.deployment.name}:\n{left}\nRun the command again, or delete it by hand."
            )

    def parts(self) -> Iterator[str]:
        """Yield every existing part, by service."""
        deployment = self.deployment
        yield from (f"EventBridge rule {name}" for name in self.rules.find())
        yield from (f"Lambda event source mapping {uuid}" for uuid in self.event_sources.find(self.function_arn))
        yield from (f"Lambda function {function.name}" for function in self.functions())
        if status := deployment.api.status:
            yield f"CloudFormation stack {deployment.api.name}, in {status}"
        yield from (f"API Gateway REST API {api_id}, named {deployment.name}" for api_id in self._apis())
        yield from (f"S3 object {key} in bucket {deployment.bucket.name}" for key in self.templates())

    def _apis(self) -> list[str]:
        pages = self._gateway.get_paginator("get_rest_apis").paginate()
        return [api["id"] for page in pages for api in page["items"] if api["name"] == self.deployment.name]

    @property
    def _gateway(self) -> "APIGatewayClient":
        return boto3.client("apigateway", region_name=self.deployment.region)


def _deletion_of(function: DeployedFunction) -> Callable[[], str]:
    def attempt() -> str:
        try:
            function.delete()
        except function.client.exceptions.ResourceConflictException as error:
            return str(error)
        except function.client.exceptions.ResourceNotFoundException:
            return ""
        return ""

    return attempt
