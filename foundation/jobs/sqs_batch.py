"""A batch of messages from a queue of SQS, as Lambda's pollers bring it to a job.

The event source mapping must have ReportBatchItemFailures: without it Lambda deletes the batch whatever is answered.
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
"""`{"batchItemFailures": [{"itemIdentifier": message id}]}`: which messages stay in the queue."""


@dataclass(frozen=True)
class QueueMessage:
    """One message: SQS's id of it, and what was sent."""

    message_id: str
    body: str


@dataclass(frozen=True)
class MessageBatch:
    """The messages of one invocation, and those of them that are to come again."""

    messages: tuple[QueueMessage, ...]
    time_left: Callable[[], timedelta]
    _failed: list[QueueMessage] = field(default_factory=list, init=False)

    @property
    def failures(self) -> int:
        """How many are to come again, as far as is known by now."""
        return len(self._failed)

    def each(self, handle: Callable[[str], Value], refusal: type[Exception]) -> list[Value]:
        """What `handle` makes of each body, one by one.

        A message on which it raises `refusal` is logged and comes again, in the end as a dead letter; the others go on.
        The error's text is logged and must repeat nothing that the body says.
        """
        return list(self._handled(handle, refusal))

    def answer(self) -> Answer:
        """What the job returns, so that only the failed ones come again."""
        return {"batchItemFailures": [{"itemIdentifier": message.message_id} for message in self._failed]}

    def _handled(self, handle: Callable[[str], Value], refusal: type[Exception]) -> Iterator[Value]:
        for message in self.messages:
            try:
                yield handle(message.body)
            except refusal as error:
                self._failed.append(message)
                extra = {"message_id": message.message_id, "error": type(error).__name__, "reason": str(error)}
                logger.error("message refused", extra=extra)  # noqa: TRY400 - the reason says it


@contextmanager
def queue_job(event: Any, context: LambdaContext) -> Iterator[MessageBatch]:
    """Frame a job that Lambda starts with messages of a queue. What the job raises makes the whole batch come again.

    Raises InvalidJobEvent, and what `framed` raises.
    """
    messages = _messages(event)
    with framed(context) as invocation:
        yield MessageBatch(messages, invocation.time_left)


def _messages(event: Any) -> tuple[QueueMessage, ...]:
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        raise InvalidJobEvent('expected {"Records": [...]} from Lambda, with one message of SQS or more')
    return tuple(map(_message, records))


def _message(record: Any) -> QueueMessage:
    if not isinstance(record, dict) or record.get("eventSource") != "aws:sqs":
        raise InvalidJobEvent("a record is no message of SQS")
    message_id, body = record.get("messageId"), record.get("body")
    if not isinstance(message_id, str) or not isinstance(body, str):
        raise InvalidJobEvent("a message of SQS has a messageId and a body, both texts")
    return QueueMessage(message_id, body)
