"""What feedback proves of a mail, in order: the most that was ever proved is where the mail stands.

Feedback comes late, more than once and in any order. A finding therefore only ever changes rows that stand below it,
and the order of arrival makes no difference to the end.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import reduce
from operator import or_

from django.db.models import Q

from notifications.models import EventType, Notification, NotificationQuerySet, State
from notifications.ses.events import SesEvent

PERMANENT = "Permanent"
"""How the error of a mail that bounced for good begins."""


class Finding(IntEnum):
    """From what proves least to what proves most."""

    SENT = 1
    """SES has it."""
    REJECTED = 2
    """SES had it, and threw it away."""
    BOUNCED_ONCE = 3
    """Not taken, or only answered by a machine: SES calls an absence note a transient bounce. Delivery tells."""
    DELIVERED = 4
    """The recipient's server has it."""
    BOUNCED = 5
    """The server has found out that there is no such mailbox."""
    COMPLAINED = 6
    """Somebody has it, and does not want it."""


FOUND: Mapping[EventType, Finding] = {
    EventType.SEND: Finding.SENT,
    EventType.REJECT: Finding.REJECTED,
    EventType.DELIVERY: Finding.DELIVERED,
    EventType.BOUNCE: Finding.BOUNCED_ONCE,
    EventType.COMPLAINT: Finding.COMPLAINED,
}
"""What an event proves; a permanent bounce proves more. All others prove nothing new."""

STATES: Mapping[Finding, State] = {
    Finding.SENT: State.SENT,
    Finding.REJECTED: State.FAILED,
    Finding.BOUNCED_ONCE: State.BOUNCED,
    Finding.DELIVERED: State.DELIVERED,
    Finding.BOUNCED: State.BOUNCED,
    Finding.COMPLAINED: State.COMPLAINED,
}

ROWS: Mapping[Finding, Q] = {
    Finding.SENT: Q(state=State.SENT),
    # Without a message id it failed before SES had it.
    Finding.REJECTED: Q(state=State.FAILED) & ~Q(message_id=""),
    Finding.BOUNCED_ONCE: Q(state=State.BOUNCED),
    Finding.DELIVERED: Q(state=State.DELIVERED),
    Finding.BOUNCED: Q(state=State.BOUNCED, error__startswith=PERMANENT),
    Finding.COMPLAINED: Q(state=State.COMPLAINED),
}
"""The rows that stand at a finding, by their own columns: PostgreSQL asks again of a row that another one changed."""


def finding(event: SesEvent) -> Finding | None:
    """What the event proves; None if nothing."""
    if event.type == EventType.BOUNCE and event.is_permanent:
        return Finding.BOUNCED
    return FOUND.get(event.type)


def below(found: Finding) -> NotificationQuerySet:
    """The rows of which less is proved. What waits, is claimed, or was never to be sent: nothing is."""
    return Notification.objects.exclude(reduce(or_, (rows for rank, rows in ROWS.items() if rank >= found)))
