"""Events of a CloudFormation stack: the reasons why an operation failed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

NO_REASON = "AWS gives no reason"
CANCELLED = "cancelled"
"""Part of CloudFormation's reason for resources that it cancelled because another one failed."""


@dataclass(frozen=True)
class StackEvents:
    """Events of one stack. `stack_id` also finds a deleted stack; a name does not."""

    client: "CloudFormationClient"
    stack_id: str

    def newest(self) -> str:
        """Return the id of the newest event, or ""."""
        return next((event["EventId"] for event in self._read()), "")

    def reasons_of(self, token: str) -> str:
        """Return the reasons of failed resources in the operation with this ClientRequestToken."""
        return self._reasons(event for event in self._read() if event.get("ClientRequestToken") == token)

    def status_since(self, event_id: str) -> str:
        """Return the stack's latest state after this event, or ""."""
        own = filter(_is_of_stack, self._since(event_id))
        return next((event["ResourceStatus"] for event in own), "")

    def reasons_since(self, event_id: str) -> str:
        """Return the reasons of failed resources after this event."""
        return self._reasons(self._since(event_id))

    def _since(self, event_id: str) -> "Iterator[StackEventTypeDef]":
        return takewhile(lambda event: event["EventId"] != event_id, self._read())

    def _read(self) -> "Iterator[StackEventTypeDef]":
        """Yield the newest event first; nothing if CloudFormation does not know the stack."""
        try:
            for page in self.client.get_paginator("describe_stack_events").paginate(StackName=self.stack_id):
                yield from page["StackEvents"]
        except ClientError as error:
            if not is_missing(error):
                raise

    @staticmethod
    def _reasons(events: "Iterable[StackEventTypeDef]") -> str:
        """Return the reasons of the resources, the first failure first; the stack's own only if there are none."""
        failed = [event for event in reversed(list(events)) if _has_failed(event)]
        of_resources = [event for event in failed if not _is_of_stack(event)]
        told = [f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in of_resources or failed]
        return "; ".join(dict.fromkeys(told)) or NO_REASON


def is_missing(error: ClientError) -> bool:
    """Return True if AWS says that the stack does not exist."""
    return "does not exist" in str(error)


def _has_failed(event: "StackEventTypeDef") -> bool:
    reason, status = event.get("ResourceStatusReason", ""), event["ResourceStatus"]
    ended = status.endswith("_FAILED") or (_is_of_stack(event) and "ROLLBACK" in status)
    return ended and bool(reason) and CANCELLED not in reason


def _is_of_stack(event: "StackEventTypeDef") -> bool:
    return event.get("PhysicalResourceId") == event["StackId"]
