"""Ranks of SES feedback: the highest rank ever proved decides the state of a mail.

Feedback comes late, more than once and in any order. A rank therefore only ever changes rows that stand below it,
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


class Rank(IntEnum):
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


RANKS: Mapping[EventType, Rank] = {
    EventType.SEND: Rank.SENT,
    EventType.REJECT: Rank.REJECTED,
    EventType.DELIVERY: Rank.DELIVERED,
    EventType.BOUNCE: Rank.BOUNCED_ONCE,
    EventType.COMPLAINT: Rank.COMPLAINED,
}
"""Rank of an event type; a permanent bounce has a higher one. Other types have none."""

STATES: Mapping[Rank, State] = {
    Rank.SENT: State.SENT,
    Rank.REJECTED: State.FAILED,
    Rank.BOUNCED_ONCE: State.BOUNCED,
    Rank.DELIVERED: State.DELIVERED,
    Rank.BOUNCED: State.BOUNCED,
    Rank.COMPLAINED: State.COMPLAINED,
}

ROWS: Mapping[Rank, Q] = {
    Rank.SENT: Q(state=State.SENT),
    # Without a message id it failed before SES had it.
    Rank.REJECTED: Q(state=State.FAILED) & ~Q(message_id=""),
    Rank.BOUNCED_ONCE: Q(state=State.BOUNCED),
    Rank.DELIVERED: Q(state=State.DELIVERED),
    Rank.BOUNCED: Q(state=State.BOUNCED, error__startswith=PERMANENT),
    Rank.COMPLAINED: Q(state=State.COMPLAINED),
}
"""Conditions of rows at a rank, by their own columns: PostgreSQL evaluates them again for a changed row."""


def rank(event: SesEvent) -> Rank | None:
    """Return the rank of the event, or None if it proves nothing."""
    if event.type == EventType.BOUNCE and event.is_permanent:
        return Rank.BOUNCED
    return RANKS.get(event.type)


def below(found: Rank) -> NotificationQuerySet:
    """Return the condition of rows at lower ranks. Rows that wait, are claimed or were never to be sent have none."""
    return Notification.objects.exclude(reduce(or_, (rows for rank, rows in ROWS.items() if rank >= found)))
