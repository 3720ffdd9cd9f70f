"""Next instants at which deliveries and reminders have something to do."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from foundation.due_work import DueWork
from notifications.metrics import NotificationMetric
from notifications.models import ChannelStatus
from notifications.outbox.quiet import has_unfinished, is_quiet
from notifications.reminders import next_mark


def next_delivery(now: datetime) -> datetime | None:
    """Return `now` unless the outbox is quiet: whatever waits there, somebody must be able to see that it does."""
    return None if is_quiet() else now


def unquiet(now: datetime) -> Iterator[str]:
    """Yield the paused channels, and that a notification is unfinished."""
    for channel in ChannelStatus.objects.paused():
        yield _("%(channel)s is paused.") % {"channel": channel}
    if has_unfinished():
        yield _("A notification waits to be sent, or to be confirmed.")


def reminders_due(now: datetime) -> Iterator[str]:
    """Yield that reminders are due."""
    yield _("Reminders are due.")


WORK = (
    DueWork(
        "sweep",
        ("notifications.jobs.deliver_notifications",),
        next_delivery,
        heartbeats=(NotificationMetric.OLDEST_PENDING,),
        reasons=unquiet,
    ),
    DueWork("remind", ("notifications.jobs.send_expiry_reminders",), next_mark, reasons=reminders_due),
)
