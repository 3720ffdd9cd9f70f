"""Ranks of SES feedback: the highest rank ever proved decides the state of a mail.

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
    """Ranks, lowest first."""

    SENT = 1
    """SES has it."""
    REJECTED = 2
    """SES accepted and then rejected it."""
    BOUNCED_ONCE = 3
    """Refused, or answered automatically: SES calls an absence note a transient bounce. A delivery event decides."""
    DELIVERED = 4
    """The recipient's server has it."""
    BOUNCED = 5
    """The mailbox does not exist."""
    COMPLAINED = 6
    """The recipient complained."""


FOUND: Mapping[EventType, Finding] = {
    EventType.SEND: Finding.SENT,
    EventType.REJECT: Finding.REJECTED,
    EventType.DELIVERY: Finding.DELIVERED,
    EventType.BOUNCE: Finding.BOUNCED_ONCE,
    EventType.COMPLAINT: Finding.COMPLAINED,
}
"""Rank of an event type; a permanent bounce has a higher one. Other types have none."""

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
"""Conditions of rows at a rank, by their own columns: PostgreSQL evaluates them again for a changed row."""


def finding(event: SesEvent) -> Finding | None:
    """Return the rank of the event, or None if it proves nothing."""
    if event.type == EventType.BOUNCE and event.is_permanent:
        return Finding.BOUNCED
    return FOUND.get(event.type)


def below(found: Finding) -> NotificationQuerySet:
    """Return the condition of rows at lower ranks. Rows that wait, are claimed or were never to be sent have none."""
    return Notification.objects.exclude(reduce(or_, (rows for rank, rows in ROWS.items() if rank >= found)))
