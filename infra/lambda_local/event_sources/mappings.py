"""SQS queues that Lambda polls for a function, from the local AWS's event source mappings.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from infra.lambda_local.emulator.local_aws import SQS_BATCH
from infra.lambda_local.sandbox.invocation_result import InvocationResult

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

logger = logging.getLogger(__name__)

Invoke = Callable[[str, Any], InvocationResult]
"""Takes a function's ARN and an event."""


@dataclass(frozen=True)
class EventSource:
    """An enabled mapping. With `reports_failures` the function's result names the messages that failed."""

    queue_arn: str
    function_arn: str
    batch_size: int
    reports_failures: bool

    def poll(self, sqs: "SQSClient", invoke: Invoke) -> int:
        """Give one batch to the function, delete the messages it has handled, and return the size of the batch.

        The others stay in the queue, invisible for its visibility timeout, and go where its redrive policy says.
        """
        queue_url = sqs.get_queue_url(QueueName=self.queue_arn.rpartition(":")[2])["QueueUrl"]
        messages = self._receive(sqs, queue_url)
        if messages:
            result = invoke(self.function_arn, {"Records": [self._record(message) for message in messages]})
            self._delete(sqs, queue_url, self._done(messages, result))
        return len(messages)

    def _receive(self, sqs: "SQSClient", queue_url: str) -> list["MessageTypeDef"]:
        received: dict[str, MessageTypeDef] = {}
        while missing := min(SQS_BATCH, self.batch_size - len(received)):
            batch = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=missing,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ).get("Messages", [])
            new = {message["MessageId"]: message for message in batch if message["MessageId"] not in received}
            received |= new
            if not new:
                break
        return list(received.values())

    def _record(self, message: "MessageTypeDef") -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event"""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(cast("dict[str, Any]", attribute))
                for name, attribute in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.queue_arn,
            "awsRegion": self.queue_arn.split(":")[3],
        }

    def _done(self, messages: list["MessageTypeDef"], result: InvocationResult) -> list["MessageTypeDef"]:
        if result.error is not None:
            return []
        if not self.reports_failures or not result.payload:
            return messages
        failed = _failed(result.payload)
        known = {message["MessageId"] for message in messages}
        if failed is None or not failed <= known:  # Lambda takes what it cannot read for a failure of all
            logger.error("the answer for %s does not say which messages failed", self.queue_arn)
            return []
        return [message for message in messages if message["MessageId"] not in failed]

    def _delete(self, sqs: "SQSClient", queue_url: str, messages: list["MessageTypeDef"]) -> None:
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def event_sources(client: "LambdaClient") -> list[EventSource]:
    """Return every enabled mapping of a queue."""
    return [
        EventSource(
            mapping["EventSourceArn"],
            mapping["FunctionArn"],
            mapping["BatchSize"],
            "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []),
        )
        for page in client.get_paginator("list_event_source_mappings").paginate()
        for mapping in page["EventSourceMappings"]
        if mapping["EventSourceArn"].startswith("arn:aws:sqs:") and mapping["State"] == "Enabled"
    ]


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    fields = {"stringValue": "StringValue", "binaryValue": "BinaryValue", "dataType": "DataType"}
    values = {name: attribute[theirs] for name, theirs in fields.items() if theirs in attribute}
    return values | {"stringListValues": [], "binaryListValues": []}


def _failed(payload: Any) -> set[str] | None:
    """Return the ids in `{"batchItemFailures": [{"itemIdentifier": id}]}`; None for anything else."""
    try:
        return {str(failure["itemIdentifier"]) for failure in payload["batchItemFailures"] or []}
    except (KeyError, TypeError):
        return None
