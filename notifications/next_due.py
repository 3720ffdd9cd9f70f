"""Next instants at which deliveries and reminders have something to do."""

from datetime import datetime

from foundation.due_work import DueWork
from notifications.metrics import NotificationMetric
from notifications.outbox.quiet import is_quiet
from notifications.reminders import next_mark


def next_delivery(now: datetime) -> datetime | None:
    """Return `now` unless the outbox is quiet: whatever waits there, somebody must be able to see that it does."""
    return None if is_quiet() else now


WORK = (
    DueWork(
        "sweep",
        ("notifications.jobs.deliver_notifications",),
        next_delivery,
        heartbeats=(NotificationMetric.OLDEST_PENDING,),
    ),
    DueWork("remind", ("notifications.jobs.send_expiry_reminders",), next_mark),
)
