"""Process SES feedback on the database of `DATABASE_URL`: `... feedback.run MAILS [--count]`.

Makes the last MAILS mails of the table sent, without feedback. Prints a Measurement as JSON, whose units are the
recorded events. With `--count` it counts queries, and the times are invalid.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import islice
from typing import TYPE_CHECKING, Any

from benchmarks.local_django import set_up_local_django
from benchmarks.meter import Meter

if TYPE_CHECKING:
    from foundation.jobs.sqs_batch import MessageBatch

BATCH = 10

SENT = """
UPDATE notifications_notification
SET state = 'sent', finished_at = now(), message_id = 'ses-' || id
WHERE id IN (SELECT id FROM notifications_notification WHERE channel = 'ses' ORDER BY id DESC LIMIT %(mails)s)
RETURNING id
"""


def main(mails: int, *, counted: bool) -> None:
    """Set up the rows, measure, print."""
    set_up_local_django()
    # Imported late: these load models.
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from notifications.models import Feedback  # noqa: PLC0415
    from notifications.ses import feedback  # noqa: PLC0415

    Feedback.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"mails": mails})
        bodies = list(_bodies([key for (key,) in cursor.fetchall()]))
        cursor.execute("VACUUM ANALYZE notifications_notification, notifications_feedback")
    batches = list(_batches(bodies))
    connection.queries_log.clear()
    backend: int = connection.connection.info.backend_pid
    with CaptureQueriesContext(connection) if counted else nullcontext(), Meter(backend) as meter:
        for batch in batches:
            feedback.handle(batch)
    queries = len(connection.queries_log)
    print(json.dumps(asdict(meter.measurement(Feedback.objects.count(), queries))))


def _bodies(keys: Sequence[int]) -> Iterator[str]:
    """Yield the bodies of the queue's messages in SES's order: SNS's envelope around each event."""
    from infra.lambda_local.emulator.accepted_mail import AcceptedMail  # noqa: PLC0415 - it loads models
    from infra.local.ses_feedback import events_of  # noqa: PLC0415

    now = datetime.now(UTC)
    for key in keys:
        message = EmailMessage()
        message["Message-ID"] = f"<notification-{key}@example.com>"
        message["From"] = "subscriptions@example.com"
        mail = AcceptedMail(f"ses-{key}", [f"user{key}@example.com"], b"", message)
        for event in events_of(mail, now):
            yield json.dumps(_envelope(f"sns-{key}-{event['eventType']}", event))


def _envelope(message_id: str, event: dict[str, Any]) -> dict[str, str]:
    """Return SNS's envelope.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    """
    return {"Type": "Notification", "MessageId": message_id, "Message": json.dumps(event)}


def _batches(bodies: Sequence[str]) -> "Iterator[MessageBatch]":
    from foundation.jobs.sqs_batch import MessageBatch, QueueMessage  # noqa: PLC0415

    rest = iter(bodies)
    while batch := tuple(QueueMessage(str(number), body) for number, body in enumerate(islice(rest, BATCH))):
        yield MessageBatch(batch, lambda: timedelta(minutes=1))


if __name__ == "__main__":
    main(int(sys.argv[1]), counted="--count" in sys.argv)
