"""Event source mappings between SQS queues and a function, which Zappa sets incompletely and never removes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from infra.deployment.polling import poll
from infra.errors import NotSettled

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

LIMIT = timedelta(minutes=5)
"""Limit for an operation of AWS on a mapping, for which there is no waiter."""


@dataclass(frozen=True)
class EventSourceMappings:
    """Mappings of one function."""

    client: "LambdaClient"
    function_name: str
    limit: timedelta = LIMIT

    def complete(self, queue_arns: Collection[str]) -> None:
        """Enable partial batch failures for these queues, and remove the other mappings. Raises NotSettled."""
        for mapping in self._of_queues():
            if mapping["EventSourceArn"] in queue_arns:
                self._report_failures(mapping)
            else:
                self._remove(mapping)

    def find(self, function_arn: str) -> list[str]:
        """Return the ids of all mappings of this function, from any source, even if the function is gone."""
        return [mapping["UUID"] for mapping in self._of(function_arn)]

    def remove_all(self, function_arn: str) -> int:
        """Remove all mappings and return their number; AWS still shows them for a while. Raises NotSettled."""
        found = self._of(function_arn)
        for mapping in found:
            self._remove(mapping)
        return len(found)

    def _of(self, function_arn: str) -> "list[EventSourceMappingConfigurationTypeDef]":
        pages = self.client.get_paginator("list_event_source_mappings").paginate()
        return [
            mapping
            for page in pages
            for mapping in page["EventSourceMappings"]
            if f"{mapping['FunctionArn']}:".startswith(f"{function_arn}:")
        ]

    def _of_queues(self) -> "list[EventSourceMappingConfigurationTypeDef]":
        pages = self.client.get_paginator("list_event_source_mappings").paginate(FunctionName=self.function_name)
        return [
            mapping
            for page in pages
            for mapping in page["EventSourceMappings"]
            if mapping["EventSourceArn"].split(":")[2] == "sqs"
        ]

    def _report_failures(self, mapping: "EventSourceMappingConfigurationTypeDef") -> None:
        if "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []):
            return
        self._once_settled(
            mapping,
            lambda uuid: self.client.update_event_source_mapping(
                UUID=uuid, FunctionResponseTypes=["ReportBatchItemFailures"]
            ),
        )

    def _remove(self, mapping: "EventSourceMappingConfigurationTypeDef") -> None:
        """Remove a mapping; `zappa schedule` leaves those of queues that the settings no longer name."""
        if mapping["State"] != "Deleting":
            self._once_settled(mapping, lambda uuid: self.client.delete_event_source_mapping(UUID=uuid))

    def _once_settled(self, mapping: "EventSourceMappingConfigurationTypeDef", change: Callable[[str], object]) -> None:
        """Apply a change, once AWS has finished creating or changing the mapping."""
        uuid, queue = mapping["UUID"], mapping["EventSourceArn"]

        def attempt() -> str:
            found = self.client.get_event_source_mapping(UUID=uuid)
            if found["State"].endswith("ing"):
                return f"{found['State']} ({found.get('StateTransitionReason', 'no reason given')})"
            try:
                change(uuid)
            except self.client.exceptions.ResourceInUseException as error:
                return str(error)
            return ""

        said = poll(attempt, self.limit)
        if said:
            raise NotSettled(
                f"the event source mapping of {queue} is still {said} after {self.limit}. Wait until Lambda's console "
                "shows it as Enabled, and deploy again."
            )
