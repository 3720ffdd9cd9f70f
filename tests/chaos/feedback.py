"""SES's side of the campaign: what it accepted, it tells, late, twice and out of order, through SNS and SQS.

Events as in https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html, in SNS's envelope,
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html.
"""

import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from infra.local.local_aws import AcceptedMail
from tests.chaos.aws_requests import notification_of
from tests.chaos.durations import CONFIRMED_IN_TIME, SLOWEST_CONFIRMATION

QUEUE = "arn:aws:sqs:us-east-1:123456789012:ses-feedback"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-feedback"
DUPLICATED = 0.3
BATCH = 10
VISIBILITY_SECONDS = 2.0


@dataclass(eq=False)
class Record:
    """One message of the queue."""

    body: str
    notification: int
    accepted_at: float
    visible_at: float
    receive_count: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Feedback:
    """The queue of what SES has to tell. With `tells` false it tells nothing, as if all of it were lost."""

    def __init__(self, chance: random.Random, *, tells: bool) -> None:
        self._chance = chance
        self._tells = tells
        self._queue: list[Record] = []
        self.late: set[int] = set()
        """Notifications whose confirmation was recorded too late to count on."""
        self.recorded = 0

    def accept(self, mails: list[AcceptedMail], *, after: float) -> None:
        """SES has accepted these, none of them before `after`, on `time.monotonic()`'s scale."""
        if not self._tells:
            return
        for mail in mails:
            notification = notification_of(mail.raw)
            for kind in ("Send", "Delivery"):
                self._enqueue(mail, notification, kind, after)

    @property
    def is_empty(self) -> bool:
        """Whether all was told."""
        return not self._queue

    def receive(self) -> list[Record]:
        """Up to ten records whose time has come, invisible to others for a while."""
        now = time.monotonic()
        visible = [record for record in self._queue if record.visible_at <= now]
        batch = self._chance.sample(visible, min(BATCH, len(visible)))
        for record in batch:
            record.visible_at = now + VISIBILITY_SECONDS
            record.receive_count += 1
        return batch

    def settle(self, batch: list[Record], answer: dict[str, Any] | None) -> None:
        """Forget what the job is done with. What it failed on, or never answered, comes again."""
        if answer is None or "raised" in answer:
            return
        failed = {failure["itemIdentifier"] for failure in answer["returned"]["batchItemFailures"]}
        for record in batch:
            if record.id not in failed and record in self._queue:
                self._queue.remove(record)
                self._note(record)

    def _note(self, record: Record) -> None:
        self.recorded += 1
        if time.monotonic() - record.accepted_at > CONFIRMED_IN_TIME.total_seconds():
            self.late.add(record.notification)

    def _enqueue(self, mail: AcceptedMail, notification: int, kind: str, accepted_at: float) -> None:
        now = time.monotonic()
        body = json.dumps(_envelope(_event(mail, notification, kind)))
        for _ in range(2 if self._chance.random() < DUPLICATED else 1):
            delay = self._chance.uniform(0, SLOWEST_CONFIRMATION.total_seconds())
            self._queue.append(Record(body, notification, accepted_at, now + delay))


def sqs_event(batch: list[Record]) -> dict[str, Any]:
    """What Lambda gets. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "Records": [
            {
                "messageId": record.id,
                "receiptHandle": record.id,
                "body": record.body,
                "attributes": {"ApproximateReceiveCount": str(record.receive_count)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "awsRegion": "us-east-1",
            }
            for record in batch
        ]
    }


def _envelope(event: dict[str, Any]) -> dict[str, str]:
    return {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps(event),
        "Timestamp": "2026-12-01T03:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
    }


def _event(mail: AcceptedMail, notification: int, kind: str) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if kind == "Delivery":
        details = {
            "timestamp": "2026-12-01T03:00:01.000Z",
            "processingTimeMillis": 900,
            "recipients": mail.recipients,
            "smtpResponse": "250 2.0.0 OK",
            "reportingMTA": "a8-50.smtp-out.amazonses.com",
        }
    return {
        "eventType": kind,
        "mail": {
            "timestamp": "2026-12-01T03:00:00.000Z",
            "source": mail.message["From"],
            "sendingAccountId": "123456789012",
            "messageId": mail.message_id,
            "destination": mail.recipients,
            "headersTruncated": False,
            "headers": [{"name": name, "value": str(value)} for name, value in mail.message.items()],
            "tags": {"ses:configuration-set": ["subs"], "notification": [str(notification)]},
        },
        kind.lower(): details,
    }
