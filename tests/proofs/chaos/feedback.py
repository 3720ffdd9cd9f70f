"""SES feedback of the campaign: late, duplicated and out of order, through a queue."""

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from tests.proofs.chaos.aws_requests import notification_of
from tests.proofs.chaos.durations import CONFIRMED_IN_TIME, SLOWEST_CONFIRMATION
from tests.support.ses_feedback import envelope, queue_event, ses_event

TOLD = ("send", "delivery")
DUPLICATED = 0.3
BATCH = 10
VISIBILITY_SECONDS = 2.0


@dataclass(eq=False)
class Record:
    """Message in the queue."""

    body: str
    notification: int
    message_id: str
    accepted_at: float
    visible_at: float


@dataclass
class Feedback:
    """Queue of SES feedback. If it does not confirm, all feedback is lost."""

    chance: random.Random
    tells: bool
    late: set[int] = field(default_factory=set, init=False)
    """Notifications whose confirmation was recorded too late to rely on."""
    _confirmed: set[str] = field(default_factory=set, init=False)
    _queue: list[Record] = field(default_factory=list, init=False)

    def accept(self, mails: list[AcceptedMail], *, after: float) -> None:
        """Record mails accepted by SES, not before `after` in `time.monotonic()`."""
        if self.tells:
            self._queue += [record for mail in mails for kind in TOLD for record in self._records(mail, kind, after)]

    @property
    def is_empty(self) -> bool:
        """Return True if all feedback was delivered."""
        return not self._queue

    def receive(self) -> list[Record]:
        """Return up to ten due messages, which become invisible for a while."""
        now = time.monotonic()
        visible = [record for record in self._queue if record.visible_at <= now]
        batch = self.chance.sample(visible, min(BATCH, len(visible)))
        for record in batch:
            record.visible_at = now + VISIBILITY_SECONDS
        return batch

    def settle(self, batch: list[Record], answer: dict[str, Any] | None) -> None:
        """Delete the processed messages. Failed and unanswered ones are redelivered."""
        if answer is None or "raised" in answer:
            return
        failed = {failure["itemIdentifier"] for failure in answer["returned"]["batchItemFailures"]}
        for number, record in enumerate(batch):
            if f"m-{number}" not in failed and record in self._queue:
                self._queue.remove(record)
                self._note(record)

    def _note(self, record: Record) -> None:
        """Record the first event of a mail, which confirms it."""
        is_late = time.monotonic() - record.accepted_at > CONFIRMED_IN_TIME.total_seconds()
        if is_late and record.message_id not in self._confirmed:
            self.late.add(record.notification)
        self._confirmed.add(record.message_id)

    def _records(self, mail: AcceptedMail, kind: str, accepted_at: float) -> list[Record]:
        notification = notification_of(mail.raw)
        event = ses_event(kind, notification, messageId=mail.message_id, destination=mail.recipients)
        body = envelope(event, MessageId=str(uuid.uuid4()))
        now = time.monotonic()
        longest = SLOWEST_CONFIRMATION.total_seconds()
        times = 2 if self.chance.random() < DUPLICATED else 1
        return [
            Record(body, notification, mail.message_id, accepted_at, now + self.chance.uniform(0, longest))
            for _ in range(times)
        ]


def lambda_event(batch: list[Record]) -> dict[str, Any]:
    """Return the event that Lambda's poller creates."""
    return queue_event(*(record.body for record in batch))
