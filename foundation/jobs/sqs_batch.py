"""SQS batch: messages that Lambda's pollers hand to a job.

The event source mapping needs ReportBatchItemFailures; otherwise Lambda deletes the batch regardless of the result.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from foundation.jobs.invocation import InvalidJobEvent, LambdaContext, framed

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

Answer = dict[str, list[dict[str, str]]]
"""`{"batchItemFailures": [{"itemIdentifier": message id}]}`: messages to keep in the queue."""


@dataclass(frozen=True)
class QueueMessage:
    """SQS message: id and body."""

    message_id: str
    body: str


@dataclass(frozen=True)
class MessageBatch:
    """Messages of one invocation, and those among them that failed."""

    messages: tuple[QueueMessage, ...]
    time_left: Callable[[], timedelta]
    _failed: list[QueueMessage] = field(default_factory=list, init=False)

    @property
    def failures(self) -> int:
        """Return the number of messages that failed so far."""
        return len(self._failed)

    def each(self, handle: Callable[[str], Value], refusal: type[Exception]) -> list[Value]:
        """Return the results of `handle` for each body.

        If it raises `refusal`, the message is logged and redelivered, in the end to the dead-letter queue; the others
        continue. The error's text is logged, so it must repeat nothing from the body.
        """
        return list(self._handled(handle, refusal))

    def answer(self) -> Answer:
        """Return the job's result, by which SQS redelivers only the failed messages."""
        return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in self._failed]}

    def _handled(self, handle: Callable[[str], Value], refusal: type[Exception]) -> Iterator[Value]:
        for message in self.messages:
            try:
                yield handle(message.body)
            except refusal as error:
                self._failed.append(message)
                extra = {"message_id": message.message_id, "error": type(error).__name__, "reason": str(error)}
                logger.error("message refused", extra=extra)  # noqa: TRY400 - the reason says enough


@contextmanager
def queue_job(event: Any, context: LambdaContext) -> Iterator[MessageBatch]:
    """Frame a job started by SQS messages. Any other error of the job redelivers the whole batch.

    Raises InvalidJobEvent, and the errors of `framed`.
    """
    messages = _messages(event)
    with framed(context) as invocation:
        yield MessageBatch(messages, invocation.time_left)


def _messages(event: Any) -> tuple[QueueMessage, ...]:
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        raise InvalidJobEvent('expected {"Records": [...]} from Lambda, with at least one SQS message')
    return tuple(map(_message, records))


def _message(record: Any) -> QueueMessage:
    if not isinstance(record, dict) or record.get("eventSource") != "aws:sqs":
        raise InvalidJobEvent("a record is not an SQS message")
    message_id, body = record.get("messageId"), record.get("body")
    if not isinstance(message_id, str) or not isinstance(body, str):
        raise InvalidJobEvent("an SQS message needs messageId and body, both strings")
    return QueueMessage(message_id, body)
