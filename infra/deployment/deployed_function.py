"""A function on Lambda: what it needs besides what Zappa sets, and calls of its jobs."""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.errors import NotAsPackaged, SmokeTestFailed

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

RETRIES = 2
"""Of an event that the function failed on, after one minute and after two more; then the dead-letter queue."""
MAXIMUM_AGE = timedelta(hours=1)
"""Of such an event. Each tick of the schedule does the work of those before, so an old one is of no use."""
PATIENT = Config(read_timeout=920, retries={"total_max_attempts": 1})
"""For invocations, which may take 900 seconds; a second attempt would be a second run."""
MAPPING_POLL_SECONDS = 2.0
MAPPING_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class DeployedFunction:
    """One function, by its name."""

    client: "LambdaClient"
    name: str

    @property
    def exists(self) -> bool:
        """Whether it has been deployed."""
        return bool(self.architecture)

    @property
    def architecture(self) -> str:
        """The runtime of the deployed function; empty if there is none."""
        try:
            return self.client.get_function_configuration(FunctionName=self.name)["Architectures"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return ""
            raise

    def complete(self, dead_letter_arn: str, queue_arns: Collection[str]) -> None:
        """Set what Zappa has no setting for, or sets only at the first deployment; take from no other queue."""
        self.client.put_function_event_invoke_config(
            FunctionName=self.name,
            MaximumRetryAttempts=RETRIES,
            MaximumEventAgeInSeconds=int(MAXIMUM_AGE.total_seconds()),
        )
        self._set_dead_letters(dead_letter_arn)
        for mapping in self._queue_mappings():
            if mapping["EventSourceArn"] in queue_arns:
                self._report_failures(mapping)
            else:
                self._end(mapping)

    def expect_code(self, sha256: str) -> None:
        """Raise NotAsPackaged unless it runs the code of this hash, as AWS writes it."""
        found = self.client.get_function_configuration(FunctionName=self.name)["CodeSha256"]
        if found != sha256:
            raise NotAsPackaged(
                f"{self.name} runs code of the hash {found}, and the package has {sha256}: somebody else deploys now. "
                "Deploy again."
            )

    def run(self, event: dict[str, Any]) -> Any:
        """Invoke it, wait, and return its answer. Raises SmokeTestFailed where it failed."""
        client = boto3.client("lambda", region_name=self.client.meta.region_name, config=PATIENT)
        answer = client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise SmokeTestFailed(f"the function failed on {event.get('resources', event)}: {payload}")
        return payload

    def restore(self, version: str) -> None:
        """Give it the configuration that it had in this version; the code is Zappa's to restore."""
        found = self.client.get_function_configuration(FunctionName=self.name, Qualifier=version)
        network = found.get("VpcConfig")
        self.client.get_waiter("function_updated_v2").wait(FunctionName=self.name)
        self.client.update_function_configuration(
            FunctionName=self.name,
            Environment={"Variables": found.get("Environment", {}).get("Variables", {})},
            Handler=found["Handler"],
            MemorySize=found["MemorySize"],
            Role=found["Role"],
            Runtime=found["Runtime"],
            Timeout=found["Timeout"],
            VpcConfig={
                "SubnetIds": network.get("SubnetIds", []) if network else [],
                "SecurityGroupIds": network.get("SecurityGroupIds", []) if network else [],
            },
        )
        self.client.get_waiter("function_updated_v2").wait(FunctionName=self.name)

    def delete(self) -> None:
        """Delete it."""
        self.client.delete_function(FunctionName=self.name)

    def _set_dead_letters(self, arn: str) -> None:
        found = self.client.get_function_configuration(FunctionName=self.name)
        if found.get("DeadLetterConfig", {}).get("TargetArn") == arn:
            return
        self.client.get_waiter("function_updated_v2").wait(FunctionName=self.name)
        self.client.update_function_configuration(FunctionName=self.name, DeadLetterConfig={"TargetArn": arn})
        self.client.get_waiter("function_updated_v2").wait(FunctionName=self.name)

    def _queue_mappings(self) -> "list[EventSourceMappingConfigurationTypeDef]":
        pages = self.client.get_paginator("list_event_source_mappings").paginate(FunctionName=self.name)
        return [
            mapping
            for page in pages
            for mapping in page["EventSourceMappings"]
            if mapping["EventSourceArn"].split(":")[2] == "sqs"
        ]

    def _report_failures(self, mapping: "EventSourceMappingConfigurationTypeDef") -> None:
        if "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []):
            return
        self._wait_until_settled(mapping["UUID"])
        self.client.update_event_source_mapping(UUID=mapping["UUID"], FunctionResponseTypes=["ReportBatchItemFailures"])

    def _end(self, mapping: "EventSourceMappingConfigurationTypeDef") -> None:
        """`zappa schedule` leaves the mappings of queues that the settings no longer name."""
        if mapping["State"] != "Deleting":
            self._wait_until_settled(mapping["UUID"])
            self.client.delete_event_source_mapping(UUID=mapping["UUID"])

    def _wait_until_settled(self, uuid: str) -> None:
        """AWS refuses to change one that is being made or changed, and has no waiter for it."""
        deadline = time.monotonic() + MAPPING_WAIT_SECONDS
        while self.client.get_event_source_mapping(UUID=uuid)["State"].endswith("ing") and time.monotonic() < deadline:
            time.sleep(MAPPING_POLL_SECONDS)
